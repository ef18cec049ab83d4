// What is wrong in a pass in the ways that passes are wrong: the comparison that passes_test.cpp
// trusts must see each by far.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
// Eigen's automatic differentiation needs its core first.
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>

#include <fsconv/forms/template_forms.hpp>
#include <fsconv/nn/tensor_pass.hpp>
#include <functional>
#include <map>

#include "nn/gradient_case.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

constexpr double beta = 0.7;
constexpr double agrees = 1e-11;          // of gradients, in passes_test.cpp
constexpr double differs = 100 * agrees;  // what a mutant must reach

// ---- Small models with a fault, made of the same parameters.

enum class Fault { none, log_variance_elsewhere, branch_elsewhere, gain_twice };

// conv, a block x + f(x), a gain, two heads, a draw, and back by the same weights. `elsewhere`: one of the readers of a
// value reads a copy, made by parameters of its own that hold the same numbers: what the first then has for its
// gradient is what it would have if that reader were forgotten, or had been overwritten by the others.
Model model_with(Fault fault, Index draws = 3) {
  ModelBuilder m;
  const std::vector<Geometry> stack = plan_stack(1, {6, 5}, {{3, 3, 2}});
  const Geometry code = linear_geometry(3, {3, 3}, 2),
                 same{.axes = {{.in = 3, .out = 3, .taps = 3, .pad = 1},
                               {.in = 3, .out = 3, .taps = 3, .pad = 1}},
                      .in_channels = 3,
                      .out_channels = 3};
  const ValueId image = m.image(1, {6, 5});
  const ParameterId w = m.weight("w", stack[0], 2), b = m.bias("b", {3}), block = m.weight("block", same, 1),
                    factor = m.parameter({"gain", {3}, 0, 1}), mean_weight = m.weight("mean", code, 1),
                    variance_weight = m.weight("log_variance", code, 1),
                    back_bias = m.bias("back", {3, 3, 3});
  const auto copied = [&](auto read) {
    const ParameterId copy = m.weight("w", stack[0], 2), copy_bias = m.bias("b", {3});
    return read(m.conv(image, stack[0], copy, copy_bias, Activation::relu));
  };
  const ValueId first = m.conv(image, stack[0], w, b, Activation::relu);
  const auto branch = [&](ValueId x) { return m.conv(x, same, block, std::nullopt, Activation::elu); };
  ValueId h = m.add(first, fault == Fault::branch_elsewhere ? copied(branch) : branch(first));
  const ValueId mean = m.conv(h, code, mean_weight, std::nullopt, Activation::linear);
  const auto head = [&](ValueId x) {
    return m.conv(x, code, variance_weight, std::nullopt, Activation::bounded);
  };
  const ValueId log_variance = fault == Fault::log_variance_elsewhere
                                   ? copied([&](ValueId x) { return head(m.add(x, branch(x))); })
                                   : head(h);
  const ValueId z = m.sample(mean, log_variance, m.noise(m[mean], draws));
  ValueId back = m.conv_transpose(z, code, mean_weight, back_bias, Activation::relu);
  back = m.gain(back, factor);
  if (fault == Fault::gain_twice) back = m.gain(back, factor);
  const ValueId output = m.conv_transpose(back, stack[0], w, std::nullopt, Activation::linear);
  return m.finish(
      {Reconstruction{output, Likelihood::bernoulli}, KlToNormal{.mean = mean, .log_variance = log_variance}},
      OverDraws::mean, mean);
}

constexpr std::size_t shared_parameters = 7;  // of model_with(); copies come behind

// parameters_for(), but those of one name hold the same numbers.
Parameters<double> parameters_by_name(const Model& model) {
  Parameters<double> parameters = parameters_for<double>(model);
  std::map<std::string, Tensor<double>> first;
  for (Parameter<double>& parameter : parameters)
    parameter.value = first.emplace(parameter.name, parameter.value).first->second;
  return parameters;
}

