// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/tensor.hpp>
#include <fsconv/exchange/onnx_graph.hpp>
#include <numeric>
#include <set>

#include "exchange/odd_models.hpp"
#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

std::vector<const OnnxNode*> readers(const OnnxGraph& graph, const std::string& name) {
  std::vector<const OnnxNode*> list;
  for (const OnnxNode& node : graph.nodes)
    if (std::find(node.inputs.begin(), node.inputs.end(), name) != node.inputs.end()) list.push_back(&node);
  return list;
}

template <class T>
T attribute(const OnnxNode& node, const std::string& name) {
  for (const OnnxAttribute& one : node.attributes)
    if (one.name == name) return std::get<T>(one.value);
  throw std::runtime_error(node.name + " has no " + name);
}

std::vector<std::string> names(const std::vector<OnnxValue>& values) {
  std::vector<std::string> list;
  for (const OnnxValue& value : values) list.push_back(value.name);
  return list;
}

// Every name is made once, before it is read, and read or given out. What is wrong, or nothing.
std::string fault(const Model& model, const OnnxGraph& graph) {
  std::set<std::string> known, read;
  const auto add = [&](const std::string& name) { return known.insert(name).second; };
  for (const OnnxValue& value : graph.inputs) add(value.name);
  const auto parameters = pytorch_names(model);
  for (const ParameterId id : graph.parameters)
    if (!add(parameters[id].name)) return parameters[id].name + " is there twice";
  for (const OnnxConstant& constant : graph.constants)
    if (!add(constant.name)) return constant.name + " is there twice";
  for (const OnnxNode& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (!input.empty() && !known.contains(input)) return node.name + " reads " + input;
      read.insert(input);
    }
    if (!add(node.output)) return node.output + " is made twice";
  }
  for (const OnnxValue& value : graph.outputs) {
    if (!known.contains(value.name)) return "nobody makes " + value.name;
    read.insert(value.name);
  }
  for (const std::string& name : known)
    if (!read.contains(name)) return "nobody reads " + name;
  for (const OnnxValue& value : graph.between)
    if (!known.contains(value.name)) return "a shape of " + value.name;
  return {};
}

Model tied_model() {
  ModelSpec spec = small_spec(ModelKind::vae);
  spec.image_size = {8, 8};
  spec.layers = {{.channels = 3, .kernel = 3, .stride = 2, .padding = 1}};
  spec.tied = {true, true};
  return make_model(spec);
}

// image -> conv of stride 2 -> a linear layer and its transpose -> twice the pixels along each axis, of half as many
// channels for each.
Model shuffling_model(const Shape& size) {
  std::vector<Axis> axes;
  for (const Index in : size) axes.push_back({.in = in, .out = in / 2, .taps = 2, .down = 2});
  const Index phases = Index(1) << size.size();
  const Geometry geometry{.axes = axes, .in_channels = 3, .out_channels = 3 * phases};
  ModelBuilder m;
  const OddCode code = odd_code(m, geometry);
  const ValueId h = m.shuffle(code.decoded, 2);
  return m.finish({Reconstruction{.output = h, .likelihood = Likelihood::bce_grey}}, OverDraws::mean, code.z);
}

}  // namespace

TEST_CASE(
    "onnx graph: one weight feeds Conv and ConvTranspose, with padding and output_padding written out") {
  const OnnxGraph graph = onnx_graph(tied_model(), ModelPart::whole);
  const auto both = readers(graph, "encoder.0.weight");
  REQUIRE(both.size() == 2);
  CHECK(both[0]->operation == "Conv");
  CHECK(both[1]->operation == "ConvTranspose");
  for (const OnnxNode* node : both) {
    CHECK(attribute<std::vector<Index>>(*node, "pads") == std::vector<Index>{1, 1, 1, 1});
    CHECK(attribute<std::vector<Index>>(*node, "strides") == std::vector<Index>{2, 2});
    CHECK(node->inputs[1] == "encoder.0.weight");
  }
  CHECK(attribute<std::vector<Index>>(*both[1], "output_padding") == std::vector<Index>{1, 1});
  const auto linear = readers(graph, "fc_mu.weight");
  REQUIRE(linear.size() == 2);
  CHECK(attribute<Index>(*linear[0], "transB") == 1);
  CHECK(attribute<Index>(*linear[1], "transB") == 0);
  CHECK(names(graph.inputs) == std::vector<std::string>{"input"});
  CHECK(names(graph.outputs) == std::vector<std::string>{"pixels", "output", "code", "log_variance"});
}

TEST_CASE("onnx graph: encoder and decoder are the whole, cut at the code") {
  for (const NamedModel& named : small_models()) {
    const Model model = with_draws(named.model, 1);
    INFO(named.name);
    const OnnxGraph whole = onnx_graph(model, ModelPart::whole),
                    encoder = onnx_graph(model, ModelPart::encoder),
                    decoder = onnx_graph(model, ModelPart::decoder);
    CHECK(encoder.nodes.size() + decoder.nodes.size() == whole.nodes.size());
    CHECK(names(decoder.inputs) == std::vector<std::string>{"code"});
    CHECK(encoder.outputs.front().shape == decoder.inputs.front().shape);
    std::set<ParameterId> together(encoder.parameters.begin(), encoder.parameters.end());
    together.insert(decoder.parameters.begin(), decoder.parameters.end());
    CHECK(together == std::set<ParameterId>(whole.parameters.begin(), whole.parameters.end()));
    const bool learns_variance = model.reconstruction().log_variance.has_value();
    CHECK(together.size() + (learns_variance ? 1 : 0) == model.parameters.size());
  }
}

