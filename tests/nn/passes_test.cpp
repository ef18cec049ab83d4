// The two passes witness each other, and derivatives that know no chain rule of ours witness both: every step, every
// named model, on every form.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
// Eigen's automatic differentiation needs its core first.
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>

#include <fsconv/forms/template_forms.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/nn/tensor_pass.hpp>

#include "nn/gradient_case.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

// A number with its derivatives by so many parameters: all of a model take several turns.
constexpr int directions = 32;
using Dual = Eigen::AutoDiffScalar<Eigen::Matrix<double, directions, 1>>;

constexpr double beta = 0.7;

using Case = GradientCase;  // 37 images are two blocks of 32 and 5, or many where an image has several draws

template <class T>
LossesAndGradients<T> gradient_of(const Case& one, const std::string& form, int threads = 1) {
  return gradient_with<T>(one, parameters_for<T>(one.model), {.form = form, .threads = threads}, beta);
}

// The gradient of the mean objective by dual numbers through the plain formulas: no backward pass takes part.
Gradients<double> dual_gradient(const Case& one) {
  const Parameters<double> parameters = parameters_for<double>(one.model);
  const Batch batch = one.batch();
  const auto constants = [](const Tensor<double>& values) {
    Tensor<Dual> tensor(values.shape());
    for (Index at = 0; at < values.size(); ++at) tensor[at] = Dual(values[at]);
    return tensor;
  };
  Tensor<double> images(batch_shape<double>(one.model.images(), batch.size())), noise;
  fetch(batch, images.data());
  if (const auto id = one.model.noise_value()) {
    const Value& value = one.model.values[*id];
    noise = Tensor<double>(batch_shape<double>(value, batch.size()));
    for (Index row = 0; row < batch.size() * value.draws; ++row)
      noise_normals(batch.latents, static_cast<std::uint64_t>(row / value.draws),
                    static_cast<std::uint32_t>(row % value.draws), noise.data() + row * value.elements(),
                    value.elements());
  }
  const std::vector<Form<Dual>> forms = template_forms<Dual>();
  Gradients<double> gradients = zeros_like(parameters);
  for (Index first = 0; first < one.model.parameter_count(); first += directions) {
    std::vector<Tensor<Dual>> duals;
    Index number = -first;
    for (const Parameter<double>& parameter : parameters) {
      duals.emplace_back(parameter.value.shape());
      for (Index at = 0; at < parameter.value.size(); ++at, ++number)
        duals.back()[at] = number >= 0 && number < directions
                               ? Dual(parameter.value[at], directions, static_cast<int>(number))
                               : Dual(parameter.value[at]);
    }
    const auto values =
        tensor_values<Dual>(one.model, duals, forms.front(), constants(images), constants(noise));
    Eigen::Matrix<double, directions, 1> sum = Eigen::Matrix<double, directions, 1>::Zero();
    for (Index image = 0; image < batch.size(); ++image) {
      const Dual objective = image_losses(one.model, duals, values, image, beta).objective;
      sum += objective.derivatives() / static_cast<double>(batch.size());
    }
    number = -first;
    for (Tensor<double>& gradient : gradients)
      for (double& value : gradient) {
        if (number >= 0 && number < directions) value = sum[number];
        ++number;
      }
  }
  return gradients;
}

}  // namespace

TEST_CASE("passes: the gradient of the plain pass is the derivative that dual numbers carry") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const Case one(named.model, 2);
    const LossesAndGradients<double> plain = gradient_of<double>(one, "gather");
    // Both are sums of the same few thousand products; 1e-11 is four digits more than they lose.
    CHECK(gradient_distance(plain.gradients, dual_gradient(one)) < 1e-11);
  }
}

TEST_CASE("passes: the engine computes what the plain pass does, in double and in float") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const Case one(named.model);
    const LossesAndGradients<double> plain = gradient_of<double>(one, "gather"),
                                     engine = gradient_of<double>(one, "batched");
    CHECK(losses_distance(engine.losses, plain.losses) < 1e-12);
    CHECK(gradient_distance(engine.gradients, plain.gradients) < 1e-11);
    const LossesAndGradients<float> single = gradient_of<float>(one, "batched");
    CHECK(losses_distance(single.losses, plain.losses) < 1e-5);
    CHECK(gradient_distance(single.gradients, plain.gradients) < 1e-3);
  }
}

TEST_CASE("passes: every form computes the same") {
  std::vector<std::string> refused;
  for (const NamedModel& named : small_models()) {
    const Case one(named.model, 3);
    const LossesAndGradients<double> plain = gradient_of<double>(one, "gather");
    for (const Form<double>& form : forms<double>()) {
      INFO(named.name << ", " << form.name);
      try {
        const LossesAndGradients<double> other = gradient_of<double>(one, std::string(form.name));
        CHECK(losses_distance(other.losses, plain.losses) < 1e-12);
        CHECK(gradient_distance(other.gradients, plain.gradients) < 1e-11);
      } catch (const InvalidArgument& error) {
        refused.push_back(std::string(form.name) + ": " + error.what());
      }
    }
  }
  CHECK(refused == std::vector<std::string>());  // oneDNN, which lacks some geometries, is a form of floats
}

TEST_CASE("passes: the same bits on any number of threads") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const Case one(named.model, 150);
    const LossesAndGradients<float> on_one = gradient_of<float>(one, "batched", 1);
    for (const int threads : {2, 3, 5}) {
      const LossesAndGradients<float> on_more = gradient_of<float>(one, "batched", threads);
      CHECK(on_more.losses == on_one.losses);
      CHECK(on_more.gradients == on_one.gradients);
    }
  }
}