LossesAndGradients<double> gradient_of(const Model& model, const std::string& form, double with_beta = beta) {
  return gradient_with(GradientCase(model, 5), parameters_by_name(model), {.form = form}, with_beta);
}

// The first parameters' gradients alone.
Gradients<double> first_of(const Gradients<double>& gradients, std::size_t count) {
  return {gradients.begin(), gradients.begin() + static_cast<std::ptrdiff_t>(count)};
}

Gradients<double> scaled(Gradients<double> gradients, double factor) {
  for (Tensor<double>& tensor : gradients)
    for (double& value : tensor) value *= factor;
  return gradients;
}

// Adds the copies' gradients to those of their originals.
Gradients<double> with_copies(const Model& model, const Gradients<double>& gradients) {
  Gradients<double> sum = first_of(gradients, shared_parameters);
  for (std::size_t at = shared_parameters; at < gradients.size(); ++at)
    for (std::size_t of = 0; of < shared_parameters; ++of)
      if (model.parameters[of].name == model.parameters[at].name)
        for (Index n = 0; n < sum[of].size(); ++n) sum[of][n] += gradients[at][n];
  return sum;
}

// ---- Objectives with a fault, and their derivatives by dual numbers.

constexpr int directions = 320;  // no fewer than a model's numbers
using Derivatives = Eigen::Matrix<double, directions, 1>;
using Dual = Eigen::AutoDiffScalar<Derivatives>;
using Objective = std::function<Dual(const Model&, const std::vector<Tensor<Dual>>& parameters,
                                     const std::vector<Tensor<Dual>>& values, Index image)>;

Dual true_objective(const Model& model, const std::vector<Tensor<Dual>>& parameters,
                    const std::vector<Tensor<Dual>>& values, Index image) {
  return image_losses(model, parameters, values, image, beta).objective;
}

Tensor<double> noise_of(const Model& model, const Batch& batch) {
  const Value& value = model.values[*model.noise_value()];
  Tensor<double> noise(batch_shape<double>(value, batch.size()));
  for (Index row = 0; row < batch.size() * value.draws; ++row)
    noise_normals(batch.latents, static_cast<std::uint64_t>(row / value.draws),
                  static_cast<std::uint32_t>(row % value.draws), noise.data() + row * value.elements(),
                  value.elements());
  return noise;
}

// Of the mean over the images of an objective, under this noise.
Gradients<double> derivatives(const GradientCase& one, const Tensor<double>& noise,
                              const Objective& objective) {
  const Parameters<double> parameters = parameters_by_name(one.model);
  const Batch batch = one.batch();
  REQUIRE(one.model.parameter_count() <= directions);
  const auto constants = [](const Tensor<double>& values) {
    Tensor<Dual> tensor(values.shape());
    for (Index at = 0; at < values.size(); ++at) tensor[at] = Dual(values[at]);
    return tensor;
  };
  Tensor<double> images(batch_shape<double>(one.model.images(), batch.size()));
  fetch(batch, images.data());
  std::vector<Tensor<Dual>> duals;
  Index number = 0;
  for (const Parameter<double>& parameter : parameters) {
    duals.emplace_back(parameter.value.shape());
    for (Index at = 0; at < parameter.value.size(); ++at, ++number)
      duals.back()[at] = Dual(parameter.value[at], directions, static_cast<int>(number));
  }
  const std::vector<Form<Dual>> forms = template_forms<Dual>();
  const auto values =
      tensor_values<Dual>(one.model, duals, forms.front(), constants(images), constants(noise));
  Derivatives sum = Derivatives::Zero();
  for (Index image = 0; image < batch.size(); ++image)
    sum += objective(one.model, duals, values, image).derivatives() / static_cast<double>(batch.size());
  Gradients<double> gradients = zeros_like(parameters);
  number = 0;
  for (Tensor<double>& gradient : gradients)
    for (double& value : gradient) value = sum[number++];
  return gradients;
}

