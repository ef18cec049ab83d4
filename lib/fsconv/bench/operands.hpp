// The arrays that an operation reads, and whether what it makes of them is right.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/forms/form.hpp>
#include <map>
#include <optional>
#include <string>

namespace fsconv::bench {

struct Operands {
  Tensor<float> image, code, weight;  // [batch, in_channels, in...], [batch, out_channels, out...], weight

  Index batch() const { return image.shape()[0]; }
};

// Of what the operation gives: [batch, out_channels, out...], [batch, in_channels, in...] or the weight's.
Shape result_shape(const Geometry& geometry, Op op, Index batch);

// Random reals in [-1, 1).
Operands random_operands(const Geometry& geometry, Index batch, std::uint64_t seed);

// Integers so small that they are exact in BFloat16 and every sum in float, and what must come out, bit by
// bit. Only the first and the last image of the batch are not zero, so that the reference needs two images,
// while a form that is checked runs the whole batch as when it is timed. For `tiled` algorithms they are -1, 0 and 1: on their
// way numbers grow by the sums of their matrices' entries, 15^2 for F(4,2) on two axes, and the tile's scale, 36, before it is
// divided out. The reference is im2col in double,
// and batched for im2col itself: a form shall not be its own witness. That both follow the definition is what
// `fsconv verify` checks; here it must be fast.
class ExactReference {
 public:
  // Throws InvalidArgument where sums are so long that floats hold no integers large enough for them.
  ExactReference(const Geometry& geometry, Index batch, std::uint64_t seed, bool tiled = false);

  const Operands& operands() const { return operands_; }

  // The first element of a form's result that is wrong, in words; nothing where all are right. `rounded`: the
  // form rounds to BFloat16 what is not a gradient, and so is what it is compared with. A single product too
  // many or too few still shows: it moves a sum of n by about 256/sqrt(n) units in the last place.
  std::optional<std::string> difference(Op op, std::string_view form, const Tensor<float>& result,
                                        bool rounded = false) const;

 private:
  const Tensor<double>& expected(Op op, std::string_view reference) const;

  Geometry geometry_;
  Operands operands_;
  Tensor<double> image_, code_, weight_;  // of the images that are not zero
  mutable std::map<std::pair<Op, std::string>, Tensor<double>> expected_;
};

}  // namespace fsconv::bench
