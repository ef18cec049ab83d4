// Claims about checkerboards: what a flat code gives, and that filters with equal phase sums are resize-convolutions.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/forms/layout.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv::claim {
namespace {

// Whether every tap whose place divides by the stride comes from a code pixel that exists.
bool is_interior(const Axis& axis, Index i) {
  for (Index k = 0; k < axis.taps; ++k) {
    const Index position = axis.up * i + axis.pad - axis.dilation * k;
    if (positive_mod(position, axis.down) != 0) continue;
    if (position < 0 || position / axis.down >= axis.out) return false;
  }
  return true;
}

bool is_zero(double value) { return value == 0; }
bool is_zero(const Polynomial& value) { return equal(value, Polynomial(0)); }
template <class T>
bool is_zero(const Tensor<T>& values) {
  return std::all_of(values.begin(), values.end(), [](const T& value) { return is_zero(value); });
}

// One number for each image and channel of the code: its first pixel's.
template <class T>
Tensor<T> flattened(const Tensor<T>& code) {
  Tensor<T> flat = code;
  const Index pixels = code.size() / (code.shape()[0] * code.shape()[1]);
  for (Index at = 0; at < flat.size(); ++at) flat[at] = code[at / pixels * pixels];
  return flat;
}

// sum over co of code[co] * g[co, ci, phase of the pixel], at the pixels.
template <class T>
Tensor<T> of_phase_sums(const Geometry& geometry, const std::vector<Index>& pixels, const Tensor<T>& code,
                        const Tensor<T>& weight) {
  const Layout at(geometry);
  const Tensor<T> sums = checkerboard::phase_sums(geometry, weight);
  Index3 phases;
  for (std::size_t axis = 0; axis < 3; ++axis) phases[axis] = at.axes[axis].down;
  const Index batch = code.shape()[0], count = static_cast<Index>(pixels.size());
  Tensor<T> image({batch, at.in_channels, count});
  for (Index pixel = 0; pixel < count; ++pixel) {
    Index rest = pixels[static_cast<std::size_t>(pixel)];
    Index3 phase;
    for (std::size_t axis = 3; axis-- > 0; rest /= at.in[axis])
      phase[axis] = fsconv::checkerboard::phase_of(at.axes[axis], rest % at.in[axis]);
    for (Index n = 0; n < batch; ++n)
      for_each_channel_pair(at, [&](Index co, Index ci) {
        image[(n * at.in_channels + ci) * count + pixel] +=
            sums[(co * at.in_per_group + ci % at.in_per_group) * volume(phases) + flatten(phase, phases)] *
            code[at.code(n, co, {0, 0, 0})];
      });
  }
  return image;
}

template <class T>
FlatCode<T> flat_code_of(const Trial<T>& t) {
  const Layout at(t.geometry);
  FlatCode<T> flat{.code = flattened(t.code), .pixels = {}, .image = {}};
  for_each_position(at.in, [&](const Index3& i) {
    bool interior = true;
    for (std::size_t axis = 0; axis < 3; ++axis) interior = interior && is_interior(at.axes[axis], i[axis]);
    if (interior) flat.pixels.push_back(flatten(i, at.in));
  });
  flat.image.values = of_phase_sums(t.geometry, flat.pixels, flat.code, t.weight);
  flat.image.terms = volume(at.taps) * at.out_per_group;
  if constexpr (std::is_same_v<T, double>)
    if (t.sample.method == Method::numeric)
      flat.image.magnitude = of_phase_sums(t.geometry, flat.pixels, absolute(flat.code), absolute(t.weight));
  return flat;
}

// Small integers that are never 0, as many as a shape has.
Tensor<double> small_integers(const Shape& shape, Index start) {
  constexpr double few[] = {1, -2, 3, 2, -1, -3, 1};
  Tensor<double> values(shape);
  for (Index at = 0; at < values.size(); ++at) values[at] = few[(start + at) % 7];
  return values;
}

// Symbols: every filter with equal sums at once, its free taps being the symbols. Numbers: small integers.
template <class T>
ResizedCode<T> resized_code_of(const Trial<T>& t) {
  const Geometry& g = t.geometry;
  Shape chosen{g.out_channels, g.in_per_group()};
  for (const Axis& axis : g.axes) chosen.push_back(checkerboard::free_taps(axis));
  ResizedCode<T> r;
  if (element_count(chosen) == 0) {
    r.skipped = "too few taps for the stride: only the filter of zeros has equal phase sums";
    return r;
  }
  if constexpr (std::is_same_v<T, double>) {
    r.code = small_integers(t.code.shape(), 1);
    r.weight = checkerboard::with_equal_sums(g, small_integers(chosen, 0));
  } else {
    r.code = t.code;
    r.weight = checkerboard::with_equal_sums(g, symbols(Symbol::weight, chosen));
  }
  for (const Tensor<T>& remainder : checkerboard::remainders(g, r.weight))
    r.divides = r.divides && is_zero(remainder);
  r.plain = checkerboard::plain_conv(g);
  r.plain_weight = checkerboard::plain_weight(g, checkerboard::resize_filter(g, r.weight));
  r.upsampled = checkerboard::nearest(g, r.code);
  r.image.values = t.definition.conv_transpose(r.code, r.weight);
  // Numeric allows for no rounding: these integers are exact in every form.
  if constexpr (std::is_same_v<T, double>) r.image.magnitude = Tensor<double>(r.image.values.shape());
  return r;
}

// Whether numbers and sums are integers that the form holds exactly.
bool is_exact(const Trial<double>& t, const ResizedCode<double>& r) {
  const auto largest = [](const Tensor<double>& values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  };
  const double operand = std::max({largest(r.code), largest(r.weight), largest(r.plain_weight)});
  const double sum = largest(r.code) * largest(r.plain_weight) *
                     static_cast<double>(r.plain_weight.size() / t.geometry.in_channels);
  const double transposed =
      largest(r.code) * largest(r.weight) * static_cast<double>(t.definition.longest_transposed_sum());
  return operand <= std::ldexp(1.0, t.form.bits.operands) &&
         std::max(sum, transposed) <= std::ldexp(1.0, t.form.bits.sums);
}
bool is_exact(const Trial<Polynomial>&, const ResizedCode<Polynomial>&) { return true; }

}  // namespace