TEST_CASE("onnx graph: every name is made once and before it is read, in any model") {
  const auto check_all = [](const Model& model) {
    for (const ModelPart part : all_values<ModelPart>()) {
      const OnnxGraph graph = onnx_graph(model, part);
      CHECK(fault(model, graph) == "");
      for (const OnnxNode& node : graph.nodes)
        for (const OnnxAttribute& one : node.attributes) {
          CHECK(one.name != "auto_pad");
          CHECK(one.name != "output_shape");
        }
    }
  };
  for (const NamedModel& named : small_models()) check_all(with_draws(named.model, 1));
  const std::vector<Axis> axes = odd_axes();
  for (std::size_t at = 0; at < axes.size(); at += 29)
    check_all(odd_model({axes[at], axes[(at * 37 + 11) % axes.size()]}, at % 2 == 0, 1 + at % 3 / 2));
}

TEST_CASE("onnx graph: a name that nobody makes, or two make, is noticed") {
  const Model model = tied_model();
  OnnxGraph missing = onnx_graph(model, ModelPart::whole);
  missing.nodes.erase(missing.nodes.begin());
  CHECK(fault(model, missing) != "");
  OnnxGraph twice = onnx_graph(model, ModelPart::whole);
  twice.nodes.push_back(twice.nodes.back());
  CHECK(fault(model, twice) != "");
}

TEST_CASE("onnx graph: what ONNX has no word for stands before or after the map") {
  const auto operations = [](const Axis& axis) {
    std::vector<std::string> list;
    for (const OnnxNode& node : onnx_graph(odd_model({axis}, true), ModelPart::whole).nodes)
      list.push_back(node.operation);
    return list;
  };
  const auto has = [](const std::vector<std::string>& list, const char* operation) {
    return std::count(list.begin(), list.end(), operation);
  };
  const auto plain = operations({.in = 8, .out = 4, .taps = 3, .down = 2, .pad = 1});
  CHECK(has(plain, "Slice") + has(plain, "Pad") == 0);
  CHECK(has(plain, "ConvTranspose") == 1);
  const auto fraction = operations({.in = 8, .out = 5, .taps = 3, .down = 3, .up = 2, .pad = 1});
  CHECK(has(fraction, "ConvTranspose") == 2);  // the first puts zeros between the pixels
  CHECK(has(fraction, "Slice") == 1);
  const auto cropped = operations({.in = 8, .out = 2, .taps = 3, .down = 2, .pad = -2});
  CHECK(has(cropped, "Slice") == 1);
  CHECK(has(cropped, "Pad") == 1);
}

TEST_CASE("onnx graph: a sub-pixel shuffle of any number of axes puts channel c*2^n + p at phase p") {
  const Shape size = GENERATE(Shape{10}, Shape{6, 4}, Shape{2, 6, 4});
  const OnnxGraph graph = onnx_graph(shuffling_model(size), ModelPart::whole);
  const auto place_of = [&](const char* operation) {
    return std::find_if(graph.nodes.begin(), graph.nodes.end(),
                        [&](const OnnxNode& node) { return node.operation == operation; });
  };
  if (size.size() == 2) {
    CHECK(place_of("Transpose") == graph.nodes.end());
    REQUIRE(place_of("DepthToSpace") != graph.nodes.end());
    CHECK(attribute<std::string>(*place_of("DepthToSpace"), "mode") == "CRD");
    return;
  }
  const auto transpose = place_of("Transpose");
  REQUIRE(transpose != graph.nodes.end());
  REQUIRE((transpose - 1)->operation == "Reshape");
  REQUIRE((transpose + 1)->operation == "Reshape");
  CHECK((transpose + 1)->inputs[0] == transpose->output);
  const auto shape_of = [&](const std::string& name) {
    for (const auto* list : {&graph.between, &graph.outputs})
      for (const OnnxValue& value : *list)
        if (value.name == name) return value.shape;
    throw std::runtime_error("no shape of " + name);
  };
  Shape order = attribute<std::vector<Index>>(*transpose, "perm");
  REQUIRE(order.front() == 0);  // the images
  order.erase(order.begin());
  for (Index& axis : order) --axis;
  const Shape apart = shape_of(transpose->inputs[0]), whole = shape_of((transpose + 1)->output);
  Tensor<Index> numbers(apart);
  std::iota(numbers.begin(), numbers.end(), 0);
  const Tensor<Index> made = permute(numbers, order);
  // What model.hpp says of Shuffle, for every pixel of the enlarged image.
  Shape expected_shape = {3};
  expected_shape.insert(expected_shape.end(), size.begin(), size.end());
  CHECK(whole == expected_shape);
  std::vector<Index> expected;
  for (Index at = 0; at < 3 * element_count(size); ++at) {
    Index rest = at, phase = 0, pixel = 0, phases = 1, pixels = 1;
    for (std::size_t axis = size.size(); axis-- > 0;) {
      const Index place = rest % size[axis];
      rest /= size[axis];
      phase += place % 2 * phases;
      pixel += place / 2 * pixels;
      phases *= 2;
      pixels *= size[axis] / 2;
    }
    expected.push_back((rest * phases + phase) * pixels + pixel);
  }
  CHECK(std::vector<Index>(made.begin(), made.end()) == expected);
}
