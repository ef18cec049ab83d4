// Adam against the algorithm worked out by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/nn/adam.hpp>

using namespace fsconv;

namespace {

Parameters<double> one_parameter(double value) {
  Parameters<double> parameters;
  parameters.emplace_back("w", Tensor<double>({1}, {value}));
  return parameters;
}

}  // namespace

TEST_CASE("adam: two steps by hand") {
  Parameters<double> parameters = one_parameter(1.0);
  Adam adam{.learning_rate = 0.1};

  // Step 1: m = 0.1*2 = 0.2, v = 0.001*4 = 0.004; corrected m/0.1 = 2, v/0.001 = 4: w = 1 - 0.1 * 2/(2 +
  // 1e-8).
  parameters[0].gradient[0] = 2;
  adam.step(parameters);
  const double first = 1 - 0.1 * 2 / (2 + 1e-8);
  CHECK(parameters[0].value[0] == Approx(first).epsilon(1e-14));

  // Step 2, gradient -1: m = 0.9*0.2 - 0.1 = 0.08, v = 0.999*0.004 + 0.001 = 0.004996;
  // corrected m/(1 - 0.81) and v/(1 - 0.998001).
  parameters[0].gradient[0] = -1;
  adam.step(parameters);
  const double second = first - 0.1 * (0.08 / 0.19) / (std::sqrt(0.004996 / 0.001999) + 1e-8);
  CHECK(parameters[0].value[0] == Approx(second).epsilon(1e-12));  // 1 - 0.998001 loses three digits
  CHECK(adam.steps == 2);
}

TEST_CASE("adam: without bias correction the first step would be another") {
  Parameters<double> parameters = one_parameter(1.0);
  Adam adam{.learning_rate = 0.1};
  parameters[0].gradient[0] = 2;
  adam.step(parameters);
  const double uncorrected = 1 - 0.1 * 0.2 / (std::sqrt(0.004) + 1e-8);
  CHECK(std::abs(parameters[0].value[0] - uncorrected) > 0.1);
}

TEST_CASE("adam: a parameter without gradient stays") {
  Parameters<double> parameters = one_parameter(0.5);
  Adam adam;
  adam.step(parameters);
  CHECK(parameters[0].value[0] == 0.5);
}
