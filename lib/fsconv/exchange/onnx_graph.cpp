// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/exchange/onnx_builder.hpp>
#include <fsconv/exchange/onnx_graph.hpp>
#include <fsconv/exchange/window_words.hpp>
#include <fsconv/nn/steps_between.hpp>
#include <map>
#include <optional>
#include <set>

namespace fsconv {
namespace {

using Integers = OnnxBuilder::Integers;
using Floats = OnnxBuilder::Floats;

Integers begins_then_ends(const std::vector<WindowWords>& words, Index WindowWords::*begin,
                          Index WindowWords::*end) {
  Integers list;
  for (const WindowWords& axis : words) list.push_back(axis.*begin);
  for (const WindowWords& axis : words) list.push_back(axis.*end);
  return list;
}

bool any_above(const Integers& list, Index limit) {
  return std::any_of(list.begin(), list.end(), [&](Index one) { return one > limit; });
}

class Maker : OnnxBuilder {
 public:
  Maker(const Model& model, ModelPart part)
      : model_(model),
        part_(part),
        names_(pytorch_names(model)),
        modules_(pytorch_modules(model)),
        made_(model.values.size()) {}
  OnnxGraph make();

  void operator()(const Affine& step);
  void operator()(const Gain& step);
  void operator()(const Shuffle& step);
  void operator()(const Resize& step);
  void operator()(const Gate& step);
  void operator()(const Add& step);
  void operator()(const Reparameterise& step) { made_[step.out] = made_[step.mean]; }

 private:
  bool is_flat(ValueId value) const;
  Shape shape_of(ValueId value) const;

  std::string parameter(ParameterId id);
  std::string per_channel(ParameterId id, std::size_t axes);

  OnnxValue flattened(const OnnxValue& value);
  OnnxValue as_map(ValueId id);
  OnnxValue reshaped(const OnnxValue& value, const Shape& shape);
  OnnxValue linear(const Affine& step, std::optional<ParameterId>& bias);
  OnnxValue conv(const Affine& step, const std::optional<ParameterId>& bias);
  OnnxValue conv_transpose(const Affine& step, const std::optional<ParameterId>& bias);
  std::vector<OnnxAttribute> window(const Geometry& geometry, const std::vector<WindowWords>& words) const;
  OnnxValue zero_padded(const OnnxValue& value, const std::vector<WindowWords>& words);
  OnnxValue cut(const OnnxValue& value, const Integers& starts, const Integers& ends, const Integers& steps);
  void give_out(const std::string& name, const OnnxValue& value);

