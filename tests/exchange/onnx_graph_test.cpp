// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/exchange/onnx_graph.hpp>
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
