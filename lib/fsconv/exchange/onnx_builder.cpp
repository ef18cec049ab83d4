// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/exchange/onnx_builder.hpp>

namespace fsconv {

std::string OnnxBuilder::unused_name(const std::string& wanted) {
  std::string name = wanted;
  for (int number = 2; !used_.insert(name).second; ++number) name = fmt::format("{}.{}", wanted, number);
  return name;
}

OnnxValue OnnxBuilder::node(const std::string& operation, std::vector<std::string> inputs, Shape shape,
                            std::vector<OnnxAttribute> attributes) {
  const std::string name = unused_name(module_ + "/" + operation);
  graph_.nodes.push_back({.name = name,
                          .operation = operation,
                          .inputs = std::move(inputs),
                          .output = name,
                          .attributes = std::move(attributes)});
  graph_.between.push_back({name, std::move(shape)});
  return graph_.between.back();
}

std::string OnnxBuilder::constant(const std::string& what, Integers values) {
  const std::string name = unused_name(module_ + "/" + what);
  graph_.constants.push_back({name, {static_cast<Index>(values.size())}, std::move(values)});
  return name;
}

std::string OnnxBuilder::constant(const std::string& what, Floats values, Shape shape) {
  const std::string name = unused_name(module_ + "/" + what);
  graph_.constants.push_back({name, std::move(shape), std::move(values)});
  return name;
}

OnnxValue OnnxBuilder::activated(const OnnxValue& value, Activation activation) {
  const auto plain = [&](const char* operation) { return node(operation, {value.name}, value.shape); };
  switch (activation) {
    case Activation::linear:
      return value;
    case Activation::relu:
      return plain("Relu");
    case Activation::leaky_relu:
      return node("LeakyRelu", {value.name}, value.shape, {{"alpha", static_cast<float>(leak)}});
    case Activation::elu:
      return node("Elu", {value.name}, value.shape, {{"alpha", 1.0f}});
    case Activation::tanh:
      return plain("Tanh");
    case Activation::sigmoid:
      return plain("Sigmoid");
    case Activation::softplus:
      return plain("Softplus");
    case Activation::bounded: {
      const std::string bound = constant("bound", Floats{static_cast<float>(activation_bound)});
      const OnnxValue scaled = node("Div", {value.name, bound}, value.shape);
      const OnnxValue within = node("Tanh", {scaled.name}, value.shape);
      return node("Mul", {within.name, bound}, value.shape);
    }
  }
  return value;
}

// ---- Pixels

// 1/(1 - e^-z) - 1/z as expected_pixel() has it, by a = |z|: 1/2 + sign(z) (1/(1 - e^-a) - 1/a - 1/2), of which near 0 the
// series is taken.
OnnxValue OnnxBuilder::continuous_bernoulli_mean(const OnnxValue& z) {
  const auto number = [&](const char* what, double value) {
    return constant(what, Floats{static_cast<float>(value)});
  };
  const auto make = [&](const char* operation, std::vector<std::string> inputs) {
    return node(operation, std::move(inputs), z.shape).name;
  };
  const std::string half = number("half", 0.5), one = number("one", 1),
                    small = number("small", small_logit<float>);
  const std::string a = make("Abs", {z.name});
  const std::string low = make("Min", {a, small}), square = make("Mul", {low, low});
  std::string series = number("series", -1.0 / 1209600);  // continuous_slope_series()
  for (const double next : {1.0 / 30240, -1.0 / 720, 1.0 / 12})
    series = make("Add", {make("Mul", {series, square}), number("series", next)});
  const std::string near = make("Mul", {low, series});
  const std::string high = make("Max", {a, small}), power = make("Exp", {make("Neg", {high})});
  const std::string closed =
      make("Sub", {make("Reciprocal", {make("Sub", {one, power})}), make("Reciprocal", {high})});
  const std::string far = make("Sub", {closed, half});
  const OnnxValue is_near = node("Less", {a, small}, z.shape);
  graph_.between.pop_back();  // it is no number
  const std::string distance = make("Where", {is_near.name, near, far});
  return node("Add", {make("Mul", {make("Sign", {z.name}), distance}), half}, z.shape);
}

OnnxValue OnnxBuilder::expected_pixels(const OnnxValue& z, Likelihood likelihood) {
  if (likelihood == Likelihood::continuous_bernoulli) return continuous_bernoulli_mean(z);
  if (is_logit(likelihood)) return node("Sigmoid", {z.name}, z.shape);
  const std::string least = constant("least", Floats{0.0f}), most = constant("most", Floats{1.0f});
  return node("Clip", {z.name, least, most}, z.shape);
}

}  // namespace fsconv
