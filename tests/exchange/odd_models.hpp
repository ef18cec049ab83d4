// Autoencoders of one map whose windows lie as no option of fsconv train puts them: cropped images, unread edges, any number
// of axes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/models.hpp>
#include <string>
#include <vector>

namespace fsconv::test {

// image -> conv1 -> a linear layer -> its transpose.
struct OddCode {
  ParameterId conv;  // the weight of conv1
  ValueId z;         // what the linear layer makes: 3 numbers
  ValueId decoded;   // of the shape of conv1's code
};

inline OddCode odd_code(ModelBuilder& m, const Geometry& geometry) {
  const Shape image = geometry.image_shape(), code = geometry.code_shape();
  const Geometry linear = linear_geometry(code[1], Shape(code.begin() + 2, code.end()), 3);
  ValueId h = m.image(image[1], Shape(image.begin() + 2, image.end()));
  const ParameterId conv = m.weight("conv1", geometry, 1), conv_bias = m.bias("conv1_bias", {code[1]});
  h = m.conv(h, geometry, conv, conv_bias, Activation::tanh);
  const ParameterId dense = m.weight("linear", linear, 1), dense_bias = m.bias("linear_bias", {3});
  const ValueId z = m.conv(h, linear, dense, dense_bias, Activation::linear);
  const ParameterId back = m.bias("linear_transpose_bias", Shape(code.begin() + 1, code.end()));
  return {conv, z, m.conv_transpose(z, linear, dense, back, Activation::tanh)};
}

// ... -> the transpose of conv1 -> image; its weight is shared or not.
inline Model odd_model(const std::vector<Axis>& axes, bool tied, Index groups = 1) {
  const Geometry geometry{
      .axes = axes, .in_channels = 2 * groups, .out_channels = 3 * groups, .groups = groups};
  ModelBuilder m;
  const OddCode code = odd_code(m, geometry);
  const ParameterId own = tied ? code.conv : m.weight("conv1_transpose", geometry, 1);
  const ParameterId bias = m.bias("conv1_transpose_bias", {geometry.image_shape()[1]});
  const ValueId h = m.conv_transpose(code.decoded, geometry, own, bias, Activation::linear);
  return m.finish({Reconstruction{.output = h, .likelihood = Likelihood::bce_grey}}, OverDraws::mean, code.z);
}

// Unequal strides and sizes, output_padding, asymmetric and negative padding, dilation, strides beyond the taps, one tap,
// fractions.
inline std::vector<Axis> odd_axes() {
  std::vector<Axis> list;
  for (const Index taps : {1, 2, 3})
    for (const Index down : {1, 2, 3})
      for (const Index up : {1, 2})
        for (const Index dilation : {1, 2})
          for (const Index pad : {-3, -1, 0, 2})
            for (const Index out : {1, 2, 4})
              for (const Index in : {4, 7}) list.push_back({in, out, taps, down, up, dilation, pad});
  return list;
}

}  // namespace fsconv::test