Model importance_weighted() {
  for (const NamedModel& named : small_models())
    if (named.name == "importance weighted") return named.model;
  throw std::logic_error("no such model");
}

}  // namespace

TEST_CASE("mutants: without a fault the passes and the duals agree on these models") {
  for (const Fault fault :
       {Fault::none, Fault::log_variance_elsewhere, Fault::branch_elsewhere, Fault::gain_twice}) {
    const GradientCase one(model_with(fault), 5);
    const auto plain = gradient_of(one.model, "gather"), engine = gradient_of(one.model, "batched");
    CHECK(losses_distance(engine.losses, plain.losses) < 1e-12);
    CHECK(gradient_distance(engine.gradients, plain.gradients) < agrees);
    CHECK(gradient_distance(plain.gradients,
                            derivatives(one, noise_of(one.model, one.batch()), true_objective)) < agrees);
  }
}

TEST_CASE("mutants: a head that is forgotten in a fan-out, or overwrites the other's gradient, is seen") {
  const Model right = model_with(Fault::none), wrong = model_with(Fault::log_variance_elsewhere);
  for (const std::string form : {"gather", "batched"}) {
    const auto whole = gradient_of(right, form), parts = gradient_of(wrong, form);
    // One function of its parameters, were the copies one: the sum is the whole, and neither part alone is.
    CHECK(losses_distance(parts.losses, whole.losses) < 1e-12);
    CHECK(gradient_distance(with_copies(wrong, parts.gradients), whole.gradients) < agrees);
    CHECK(gradient_distance(first_of(parts.gradients, shared_parameters), whole.gradients) > differs);
    Gradients<double> other = first_of(whole.gradients, shared_parameters);
    for (std::size_t at = shared_parameters; at < parts.gradients.size(); ++at)
      for (std::size_t of = 0; of < shared_parameters; ++of)
        if (wrong.parameters[of].name == wrong.parameters[at].name) other[of] = parts.gradients[at];
    CHECK(gradient_distance(other, whole.gradients) > differs);
  }
}

TEST_CASE("mutants: a gradient that is stored where it should be added is seen") {
  // x + f(x): the gradient of x through f alone, and past f alone
  const Model right = model_with(Fault::none), wrong = model_with(Fault::branch_elsewhere);
  const auto whole = gradient_of(right, "batched"), parts = gradient_of(wrong, "batched");
  CHECK(losses_distance(parts.losses, whole.losses) < 1e-12);
  CHECK(gradient_distance(with_copies(wrong, parts.gradients), whole.gradients) < agrees);
  CHECK(gradient_distance(first_of(parts.gradients, shared_parameters), whole.gradients) > differs);
}

TEST_CASE("mutants: a tied weight that learns from one of its uses alone is seen") {
  ModelSpec spec = small_spec(ModelKind::ae);
  const Model tied = make_model(spec);
  spec.tied = {};
  const Model untied = make_model(spec);
  // The copies hold their originals' numbers.
  const Parameters<double> ours = parameters_for<double>(tied);
  Parameters<double> theirs = parameters_for<double>(untied);
  const auto at_name = [](const Parameters<double>& list, const std::string& name) {
    for (std::size_t at = 0; at < list.size(); ++at)
      if (list[at].name == name) return at;
    return list.size();
  };
  for (const Parameter<double>& parameter : ours) {
    theirs[at_name(theirs, parameter.name)].value = parameter.value;
    if (const std::size_t copy = at_name(theirs, parameter.name + "_transpose"); copy < theirs.size())
      theirs[copy].value = parameter.value;
  }
  for (const std::string form : {"gather", "batched"}) {
    const auto whole = gradient_with(GradientCase(tied), ours, {.form = form}, beta),
               parts = gradient_with(GradientCase(untied), theirs, {.form = form}, beta);
    Gradients<double> sum, encoder, decoder;
    for (const Parameter<double>& parameter : ours) {
      const std::size_t original = at_name(theirs, parameter.name),
                        copy = at_name(theirs, parameter.name + "_transpose");
      encoder.push_back(parts.gradients[original]);
      decoder.push_back(copy < theirs.size() ? parts.gradients[copy] : parts.gradients[original]);
      sum.push_back(parts.gradients[original]);
      if (copy < theirs.size())
        for (Index n = 0; n < sum.back().size(); ++n) sum.back()[n] += parts.gradients[copy][n];
    }
    CHECK(gradient_distance(sum, whole.gradients) < agrees);
    CHECK(gradient_distance(encoder, whole.gradients) > differs);
    CHECK(gradient_distance(decoder, whole.gradients) > differs);
  }
}

