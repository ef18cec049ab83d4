// What a run's model looks like: samples of it, the filters of its first layer, its steps and their W.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/matrix_figure.hpp>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/report/sections.hpp>
#include <fsconv/train/codes.hpp>
#include <set>

namespace fsconv::report {

namespace {

// What its decoder makes of noise. The same draws as fsconv decode makes with seed 0.
void add_samples(Page& page, const Result<RecordedRun>& run) {
  if (!run.of.trained.model.heads()) return;
  constexpr Index draws = 16;
  Runner<float> runner = make_runner({.path = run.origin.path, .trained = run.of.trained}, 1);
  Tensor<float> images;
  try {
    images = decode(runner, prior_codes(runner.model(), draws, 1, 0));
  } catch (const InvalidArgument& error) {  // of a training that went astray: the rest of its page is wanted
    page.say(fmt::format("No draws of the prior are shown: {}.", error.what()));
    return;
  }
  page.picture(
      image_grid(wrap_images(images, page_columns), default_zoom(images.shape()[2], images.shape()[3])),
      fmt::format("{} draws of the prior, decoded", draws),
      fmt::format(
          "What the model makes of {} draws of its prior, with the weights of {}: fsconv decode {} --sample "
          "{} --output samples.png draws the same, and more.",
          draws, run.of.trained.epoch_text(), shell_path(run.origin.path), draws));
}

// The convolution that reads the images, where there is one.
const Affine* first_layer(const Model& model) {
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step); affine && affine->in == model.image_value() &&
                                                         affine->geometry.axes.size() == 2 &&
                                                         affine->direction == Direction::conv)
      return affine;
  return nullptr;
}

void add_filters(Page& page, const Result<RecordedRun>& run) {
  const Model& model = run.of.trained.model;
  const Affine* layer = first_layer(model);
  if (!layer) return;
  const ParameterSpec& spec = model.parameters[layer->weight];
  const auto found = std::find_if(run.of.trained.parameters.begin(), run.of.trained.parameters.end(),
                                  [&](const auto& one) { return one.name == spec.name; });
  if (found == run.of.trained.parameters.end() || found->value.rank() != 4 || found->value.size() == 0)
    return;
  const Shape shape = found->value.shape();
  if (shape[2] < 2 && shape[3] < 2) return;  // a filter of one tap is a number
  if (shape[1] != 1 && shape[1] != 3) return;
  constexpr Index most = 256;
  float largest = 0;
  for (const float value : found->value) largest = std::max(largest, std::abs(value));
  Tensor<float> shown_ones = leading(found->value, most);
  for (float& value : shown_ones) value = largest > 0 ? 0.5F + value / (2 * largest) : 0.5F;
  const Index count = shown_ones.shape()[0];
  const std::string caption = fmt::format(
      "The {} of {}, {} x {} taps: grey is 0, black {}, white {}; weights of {}.",
      count < shape[0] ? fmt::format("first {} of {} filters", count, shape[0]) : counted(count, "filter"),
      spec.name, shape[2], shape[3], draw::number_text(-largest, 3), draw::number_text(largest, 3),
      run.of.trained.epoch_text());
  page.picture(image_grid(wrap_images(shown_ones, 16), std::max<Index>(1, 36 / std::max(shape[2], shape[3]))),
               fmt::format("filters of the first layer of {}", run.origin.label), caption);
}

std::string step_text(const Step& step) {
  static constexpr const char* names[] = {"", "gain", "shuffle", "resize", "gate", "add", "sample"};
  if (const auto* affine = std::get_if<Affine>(&step)) {
    const std::string activation =
        affine->activation == Activation::linear ? "" : fmt::format(", {}", name(affine->activation));
    return (affine->direction == Direction::conv ? "conv" : "conv_transpose") + activation;
  }
  return names[step.index()];
}

void add_steps(Page& page, const Result<RecordedRun>& run) {
  const Model& model = run.of.trained.model;
  Table steps{.caption = fmt::format("The {} of the model, {} learned numbers",
                                     counted(static_cast<Index>(model.steps.size()), "step"),
                                     model.parameter_count()),
              .head = {"step", "what", "reads", "makes", "weight", "geometry"},
              .rows = {}};
  std::set<ParameterId> weights;
  bool is_shared = false;
  for (std::size_t at = 0; at < model.steps.size(); ++at) {
    const Step& step = model.steps[at];
    const auto* affine = std::get_if<Affine>(&step);
    if (affine && !weights.insert(affine->weight).second) is_shared = true;
    std::string read;
    for (const ValueId value : inputs(step))
      read += (read.empty() ? "" : ", ") + size_text(model.values[value]);
    steps.rows.push_back({{fmt::format("{}", at + 1)},
                          {step_text(step)},
                          {read},
                          {size_text(model.values[output(step)])},
                          {affine ? model.parameters[affine->weight].name : "", Cell::Kind::code},
                          {affine ? print_case(affine->geometry) : "", Cell::Kind::code}});
  }
  if (is_shared)
    steps.caption += ". A weight that stands twice is shared: conv_transpose is the W^T of its conv";
  page.add(folded("Steps of the model", {table(steps)}));
}

// One channel of image and code: every other block of W has the same pattern.
Geometry one_channel(const Geometry& geometry) { return {.axes = geometry.axes}; }

}  // namespace

void add_run_pictures(Page& page, const Result<RecordedRun>& run) {
  page.subheading(fmt::format("The model of {}", run.origin.label));
  const Index images = run.of.samples.originals.shape()[0];
  page.picture(
      picture_of(run.of.samples, {.columns = page_columns}, false),
      fmt::format("{} in rows, each over its reconstructions", counted(images, "test image")),
      fmt::format("{}, and under each row what the model {} makes of them.", counted(images, "test image"),
                  run.of.partial.step > 0
                      ? fmt::format("after {} of epoch {}", counted(run.of.partial.step, "step"),
                                    run.of.epochs.size() + 1)
                      : "of the last epoch"));
  add_samples(page, run);
  add_filters(page, run);
  page.figure(draw::model_figure(run.of.trained.as_trained(), kl_weight(run.of.trained.config)),
              "The model: what flows, and which weights are shared.");
  add_steps(page, run);
}

void add_patterns(Page& page, const std::vector<Result<RecordedRun>>& runs) {
  constexpr Index most_pixels = 4096;
  constexpr std::size_t most_layers = 8;
  std::set<std::string> seen;
  for (const auto& run : runs)
    for (const Step& step : run.of.trained.model.steps) {
      const auto* affine = std::get_if<Affine>(&step);
      if (!affine || seen.size() == most_layers) continue;
      const Geometry single = one_channel(affine->geometry);
      const Index pixels = element_count(single.image_shape());
      // A linear layer's W has one entry per pair of channels: where its code has one pixel there is no pattern.
      if (pixels <= 1 || pixels > most_pixels || element_count(single.code_shape()) <= 1) continue;
      if (!seen.insert(print_case(single)).second) continue;
      if (seen.size() == 1) page.subheading("W of the layers");
      const bool several = affine->geometry.in_channels * affine->geometry.out_channels > 1;
      page.figure(
          draw::matrix_figure(single, {.labelled = false, .largest = 620}),
          fmt::format("{} of {} ({}){}. The encoder multiplies by W, a transposed convolution by W^T.",
                      several ? "Between one channel and another" : "W",
                      run.of.trained.model.parameters[affine->weight].name, print_case(single),
                      several ? ": every other block of its W has the same pattern" : ""));
    }
}

}  // namespace fsconv::report
