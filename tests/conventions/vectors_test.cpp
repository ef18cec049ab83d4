// Recorded results of TensorFlow.js, Theano and PyTorch, reproduced bit for bit through the conventions.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/forms/form.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace fsconv;
using nlohmann::json;

namespace {

Padding padding_of(const json& words) {
  if (words.is_string()) return parse_padding(words.get<std::string>());
  Padding padding;
  const json list = words.is_array() ? words : json::array({words});
  for (const json& side : list) {
    padding.begin.push_back(side.is_array() ? side[0].get<Index>() : side.get<Index>());
    padding.end.push_back(side.is_array() ? side[1].get<Index>() : side.get<Index>());
  }
  return padding;
}

std::vector<Stride> strides_of(const json& list) {
  std::vector<Stride> strides;
  for (const json& down : list) strides.push_back({down.get<Index>(), 1});
  return strides;
}

// The spatial part of a shape in a system's own order.
Shape space_of(const Shape& shape, const ArrayOrder& order, bool activation) {
  Shape space;
  const auto& axes = activation ? order.code : order.weight;
  for (std::size_t axis = 2; axis < axes.size(); ++axis)
    space.push_back(shape[static_cast<std::size_t>(axes[axis])]);
  return space;
}

// A recorded case in the words of this library.
struct Case {
  Convention convention;
  Settings settings;
  Tensor<double> code, weight, image;
  std::vector<double> bias;
};

Tensor<double> tensor_of(const json& shape, const json& values) {
  return Tensor<double>(shape.get<Shape>(), values.get<std::vector<double>>());
}

Case read_case(const json& line) {
  Case c;
  const std::string system = line["system"];
  c.convention = named<Convention>(system);
  if (system == "pytorch") {
    c.settings.stride = strides_of(line["stride"]);
    c.settings.padding = padding_of(line["padding"]);
    c.settings.output_padding = line["output_padding"].get<std::vector<Index>>();
    c.settings.dilation = line["dilation"].get<std::vector<Index>>();
    c.settings.groups = line["groups"].get<Index>();
    c.code = tensor_of(line["input_shape"], line["input"]);
    c.weight = tensor_of(line["weight_shape"], line["weight"]);
    c.image = tensor_of(line["output_shape"], line["result"]);
    if (!line["bias"].is_null()) c.bias = line["bias"].get<std::vector<double>>();
  } else if (system == "tensorflow") {
    const auto shape = line["output_shape"].get<Shape>();
    c.settings.stride = strides_of(line["strides"]);
    c.settings.padding = padding_of(line["padding"]);
    c.settings.size = Shape{shape[1], shape[2]};
    c.code = tensor_of(line["input_shape"], line["input"]);
    c.weight = tensor_of(line["filter_shape"], line["filter"]);
    c.image = tensor_of(line["output_shape"], line["result"]);
  } else {
    const auto shape = line["input_shape"].get<Shape>();
    c.settings.stride = strides_of(line["subsample"]);
    c.settings.padding = padding_of(line["border_mode"]);
    c.settings.dilation = line["filter_dilation"].get<std::vector<Index>>();
    c.settings.groups = line["groups"].get<Index>();
    c.settings.size = Shape{shape[2], shape[3]};
    c.code = tensor_of(line["output_grad_shape"], line["output_grad"]);
    c.weight = tensor_of(line["filter_shape"], line["filters"]);
    c.image = tensor_of(line["input_shape"], line["result"]);
    c.settings.flip = line["filter_flip"].get<bool>();
  }
  return c;
}

struct Result {
  Geometry geometry;
  Tensor<double> image;  // in the system's order
};

Result compute(const Case& c) {
  const std::size_t rank = c.weight.shape().size() - 2;
  const ArrayOrder order = array_order(c.convention, Direction::conv_transpose, rank, c.settings);
  const auto code = activation_from(order.code, c.code);
  const auto weight = weight_from(order, c.weight);
  const ArraySizes sizes{space_of(c.code.shape(), order, true), space_of(c.weight.shape(), order, false),
                         weight.shape()[1] * c.settings.groups.value_or(1), weight.shape()[0]};
  Result result{geometry_of(c.convention, Direction::conv_transpose, sizes, c.settings), {}};
  auto image = conv_transpose(form_named<double>("gather"), result.geometry, code, weight);
  const Index pixels = image.size() / (image.shape()[0] * image.shape()[1]);
  if (!c.bias.empty())
    for (Index at = 0; at < image.size(); ++at)
      image[at] += c.bias[static_cast<std::size_t>(at / pixels % image.shape()[1])];
  result.image = activation_to(order.image, image);
  return result;
}

template <class F>
Index for_each_case(F&& f) {
  Index cases = 0;
  for (const char* system : {"pytorch", "tensorflow", "theano"}) {
    std::ifstream lines(fmt::format("{}/tests/vectors/{}.jsonl", FSCONV_SOURCE_DIR, system));
    Index number = 0;
    for (std::string line; std::getline(lines, line);) {
      INFO(system << " line " << ++number << ": " << line.substr(0, 300));
      f(json::parse(line));
      ++cases;
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("convention: every recorded result of the frameworks is reproduced bit for bit") {
  const Index cases = for_each_case([](const json& line) {
    const Case c = read_case(line);
    const Result result = compute(c);
    CHECK(result.image.shape() == c.image.shape());
    CHECK(result.image == c.image);
  });
  CHECK(cases >= 156);
}

TEST_CASE("convention: a wrong rule is caught by the recorded results") {
  // What the rules are easily mistaken for: the SAME pads swapped, and a filter that is not (or is) flipped.
  Index swapped_differ = 0, unflipped_differ = 0;
  for_each_case([&](const json& line) {
    Case c = read_case(line);
    if (line["system"] == "tensorflow" && line["padding"] == "same") {
      Result result = compute(c);
      for (Axis& axis : result.geometry.axes) axis.pad = std::max<Index>(axis.pad_end(), 0);
      const ArrayOrder order = array_order(c.convention, Direction::conv_transpose, 2);
      const auto image = conv_transpose(form_named<double>("gather"), result.geometry,
                                        activation_from(order.code, c.code), weight_from(order, c.weight));
      swapped_differ += activation_to(order.image, image) != c.image;
    }
    if (line["system"] == "theano") {
      c.settings.flip = !*c.settings.flip;
      unflipped_differ += compute(c).image != c.image;
    }
  });
  CHECK(swapped_differ > 5);
  CHECK(unflipped_differ > 35);
}