TEST_CASE("mutants: noise that is the same for all draws is seen") {
  const GradientCase one(model_with(Fault::none), 2);
  const Tensor<double> noise = noise_of(one.model, one.batch());
  const auto plain = gradient_with(one, parameters_by_name(one.model), {.form = "gather"}, beta);
  CHECK(gradient_distance(plain.gradients, derivatives(one, noise, true_objective)) < agrees);
  Tensor<double> reused = noise, of_first_image = noise;
  const Index draws = one.model.draws(), elements = one.model.values[*one.model.noise_value()].elements();
  for (Index at = 0; at < noise.size(); ++at) {
    reused[at] = noise[at / elements / draws * draws * elements + at % elements];
    of_first_image[at] = noise[at % (draws * elements)];
  }
  CHECK(gradient_distance(plain.gradients, derivatives(one, reused, true_objective)) > differs);
  CHECK(gradient_distance(plain.gradients, derivatives(one, of_first_image, true_objective)) > differs);
}

TEST_CASE("mutants: a KL of the wrong sign, weight or absence is seen") {
  const Model model = model_with(Fault::none);
  const auto right = gradient_of(model, "gather");
  for (const double wrong : {-beta, 0.0, 1.0, beta / 2}) {
    const auto mutant = gradient_of(model, "batched", wrong);
    CHECK(gradient_distance(mutant.gradients, right.gradients) > differs);
    CHECK(losses_distance(mutant.losses, right.losses) > 100 * 1e-12);
    CHECK(mutant.losses.kl == Approx(right.losses.kl).epsilon(1e-12));  // what is reported is never weighed
  }
}

TEST_CASE("mutants: a gain that is applied twice, or not at all, is seen") {
  const Model right = model_with(Fault::none), wrong = model_with(Fault::gain_twice);
  CHECK(gradient_distance(gradient_of(wrong, "batched").gradients, gradient_of(right, "gather").gradients) >
        differs);
  Parameters<double> ones = parameters_by_name(right);
  for (Parameter<double>& parameter : ones)
    if (parameter.name == "gain") std::fill(parameter.value.begin(), parameter.value.end(), 1.0);
  const auto without = gradient_with(GradientCase(right, 5), ones, {}, beta);
  CHECK(gradient_distance(without.gradients, gradient_of(right, "gather").gradients) > differs);
}

TEST_CASE("mutants: a mean over pixels, or over draws twice, in place of a sum is seen") {
  const Model model = model_with(Fault::none);
  const auto right = gradient_of(model, "gather");
  for (const double wrong : {30.0, 3.0}) {
    // reconstruction/wrong + beta KL = (reconstruction + wrong beta KL)/wrong
    const auto mutant = gradient_of(model, "batched", wrong * beta);
    CHECK(gradient_distance(scaled(mutant.gradients, 1 / wrong), right.gradients) > differs);
  }
  // The sum over images in place of their mean.
  CHECK(gradient_distance(scaled(right.gradients, 5), right.gradients) > differs);
  CHECK(gradient_distance(scaled(right.gradients, 1 + 1e-8), right.gradients) > differs);
}

