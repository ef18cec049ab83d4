// What the demonstrations of false beliefs are made of: small numbers on one axis or two.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/beliefs/beliefs.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <span>

namespace fsconv::belief {

// The variables of a counterexample.
class Values {
 public:
  // Throws InvalidArgument where a value is too large to be shown: nothing below overflows or runs long.
  explicit Values(const Counterexample& values);
  // Throws InvalidArgument where there is none of this name.
  Index operator[](std::string_view name) const;

 private:
  Counterexample values_;
};

struct Belief {
  std::string_view name;
  Demonstration (*show)(const Values&);
};

std::span<const Belief> about_the_operator();
std::span<const Belief> about_sizes();
std::span<const Belief> about_checkerboards();

// Throws InvalidArgument where a belief's hypothesis does not hold: then nothing is refuted.
void presuppose(bool holds, std::string_view hypothesis);

// taps, down and dilation; sizes 1 and no padding, to be filled in. And with in, out and pad.
Axis filter_of(const Values& v);
Axis axis_of(const Values& v);

// The same filter and stride with other sizes and padding.
Axis with(Axis axis, Index in, Index out, Index pad);

// One axis, one channel: every array but those of about_checkerboards.cpp is made for such a geometry. Throws InvalidArgument where the axis is
// not legal.
Geometry line(const Axis& axis);

// Arrays [1, 1, pixels]. pixels: 1, 10, 100, ... (1, 2, 3, ... where a double does not hold as many digits);
// weights: 1, 2, 3, ...
Tensor<double> array(std::vector<double> values);
Tensor<double> pixels(Index count);
Tensor<double> weights(Index taps);
Tensor<double> ones(Index count);

// conv_transpose of pixels() by weights(), and conv of them to a code of `code` pixels (below 1: no pixels).
Tensor<double> transposed(const Axis& axis);
Tensor<double> convolved(const Axis& axis, Index code);

// "[1 10 12]", of two axes "[[1 10] [12 0]]"
std::string numbers(const Tensor<double>& values);
// "ic1oc1i2o1k2: code [1], weights [1 2]", for these arrays and for those of transposed() and convolved().
std::string setting(const Geometry& geometry, std::string_view source, const Tensor<double>& values,
                    const Tensor<double>& weight);
std::string code_setting(const Axis& axis);
std::string image_setting(const Axis& axis);
// "label: 2 pixels"
std::string of_pixels(std::string_view label, Index size);

}  // namespace fsconv::belief
