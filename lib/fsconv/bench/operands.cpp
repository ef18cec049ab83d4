// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/bench/operands.hpp>
#include <fsconv/engine/bfloat16.hpp>

namespace fsconv::bench {
namespace {

// The largest a for which no sum of products of integers in [-a, a] reaches 2^24, where floats have gaps.
Index largest_integer(const Geometry& geometry, Index images) {
  Index taps = 1, code_pixels = 1;
  for (const Axis& axis : geometry.axes) {
    taps *= axis.taps;
    code_pixels *= axis.out;
  }
  const Index longest =
      std::max({geometry.in_per_group() * taps, geometry.out_per_group() * taps, images * code_pixels});
  constexpr double exact = 1 << 24, most = 127;  // 8 bits
  const auto largest =
      static_cast<Index>(std::min(most, std::sqrt((exact - 1) / static_cast<double>(longest))));
  if (largest < 1)
    throw InvalidArgument("geometry",
                          fmt::format("sums {} products: too many to be checked in float", longest));
  return largest;
}

// One or two images as the first and the last of a batch of zeros.
Tensor<float> at_both_ends(const Tensor<double>& images, Index batch) {
  Shape shape = images.shape();
  const Index count = shape[0], size = images.size() / count;
  shape[0] = batch;
  Tensor<float> all(shape);
  for (Index n = 0; n < count; ++n)
    std::transform(images.begin() + n * size, images.begin() + (n + 1) * size,
                   all.begin() + (n == 0 ? 0 : batch - 1) * size,
                   [](double value) { return static_cast<float>(value); });
  return all;
}

}  // namespace

Shape result_shape(const Geometry& geometry, Op op, Index batch) {
  return op == Op::conv             ? geometry.code_shape(batch)
         : op == Op::conv_transpose ? geometry.image_shape(batch)
                                    : geometry.weight_shape();
}

Operands random_operands(const Geometry& geometry, Index batch, std::uint64_t seed) {
  Random random(seed);
  Operands operands;
  operands.image = random_reals<float>(geometry.image_shape(batch), random);
  operands.code = random_reals<float>(geometry.code_shape(batch), random);
  operands.weight = random_reals<float>(geometry.weight_shape(), random);
  return operands;
}

ExactReference::ExactReference(const Geometry& geometry, Index batch, std::uint64_t seed, bool tiled)
    : geometry_(geometry) {
  Random random(seed);
  const Index images = std::min<Index>(batch, 2), most = largest_integer(geometry, images);
  const Index largest = tiled ? 1 : most;
  image_ = random_integers<double>(geometry.image_shape(images), largest, random);
  code_ = random_integers<double>(geometry.code_shape(images), largest, random);
  weight_ = random_integers<double>(geometry.weight_shape(), largest, random);
  operands_ = {.image = at_both_ends(image_, batch),
               .code = at_both_ends(code_, batch),
               .weight = cast<float>(weight_)};
}

const Tensor<double>& ExactReference::expected(Op op, std::string_view reference) const {
  auto [found, is_new] = expected_.try_emplace({op, std::string(reference)});
  if (is_new) {
    const Form<double>& form = form_named<double>(reference);
    found->second = op == Op::conv             ? conv(form, geometry_, image_, weight_)
                    : op == Op::conv_transpose ? conv_transpose(form, geometry_, code_, weight_)
                                               : weight_gradient(form, geometry_, code_, image_);
  }
  return found->second;
}

std::optional<std::string> ExactReference::difference(Op op, std::string_view form,
                                                      const Tensor<float>& result, bool rounded) const {
  const Tensor<double>& right = expected(op, form == "im2col" ? "batched" : "im2col");
  Tensor<float> all = op == Op::weight_gradient ? cast<float>(right) : at_both_ends(right, operands_.batch());
  if (rounded && op != Op::weight_gradient)
    for (float& value : all) value = engine::number(engine::rounded<engine::BFloat16>(value));
  if (result.shape() != all.shape())
    return fmt::format("the result has shape [{}] instead of [{}]", fmt::join(result.shape(), ", "),
                       fmt::join(all.shape(), ", "));
  const auto [wrong, wanted] = std::mismatch(result.begin(), result.end(), all.begin());
  if (wrong == result.end()) return std::nullopt;
  return fmt::format("{} gives {} instead of {} at element {} of {}", name(op), *wrong, *wanted,
                     wrong - result.begin(), result.size());
}

}  // namespace fsconv::bench
