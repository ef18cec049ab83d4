// Collects an ONNX graph node by node, and knows the functions that work number by number.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/onnx_graph.hpp>
#include <fsconv/nn/activation.hpp>
#include <fsconv/nn/likelihood.hpp>
#include <set>
#include <string>
#include <vector>

namespace fsconv {

class OnnxBuilder {
 public:
  using Integers = std::vector<Index>;
  using Floats = std::vector<float>;

  // The node's output, of every image an array of this shape. It is called "MODULE/OPERATION", with a number where there
  // are several.
  OnnxValue node(const std::string& operation, std::vector<std::string> inputs, Shape shape,
                 std::vector<OnnxAttribute> attributes = {});

  // The name of numbers that belong to the next node: "MODULE/what".
  std::string constant(const std::string& what, Integers values);
  std::string constant(const std::string& what, Floats values, Shape shape = {});

  OnnxValue activated(const OnnxValue& value, Activation activation);
  // As expected_pixel() of nn/likelihood.hpp.
  OnnxValue expected_pixels(const OnnxValue& z, Likelihood likelihood);

 protected:
  OnnxGraph graph_;
  std::string module_;  // whose nodes are being made

 private:
  std::string unused_name(const std::string& wanted);
  OnnxValue continuous_bernoulli_mean(const OnnxValue& z);

  std::set<std::string> used_;
};

}  // namespace fsconv
