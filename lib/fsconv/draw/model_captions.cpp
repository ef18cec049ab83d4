// The words of the steps, broken into lines, and the sizes of the boxes.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/model_captions.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/model_words.hpp>
#include <map>

namespace fsconv::draw {

namespace {

std::string plain(std::string text) {
  std::replace(text.begin(), text.end(), glue, ' ');
  return text;
}

struct StepWords {
  const Model& model;

  std::string operator()(const Affine& step) const {
    std::string text = step.direction == Direction::conv_transpose ? "transposed " : "";
    text += is_linear(step.geometry) ? "linear" : "conv " + geometry_words(step.geometry);
    return text + activation_words(step.activation);
  }
  std::string operator()(const Gain&) const { return "gain per channel"; }
  std::string operator()(const Shuffle& step) const {
    return fmt::format("shuffle {} channels into pixels", step.factor * step.factor);
  }
  std::string operator()(const Resize& step) const {
    return fmt::format("repeat pixels, {} times", step.factor);
  }
  std::string operator()(const Gate&) const { return "times sigmoid of the gate"; }
  std::string operator()(const Add&) const { return "sum of both"; }
  std::string operator()(const Reparameterise& step) const {
    const Index draws = model.values[step.noise].draws;
    return "sample: mean + deviation * noise" + (draws > 1 ? fmt::format(", {} draws", draws) : "");
  }
};

// The parameters of a step in their order, and how they are marked where they are shared.
std::vector<std::pair<ParameterId, std::string>> parameters_of(const Step& step) {
  std::vector<std::pair<ParameterId, std::string>> all;
  if (const auto* affine = std::get_if<Affine>(&step)) {
    all.emplace_back(affine->weight, affine->direction == Direction::conv_transpose ? "Wᵀ" : "W");
    if (affine->bias) all.emplace_back(*affine->bias, "");
  } else if (const auto* gain = std::get_if<Gain>(&step)) {
    all.emplace_back(gain->factor, "");
  }
  return all;
}

std::vector<SharedParameter> shared_parameters(const Model& model) {
  std::map<ParameterId, std::vector<SharedParameter::Use>> uses;
  for (const Step& step : model.steps)
    for (const auto& [parameter, mark] : parameters_of(step)) uses[parameter].push_back({output(step), mark});
  std::vector<SharedParameter> shared;
  for (auto& [parameter, of] : uses)
    if (of.size() > 1) shared.push_back({parameter, std::move(of)});
  return shared;
}

Caption box_of(const Value& value, double text_size) {
  const Index side = value.size.empty() ? 1 : *std::max_element(value.size.begin(), value.size.end());
  Caption caption;
  // Never so narrow that its size does not stand in it.
  caption.width = std::max(std::min(132.0, 28 + 13 * std::log2(static_cast<double>(side))),
                           text_width(size_text(value), text_size) + 10);
  caption.height = 20 + 2.5 * std::log2(static_cast<double>(value.channels));
  if (value.source == Value::Source::images) caption.above = "images";
  if (value.source == Value::Source::noise) caption.above = "noise";
  return caption;
}

}  // namespace

double CaptionLine::width(double size) const {
  const double gap = name.empty() || words.empty() ? 0 : size / 2;
  return text_width(name, size, true) + gap + text_width(words, size);
}

std::string numbers_text(Index count) {
  return fmt::format("{} number{}", fmt::group_digits(count), count == 1 ? "" : "s");
}

ModelCaptions::ModelCaptions(const Model& model, double text_size, double longest_line)
    : shared(shared_parameters(model)) {
  for (const Value& value : model.values) values.push_back(box_of(value, text_size));
  values[model.image_value()].role = values[model.reconstruction().output].role = Role::image;
  values[model.code].role = values[decoder_input(model)].role = Role::code;
  const auto is_shared = [&](ParameterId id) {
    return std::any_of(shared.begin(), shared.end(),
                       [&](const SharedParameter& one) { return one.parameter == id; });
  };
  for (const Step& step : model.steps) {
    std::vector<CaptionLine>& lines = values[output(step)].lines;
    for (const std::string& line : text_lines(std::visit(StepWords{model}, step), longest_line, text_size))
      lines.push_back({"", plain(line)});
    for (const auto& [parameter, mark] : parameters_of(step)) {
      of_steps.insert(parameter);
      const ParameterSpec& spec = model.parameters[parameter];
      if (!is_shared(parameter))
        lines.push_back({spec.name, fmt::format("{}", fmt::group_digits(element_count(spec.shape)))});
    }
  }
  if (const auto heads = model.heads())
    for (const auto& [value, name] : {std::pair{heads->mean, "mean"}, {heads->log_variance, "log-variance"}})
      values[value].lines.insert(values[value].lines.begin(), {"", name, true});
}

double ModelCaptions::words_width(ValueId value, double text_size) const {
  double width = 0;
  for (const CaptionLine& line : values[value].lines) width = std::max(width, line.width(text_size));
  return width;
}

}  // namespace fsconv::draw
