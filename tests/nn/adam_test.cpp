// Adam against the algorithm worked out by hand.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/adam.hpp>

using namespace fsconv;

namespace {

Parameters<double> one_parameter(double value) {
  Parameters<double> parameters;
  parameters.emplace_back("w", Tensor<double>({1}, {value}));
  return parameters;
}

// Parameters of very unequal size, and gradients for them.
Parameters<float> unequal_parameters() {
  Random random(5);
  Parameters<float> parameters;
  for (const Index size : {Index{3}, Index{8192}, Index{1}, Index{40001}, Index{8193}}) {
    parameters.emplace_back("w", Tensor<float>({size}));
    for (float& value : parameters.back().value) value = static_cast<float>(random.normal());
    for (float& value : parameters.back().gradient) value = static_cast<float>(random.normal());
  }
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

TEST_CASE("adam: the same bits on 1 to 4 threads, and every number its own step") {
  Parameters<float> one = unequal_parameters();
  Adam adam;
  adam.step(one);
  adam.step(one);
  for (int threads = 2; threads <= 4; ++threads) {
    Parameters<float> many = unequal_parameters();
    Adam other;
    other.step(many, threads);
    other.step(many, threads);
    for (std::size_t at = 0; at < one.size(); ++at) {
      CHECK(many[at].value == one[at].value);
      CHECK(many[at].first_moment == one[at].first_moment);
      CHECK(many[at].second_moment == one[at].second_moment);
    }
  }
  // Each against a parameter of one number, in double. A float near 1 is rounded by 6e-8, and so is each
  // step.
  const Parameters<float> before = unequal_parameters();
  double worst = 0, smallest_step = 1;
  for (std::size_t at = 0; at < one.size(); ++at)
    for (Index e = 0; e < one[at].value.size(); ++e) {
      const auto start = static_cast<double>(before[at].value[e]),
                 end = static_cast<double>(one[at].value[e]);
      Parameters<double> alone = one_parameter(start);
      alone[0].gradient[0] = static_cast<double>(before[at].gradient[e]);
      Adam single;
      single.step(alone);
      single.step(alone);
      worst = std::max(worst, std::abs(end - alone[0].value[0]) / (1 + std::abs(start)));
      smallest_step = std::min(smallest_step, std::abs(end - start));
    }
  CHECK(worst < 3e-7);
  CHECK(smallest_step > 1e-3);  // so that one left out, or taken twice, would be seen
}

TEST_CASE("parameter: ranges are every element once, and the large parameters are cut") {
  const Parameters<float> parameters = unequal_parameters();
  const int threads = GENERATE(1, 3);
  std::vector<std::vector<int>> seen;
  for (const auto& parameter : parameters)
    seen.emplace_back(static_cast<std::size_t>(parameter.value.size()), 0);
  std::atomic<int> ranges = 0;
  for_each_range(parameters, threads, [&](std::size_t number, Index first, Index last) {
    ++ranges;
    for (Index at = first; at < last; ++at) ++seen[number][static_cast<std::size_t>(at)];
  });
  for (const auto& counts : seen) CHECK(counts == std::vector<int>(counts.size(), 1));
  CHECK(ranges > 5 + 3);
}
