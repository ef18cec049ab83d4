// Sizes, geometries, activations and likelihoods as a reader of the field says them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/stride.hpp>
#include <fsconv/nn/model_words.hpp>

namespace fsconv {
namespace {

std::string words_of(const Reconstruction& term, double) { return reconstruction_words(term); }

// "+ " or "+ 4 * "
std::string plus(double beta) { return beta == 1 ? "+ " : fmt::format("+ {} * ", beta); }

std::string words_of(const KlToNormal& term, double beta) {
  return plus(beta) + "KL(q(z|x) || N(0, 1))" +
         (term.free_nats > 0 ? fmt::format(", at least {} nats per latent number", term.free_nats) : "");
}

std::string words_of(const LogRatio&, double beta) {
  return plus(beta) + (beta == 1 ? "log q(z|x) - log p(z)" : "(log q(z|x) - log p(z))") + " at the sample";
}

// What the sum of the terms is to the likelihood of the images.
std::string meaning(const Model& model, double beta) {
  const Index draws = model.draws();
  const std::string of_draws =
      draws == 1 ? "of 1 draw" : fmt::format("of {} draws", fmt::group_digits(draws));
  const Likelihood likelihood = model.reconstruction().likelihood;
  const bool is_bound = is_likelihood(likelihood);
  const std::string no_bound = fmt::format(" (bounds nothing: {} is no likelihood)", name(likelihood));
  if (model.over_draws == OverDraws::log_mean_exp)
    return fmt::format("-log mean exp(-that) {}", of_draws) +
           (!is_bound   ? no_bound
            : beta == 1 ? ": the importance-weighted bound"
                        : " (at beta 1 the importance-weighted bound)");
  if (!model.heads()) return "";
  return fmt::format("the mean {}", of_draws) + (!is_bound   ? no_bound
                                                 : beta != 1 ? " (at beta 1 the negative ELBO)"
                                                 : model.free_nats() > 0
                                                     ? ": the negative ELBO but for the free nats"
                                                     : ": the negative ELBO");
}

}  // namespace

std::vector<std::string> objective_lines(const Model& model, const KlWeight& kl) {
  std::vector<std::string> lines;
  for (const Term& term : model.terms)
    lines.push_back(std::visit([&](const auto& one) { return words_of(one, kl.beta); }, term));
  if (std::string last = meaning(model, kl.beta); !last.empty()) lines.push_back(std::move(last));
  if (kl.warmup > 0)
    lines.push_back(fmt::format("the weight of the KL rises from 0 in {} epochs", kl.warmup));
  lines.push_back(fmt::format("in {}", loss_units(model)));
  return lines;
}

std::string_view loss_units(const Model& model) {
  const Likelihood likelihood = model.reconstruction().likelihood;
  return model.heads() ? units_with_kl(likelihood) : units(likelihood);
}

std::string size_text(const Value& value) {
  if (value.pixels() == 1) return std::to_string(value.channels);
  return fmt::format("{}x{}", value.channels, fmt::join(value.size, "x"));
}

std::string geometry_words(const Geometry& geometry) {
  std::vector<std::string> taps, strides, dilations, pads;
  for (const Axis& axis : geometry.axes) {
    taps.push_back(std::to_string(axis.taps));
    strides.push_back(stride_text(axis));
    dilations.push_back(std::to_string(axis.dilation));
    pads.push_back(axis.pad == axis.pad_end() ? std::to_string(axis.pad)
                                              : fmt::format("{}:{}", axis.pad, axis.pad_end()));
  }
  std::string words = fmt::format("{}", fmt::join(taps, "x"));
  if (one_or_joined(strides, ",") != "1")
    words += fmt::format(" stride{}", glue) + one_or_joined(strides, ",");
  if (one_or_joined(dilations, ",") != "1")
    words += fmt::format(" dilation{}", glue) + one_or_joined(dilations, ",");
  if (one_or_joined(pads, ",") != "0") words += fmt::format(" padding{}", glue) + one_or_joined(pads, ",");
  if (geometry.groups != 1) words += fmt::format(" groups{}{}", glue, geometry.groups);
  return words;
}

std::string activation_words(Activation activation) {
  if (activation == Activation::linear) return "";
  if (activation == Activation::bounded) return fmt::format(", within{}+-{}", glue, activation_bound);
  return fmt::format(", {}", name(activation));
}

std::string reconstruction_words(const Reconstruction& term) {
  switch (term.likelihood) {
    case Likelihood::bernoulli:
      return "-log p(x|z), Bernoulli: pixels are 0 or 1, the output is their logit";
    case Likelihood::continuous_bernoulli:
      return "-log p(x|z), continuous Bernoulli: grey pixels, the output is a logit";
    case Likelihood::gaussian:
      return "-log p(x|z), Gaussian: the mean is the output, the variance " +
             (term.log_variance ? "learned" : fmt::format("{}", term.variance));
    case Likelihood::bce_grey:
      return "bce-grey, Bernoulli's formula on grey pixels: no likelihood";
    case Likelihood::mse:
      return "mse, the squared error: no likelihood";
  }
  return {};
}

std::string algorithm_words(const StepAlgorithms& step) {
  std::vector<std::pair<const char*, const std::string*>> maps;
  for (const auto& [map, words] :
       {std::pair{"conv", &step.conv}, std::pair{"conv_transpose", &step.conv_transpose},
        std::pair{"weight_gradient", &step.weight_gradient}})
    if (!words->empty()) maps.emplace_back(map, words);
  if (maps.empty()) return "";
  if (std::all_of(maps.begin(), maps.end(),
                  [&](const auto& one) { return *one.second == *maps.front().second; }))
    return *maps.front().second;
  std::string text;
  for (const auto& [map, words] : maps) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", map, *words);
  return text;
}

Index count_without_sharing(const Model& model) {
  std::vector<Index> uses(model.parameters.size());
  for (const Step& step : model.steps) {
    if (const auto* affine = std::get_if<Affine>(&step)) {
      ++uses[affine->weight];
      if (affine->bias) ++uses[*affine->bias];
    } else if (const auto* gain = std::get_if<Gain>(&step)) {
      ++uses[gain->factor];
    }
  }
  Index count = 0;
  for (ParameterId id = 0; id < uses.size(); ++id)
    count += std::max<Index>(uses[id], 1) * element_count(model.parameters[id].shape);
  return count;
}

}  // namespace fsconv
