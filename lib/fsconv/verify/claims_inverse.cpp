// The belief that a transposed convolution undoes a convolution, and its refutation on every form.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/array.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv::claim {

// W^T W = I would make conv_transpose the inverse of conv. Its diagonal is a sum of squares of weights; with
// weights of +-2 it is never 1. The counterexample is a unit image, at a pixel that is read if there is one;
// the form must bring back what the definition says, or it has refuted nothing.
Outcome inverse(const Trial<double>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv, Op::conv_transpose}))
    return *skipped;
  Tensor<double> weight(t.geometry.weight_shape());
  for (Index at = 0; at < weight.size(); ++at) weight[at] = at % 2 == 0 ? 2 : -2;
  const Index pixel = t.definition.entries().empty() ? 0 : t.definition.entries().front().column;
  Tensor<double> unit(t.geometry.image_shape());
  unit[pixel] = 1;
  const Tensor<double> back =
      t.maps.conv_transpose(t.geometry, t.maps.conv(t.geometry, unit, weight), weight);
  // Small integers: exact in every form.
  const Tensor<double> expected = t.definition.conv_transpose(t.definition.conv(unit, weight), weight);
  if (back != expected) return {Verdict::fails, 1, "W^T W x is not what the definition says"};
  if (back == unit) return {Verdict::fails, 1, "W^T W x = x for a unit image"};
  return {Verdict::refuted, 0,
          fmt::format("weights +-2, x = 1 at {} and 0 elsewhere: W^T W x is {} there",
                      position_text(unit.shape(), pixel), back[pixel])};
}

// A column of W^T W as polynomials in the weights: the identity would need 1 on its diagonal whatever the
// weights are, and there stands a sum of products of two weights.
Outcome inverse(const Trial<Polynomial>& t) {
  const Tensor<Polynomial> other = symbols(Symbol::second_weight, t.geometry.weight_shape());
  const Index pixel = t.definition.entries().empty() ? 0 : t.definition.entries().front().column;
  Tensor<Polynomial> unit(t.geometry.image_shape());
  unit[pixel] = Polynomial(1);
  // The transpose is given weights of its own name, v = w: a product of symbols takes each array once.
  const Tensor<Polynomial> back =
      t.maps.conv_transpose(t.geometry, t.maps.conv(t.geometry, unit, t.weight), other);
  const Tensor<Polynomial> expected = t.definition.conv_transpose(t.definition.conv(unit, t.weight), other);
  for (Index at = 0; at < back.size(); ++at)
    if (!equal(back[at], expected[at])) return {Verdict::fails, 1, "W^T W x is not what the definition says"};
  if (equal(back[pixel], Polynomial(1))) return {Verdict::fails, 1, "W^T W x = x for a unit image"};
  std::string words = text(back[pixel], [](Symbol, Index element) { return fmt::format("w{}", element); });
  constexpr std::size_t longest = 60;
  if (words.size() > longest) words = words.substr(0, words.rfind('+', longest)) + "+ ...";
  return {Verdict::refuted, 0,
          fmt::format("x = 1 at {} and 0 elsewhere gives W^T W x = {} there, a polynomial that is not 1",
                      position_text(unit.shape(), pixel), words)};
}

}  // namespace fsconv::claim