TEST_CASE("mutants: importance weights that are 1/K, or those of the reconstruction alone, are seen") {
  const GradientCase one(importance_weighted(), 2);
  const auto plain = gradient_with(one, parameters_by_name(one.model), {.form = "gather"}, beta),
             engine = gradient_with(one, parameters_by_name(one.model), {.form = "batched"}, beta);
  const Tensor<double> noise = noise_of(one.model, one.batch());
  CHECK(gradient_distance(plain.gradients, derivatives(one, noise, true_objective)) < agrees);
  // The losses of the draws, combined by their own weights (a fault takes others).
  const auto combined = [&](auto weigh) {
    return derivatives(
        one, noise, [weigh](const Model& model, const auto& parameters, const auto& values, Index image) {
          const Index draws = model.draws(), pixels = model.images().elements();
          const auto& ratio = std::get<LogRatio>(model.terms[1]);
          const Index latent = model.values[ratio.sample].elements();
          const Tensor<Dual>&x = values[model.image_value()], &out = values[model.reconstruction().output];
          static_cast<void>(parameters);
          std::vector<Dual> reconstructions, ratios;
          for (Index draw = 0; draw < draws; ++draw) {
            Dual loss(0.0), log_ratio(0.0);
            for (Index at = 0; at < pixels; ++at)
              loss += pixel_loss(Likelihood::bernoulli, x[image * pixels + at],
                                 out[(image * draws + draw) * pixels + at]);
            for (Index at = 0; at < latent; ++at) {
              const Index here = (image * draws + draw) * latent + at;
              const Dual &z = values[ratio.sample][here], &e = values[ratio.noise][here];
              log_ratio += Dual((z * z - e * e - values[ratio.log_variance][image * latent + at]) * 0.5);
            }
            reconstructions.push_back(loss);
            ratios.push_back(log_ratio);
          }
          return weigh(reconstructions, ratios);
        });
  };
  const auto log_mean_exp = [](const std::vector<Dual>& losses) {
    std::vector<Dual> weights;
    return log_mean_exp_loss(losses, weights);
  };
  using List = std::vector<Dual>;
  const auto sums = [](const List& a, const List& b, double weight) {
    List list;
    for (std::size_t at = 0; at < a.size(); ++at) list.push_back(Dual(a[at] + weight * b[at]));
    return list;
  };
  const auto right = combined([&](const List& r, const List& q) { return log_mean_exp(sums(r, q, beta)); });
  CHECK(gradient_distance(plain.gradients, right) < agrees);
  CHECK(gradient_distance(engine.gradients, right) < agrees);

  const auto equal = combined([&](const List& r, const List& q) {
    Dual mean(0.0);
    for (const Dual& loss : sums(r, q, beta)) mean += Dual(loss / static_cast<double>(r.size()));
    return mean;
  });
  CHECK(gradient_distance(plain.gradients, equal) > differs);
  const auto apart = combined([&](const List& r, const List& q) {
    Dual sum = log_mean_exp(r);
    for (const Dual& ratio : q) sum += Dual(beta * ratio / static_cast<double>(q.size()));
    return sum;
  });
  CHECK(gradient_distance(plain.gradients, apart) > differs);
  const auto wrong_sign =
      combined([&](const List& r, const List& q) { return log_mean_exp(sums(r, q, -beta)); });
  CHECK(gradient_distance(plain.gradients, wrong_sign) > differs);
}

TEST_CASE("mutants: a slope of the wrong place, and one weight that is off, are seen") {
  const Model model = model_with(Fault::none);
  const auto right = gradient_of(model, "gather");
  Parameters<double> off = parameters_by_name(model);
  off[2].value[7] += 1e-6;  // of a middle layer
  CHECK(gradient_distance(gradient_with(GradientCase(model, 5), off, {}, beta).gradients, right.gradients) >
        differs);
  for (const Activation other : {Activation::relu, Activation::linear, Activation::softplus}) {
    Model wrong = model;
    for (Step& step : wrong.steps)
      if (auto* affine = std::get_if<Affine>(&step); affine && affine->activation == Activation::elu)
        affine->activation = other;
    CHECK(gradient_distance(gradient_of(wrong, "batched").gradients, right.gradients) > differs);
  }
}