  const Model& model_;
  ModelPart part_;
  std::vector<ParameterName> names_;
  std::vector<std::string> modules_;
  std::vector<std::optional<OnnxValue>> made_;  // by ValueId
  std::set<ParameterId> parameters_;
};

// ---- Parameters

std::string Maker::parameter(ParameterId id) {
  parameters_.insert(id);
  return names_[id].name;
}

// [channels], so that it is multiplied with or added to the channels of so many axes.
std::string Maker::per_channel(ParameterId id, std::size_t axes) {
  Integers target(axes + 1, 1);
  target[0] = model_.parameters[id].shape[0];
  if (axes == 0) return parameter(id);
  const std::string shape = constant("per_channel", target);
  const OnnxValue made = node("Reshape", {parameter(id), shape}, {});
  graph_.between.pop_back();  // it has no batch
  return made.name;
}

// ---- Shapes. The code of a linear layer is [N, latent] in ONNX as in PyTorch, and [latent, 1, 1] in the model.

bool Maker::is_flat(ValueId value) const {
  for (const Step& step : model_.steps) {
    if (output(step) != value) continue;
    if (const auto* affine = std::get_if<Affine>(&step))
      return affine->direction == Direction::conv && names_[affine->weight].shape.size() == 2;
    if (const auto* drawn = std::get_if<Reparameterise>(&step)) return is_flat(drawn->mean);
    if (const auto* gain = std::get_if<Gain>(&step)) return is_flat(gain->in);
  }
  return false;
}

Shape Maker::shape_of(ValueId id) const {
  const Value& value = model_.values[id];
  if (is_flat(id)) return {value.elements()};
  Shape shape = value.size;
  shape.insert(shape.begin(), value.channels);
  return shape;
}

OnnxValue Maker::reshaped(const OnnxValue& value, const Shape& shape) {
  if (value.shape == shape) return value;
  Integers target(shape.begin(), shape.end());
  target.insert(target.begin(), 0);  // the batch as it is
  const std::string wanted = constant("shape", target);
  return node("Reshape", {value.name, wanted}, shape);
}

OnnxValue Maker::flattened(const OnnxValue& value) {
  if (value.shape.size() == 1) return value;
  return node("Flatten", {value.name}, {element_count(value.shape)}, {{"axis", Index{1}}});
}

OnnxValue Maker::as_map(ValueId id) {
  Shape shape = model_.values[id].size;
  shape.insert(shape.begin(), model_.values[id].channels);
  return reshaped(*made_[id], shape);
}

// ---- Maps

OnnxValue Maker::linear(const Affine& step, std::optional<ParameterId>& bias) {
  const bool transposed = step.direction == Direction::conv_transpose;
  const Value& out = model_.values[step.out];
  std::vector<std::string> inputs = {flattened(*made_[step.in]).name, parameter(step.weight)};
  if (bias && element_count(model_.parameters[*bias].shape) == out.elements()) {
    inputs.push_back(parameter(*bias));
    bias.reset();
  }
  const Index trans_b = transposed == names_[step.weight].stored_transposed ? 1 : 0;
  return node("Gemm", std::move(inputs), {out.elements()}, {{"transB", trans_b}});
}

std::vector<OnnxAttribute> Maker::window(const Geometry& geometry,
                                         const std::vector<WindowWords>& words) const {
  return {{"kernel_shape", per_axis(geometry, [](const Axis& axis) { return axis.taps; })},
          {"strides", per_axis(geometry, [](const Axis& axis) { return axis.down; })},
          {"dilations", per_axis(geometry, [](const Axis& axis) { return axis.dilation; })},
          {"group", geometry.groups},
          {"pads", begins_then_ends(words, &WindowWords::begin, &WindowWords::end)}};
}

OnnxValue Maker::cut(const OnnxValue& value, const Integers& starts, const Integers& ends,
                     const Integers& steps) {
  Integers axes;
  Shape shape = {value.shape[0]};
  for (std::size_t at = 0; at < starts.size(); ++at) {
    axes.push_back(static_cast<Index>(at) + 2);
    shape.push_back(ceil_div(ends[at] - starts[at], steps[at]));
  }
  const std::vector<std::string> inputs = {value.name, constant("starts", starts), constant("ends", ends),
                                           constant("axes", axes), constant("steps", steps)};
  return node("Slice", inputs, shape);
}

OnnxValue Maker::zero_padded(const OnnxValue& value, const std::vector<WindowWords>& words) {
  Integers zeros = begins_then_ends(words, &WindowWords::zero_begin, &WindowWords::zero_end);
  if (!any_above(zeros, 0)) return value;
  Shape shape = value.shape;
  for (std::size_t at = 0; at < words.size(); ++at)
    shape[at + 1] += words[at].zero_begin + words[at].zero_end;
  zeros.insert(zeros.begin() + static_cast<std::ptrdiff_t>(words.size()), {0, 0});
  zeros.insert(zeros.begin(), {0, 0});  // of batch and channels
  const std::string pads = constant("pads", zeros), zero = constant("zero", Floats{0.0f});
  return node("Pad", {value.name, pads, zero}, shape, {{"mode", std::string("constant")}});
}

OnnxValue Maker::conv(const Affine& step, const std::optional<ParameterId>& bias) {
  const Geometry& geometry = step.geometry;
  OnnxValue in = as_map(step.in);
  const Integers up = per_axis(geometry, [](const Axis& axis) { return axis.up; });
  const Integers stretched = per_axis(geometry, [](const Axis& axis) { return axis.stretched_image(); });
  const Integers ones(up.size(), 1);
  if (any_above(up, 1)) {
    Shape filters = ones;
    filters.insert(filters.begin(), {geometry.in_channels, 1});
    Shape shape = stretched;
    shape.insert(shape.begin(), geometry.in_channels);
    const std::string filter =
        constant("ones", Floats(static_cast<std::size_t>(geometry.in_channels), 1.0f), filters);
    in = node("ConvTranspose", {in.name, filter}, shape,
              {{"kernel_shape", ones}, {"strides", up}, {"group", geometry.in_channels}});
  }
  std::vector<WindowWords> words;
  for (const Axis& axis : geometry.axes) words.push_back(conv_words(axis));
  in = zero_padded(in, words);
  const Integers cuts = begins_then_ends(words, &WindowWords::cut_begin, &WindowWords::cut_end);
  if (any_above(cuts, 0)) {
    Integers starts, ends;
    for (std::size_t at = 0; at < words.size(); ++at) {
      starts.push_back(words[at].cut_begin);
      ends.push_back(in.shape[at + 1] - words[at].cut_end);
    }
    in = cut(in, starts, ends, ones);
  }
  std::vector<std::string> inputs = {in.name, parameter(step.weight)};
  if (bias) inputs.push_back(parameter(*bias));
  return node("Conv", std::move(inputs), shape_of(step.out), window(geometry, words));
}

OnnxValue Maker::conv_transpose(const Affine& step, const std::optional<ParameterId>& bias) {
  const Geometry& geometry = step.geometry;
  OnnxValue in = as_map(step.in);
  std::vector<WindowWords> words;
  for (const Axis& axis : geometry.axes) words.push_back(conv_transpose_words(axis));
  in = zero_padded(in, words);
  std::vector<OnnxAttribute> attributes = window(geometry, words);
  Integers output_padding;
  for (const WindowWords& axis : words) output_padding.push_back(axis.output_padding);
  attributes.push_back({"output_padding", output_padding});
  std::vector<std::string> inputs = {in.name, parameter(step.weight)};
  if (bias) inputs.push_back(parameter(*bias));
  const Integers up = per_axis(geometry, [](const Axis& axis) { return axis.up; });
  const Integers stretched = per_axis(geometry, [](const Axis& axis) { return axis.stretched_image(); });
  Shape shape = stretched;
  shape.insert(shape.begin(), geometry.in_channels);
  const OnnxValue made = node("ConvTranspose", std::move(inputs), shape, attributes);
  return any_above(up, 1) ? cut(made, Integers(up.size(), 0), stretched, up) : made;
}

void Maker::operator()(const Affine& step) {
  std::optional<ParameterId> bias = step.bias;  // that is yet to be added
  OnnxValue made;
  if (names_[step.weight].shape.size() == 2) {
    made = linear(step, bias);
    made = reshaped(made, shape_of(step.out));
  } else {
    const bool by_map = bias && !bias_per_element(model_, step);
    const std::optional<ParameterId> in_map = by_map ? bias : std::nullopt;
    made = step.direction == Direction::conv ? conv(step, in_map) : conv_transpose(step, in_map);
    if (by_map) bias.reset();
  }
  if (bias) {
    const std::string summand =
        bias_per_element(model_, step) ? parameter(*bias) : per_channel(*bias, made.shape.size() - 1);
    made = node("Add", {made.name, summand}, made.shape);
  }
  made_[step.out] = activated(made, step.activation);
}

// ---- The other steps

void Maker::operator()(const Gain& step) {
  const OnnxValue& in = *made_[step.in];
  const std::string factor = per_channel(step.factor, in.shape.size() - 1);
  made_[step.out] = node("Mul", {in.name, factor}, in.shape);
}

void Maker::operator()(const Shuffle& step) {
  const OnnxValue in = as_map(step.in);
  const Shape shape = shape_of(step.out);
  const std::size_t axes = shape.size() - 1;
  if (axes == 2) {
    made_[step.out] =
        node("DepthToSpace", {in.name}, shape, {{"blocksize", step.factor}, {"mode", std::string("CRD")}});
    return;
  }
  // [N, channels, factor per axis, pixels per axis] -> [N, channels, pixels, factor, pixels, factor, ...]
  Shape apart = {shape[0]}, joined = {shape[0]};
  Integers order = {0, 1};
  for (std::size_t axis = 0; axis < axes; ++axis) apart.push_back(step.factor);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    apart.push_back(in.shape[axis + 1]);
    joined.push_back(in.shape[axis + 1]);
    joined.push_back(step.factor);
    order.push_back(static_cast<Index>(2 + axes + axis));
    order.push_back(static_cast<Index>(2 + axis));
  }
  const OnnxValue parts = reshaped(in, apart);
  made_[step.out] = reshaped(node("Transpose", {parts.name}, joined, {{"perm", order}}), shape);
}

void Maker::operator()(const Resize& step) {
  const OnnxValue in = as_map(step.in);
  Floats scales(in.shape.size() + 1, static_cast<float>(step.factor));
  scales[0] = scales[1] = 1;
  const auto count = static_cast<Index>(scales.size());
  const std::string factors = constant("scales", scales, {count});
  made_[step.out] = node("Resize", {in.name, "", factors}, shape_of(step.out),
                         {{"mode", std::string("nearest")},
                          {"coordinate_transformation_mode", std::string("asymmetric")},
                          {"nearest_mode", std::string("floor")}});
}

void Maker::operator()(const Gate& step) {
  const OnnxValue in = as_map(step.in), gate = as_map(step.gate);
  const OnnxValue open = node("Sigmoid", {gate.name}, gate.shape);
  made_[step.out] = node("Mul", {in.name, open.name}, in.shape);
}

void Maker::operator()(const Add& step) {
  const OnnxValue in = as_map(step.in), other = as_map(step.other);
  made_[step.out] = node("Add", {in.name, other.name}, in.shape);
}

// ---- The graph

// The value becomes an output under this name, wherever it is read.
void Maker::give_out(const std::string& name, const OnnxValue& value) {
  const auto made = std::find_if(graph_.between.begin(), graph_.between.end(),
                                 [&](const OnnxValue& one) { return one.name == value.name; });
  if (made == graph_.between.end()) {  // it is an input, or an output under another name
    module_ = name;
    graph_.nodes.push_back(
        {.name = name + "/Identity", .operation = "Identity", .inputs = {value.name}, .output = name});
  } else {
    graph_.between.erase(made);
    for (OnnxNode& node : graph_.nodes) {
      if (node.output == value.name) node.output = name;
      std::replace(node.inputs.begin(), node.inputs.end(), value.name, name);
    }
  }
  graph_.outputs.push_back({name, value.shape});
}

OnnxGraph Maker::make() {
  const ValueId output_id = model_.reconstruction().output;
  const ValueId given = part_ == ModelPart::decoder ? decoder_input(model_) : model_.image_value();
  const bool encodes = part_ != ModelPart::decoder, decodes = part_ != ModelPart::encoder;
  if (part_ == ModelPart::decoder && !decodes_alone(model_))
    throw InvalidArgument("part", "is decoder, but this model makes its pictures of more than the code",
                          "use whole or encoder");
  const std::string input = encodes ? "input" : "code";
  graph_.inputs = {{input, encodes ? shape_of(given) : shape_of(model_.code)}};
  made_[given] = graph_.inputs.front();

  std::vector<ValueId> wanted;
  const auto heads = model_.heads();
  if (decodes) wanted.push_back(output_id);
  if (encodes) wanted.push_back(model_.code);
  if (encodes && heads) wanted.push_back(heads->log_variance);
  const std::vector<bool> needed = steps_between(model_, given, wanted);
  for (std::size_t at = 0; at < needed.size(); ++at) {
    if (!modules_[at].empty()) module_ = modules_[at];
    if (needed[at]) std::visit(*this, model_.steps[at]);
  }

  const auto value = [&](ValueId id) { return *made_[id]; };
  if (decodes) {
    const OnnxValue output = value(output_id);
    module_ = "pixels";
    give_out("pixels", expected_pixels(output, model_.reconstruction().likelihood));
    give_out("output", output);
  }
  if (encodes) give_out("code", value(model_.code));
  if (encodes && heads) give_out("log_variance", value(heads->log_variance));
  graph_.parameters.assign(parameters_.begin(), parameters_.end());
  return std::move(graph_);
}

}  // namespace

OnnxGraph onnx_graph(const Model& model, ModelPart part) { return Maker(model, part).make(); }

}  // namespace fsconv