// A code that is flat in every channel gives every pixel away from the borders the sums of the filters' taps by phase.
// Near the borders some of these taps have no code pixel.
template <class T>
Outcome checkerboard(const Trial<T>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv_transpose})) return *skipped;
  const FlatCode<T>& flat = t.sample.flat_code.get([&] { return flat_code_of(t); });
  if (flat.pixels.empty()) return {Verdict::skipped, 0, "every pixel is near a border"};
  if (!t.sample.first && is_zero(flat.code)) return {};  // of the probes with a single pixel: 0 = 0
  const Tensor<T> image = t.maps.conv_transpose(t.geometry, flat.code, t.weight);
  Tensor<T> interior(flat.image.values.shape());
  const Index count = interior.shape()[2], pixels = image.size() / (interior.size() / count);
  for (Index at = 0; at < interior.size(); ++at)
    interior[at] = image[at / count * pixels + flat.pixels[static_cast<std::size_t>(at % count)]];
  return t.compare(interior, flat.image);
}

// Along every axis W = filter * (1 + z + ... + z^(s-1)): both roads, the form's transposed convolution and nearest
// upsampling with the form's plain conv behind it, against the definition.
template <class T>
Outcome resize(const Trial<T>& t) {
  const ResizedCode<T>& r = t.sample.resized_code.get([&] { return resized_code_of(t); });
  if (!r.skipped.empty()) return {Verdict::skipped, 0, r.skipped};
  if (!r.divides) return {Verdict::fails, 1, "the box does not divide a filter with equal phase sums"};
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv_transpose})) return *skipped;
  if (const auto skipped = skip_unless_supported(t, r.plain, {Op::conv})) return *skipped;
  if (!is_exact(t, r)) return {Verdict::skipped, 0, "the filter's numbers do not stay exact in this form"};
  const Outcome direct = t.compare(t.maps.conv_transpose(t.geometry, r.code, r.weight), r.image);
  if (direct.verdict != Verdict::holds) return direct;
  return t.compare(t.maps.conv(r.plain, r.upsampled, r.plain_weight), r.image);
}

#define FSCONV_INSTANTIATE(T)                     \
  template Outcome checkerboard(const Trial<T>&); \
  template Outcome resize(const Trial<T>&);
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(Polynomial)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::claim
