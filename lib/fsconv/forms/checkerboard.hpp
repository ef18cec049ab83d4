// Checkerboards exactly: the phase sums of a filter, the filters whose sums are equal, and the plain filter in them.
//
// Along one axis of a transposed convolution, stride s = down, a constant code gives image pixel i, away from the
// borders, the sum of the taps that meet it: those with dilation*k = up*i + pad modulo s. These are s numbers, the
// phase sums g_0 ... g_{s-1}, and the image repeats them every s/gcd(s, up) pixels. With W(z) = sum of w_k z^(dilation*k)
// and the box B(z) = 1 + z + ... + z^(s-1):
//
//     all g_r are equal  <=>  B divides W  <=>  conv_transpose(y, w) = conv(nearest(y), W/B) for all y,
//
// where nearest() repeats every code pixel s times and W/B has dilation*(taps-1) + 1 - (s-1) taps. Where that is
// less than 1, only the filter of zeros has equal sums. Where up and s share a factor, some phases meet no pixel, and
// their sums are nobody's matter. Of several axes the sums of all s^N phases may be equal though W is no multiple of a
// box: then flat codes stay flat, and edges still get a pattern. Source: [ODO16]; Sugawara, Shiota, Kiya 2018 (arXiv
// 1806.02658); proofs/coq/Checkerboard.v. Everything here is a template of the scalar but for the projections.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/base/names.hpp>
#include <fsconv/forms/layout.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace fsconv::checkerboard {

// The phase of an image pixel, and whether any pixel has phase r.
inline Index phase_of(const Axis& axis, Index i) { return positive_mod(axis.up * i + axis.pad, axis.down); }
inline bool is_met(const Axis& axis, Index r) {
  return positive_mod(r - axis.pad, axis.stride_factor()) == 0;
}

// Every line of `array` along one of its axes, replaced by change(line), all of the same length `length`.
template <class T, class Change>
Tensor<T> on_lines(const Tensor<T>& array, std::size_t axis, Index length, Change change) {
  Shape shape = array.shape();
  const Index old_length = std::exchange(shape[axis], length);
  Index inner = 1;
  for (std::size_t after = axis + 1; after < shape.size(); ++after) inner *= shape[after];
  Tensor<T> changed(shape);
  const Index lines = old_length == 0 ? 0 : array.size() / old_length;
  std::vector<T> line(static_cast<std::size_t>(old_length), T(0));
  for (Index at = 0; at < lines; ++at) {
    const Index outer = at / inner, offset = at % inner;
    for (Index j = 0; j < old_length; ++j)
      line[static_cast<std::size_t>(j)] = array[(outer * old_length + j) * inner + offset];
    const std::vector<T> result = change(std::as_const(line));
    for (Index j = 0; j < length; ++j)
      changed[(outer * length + j) * inner + offset] = result[static_cast<std::size_t>(j)];
  }
  return changed;
}

// The sums of taps by dilation*k modulo down, on every axis: g_r.
// weight   [out_channels, in_channels/groups, taps...]
// returns  [out_channels, in_channels/groups, down...]
template <class T>
Tensor<T> phase_sums(const Geometry& geometry, const Tensor<T>& weight) {
  const Layout at(geometry);
  Index3 phases;
  Shape shape{geometry.out_channels, geometry.in_per_group()};
  for (std::size_t axis = 0; axis < 3; ++axis) phases[axis] = at.axes[axis].down;
  for (const Axis& axis : geometry.axes) shape.push_back(axis.down);
  Tensor<T> sums(shape, "phase sums");
  const Index filter = volume(at.taps), count = volume(phases);
  for_each_position(at.taps, [&](const Index3& k) {
    Index3 r;
    for (std::size_t axis = 0; axis < 3; ++axis) r[axis] = at.axes[axis].dilation * k[axis] % phases[axis];
    const Index tap = flatten(k, at.taps), phase = flatten(r, phases);
    for (Index pair = 0; pair * filter < weight.size(); ++pair)
      sums[pair * count + phase] += weight[pair * filter + tap];
  });
  return sums;
}

// a*b as polynomials in z, lowest power first; b has integer coefficients.
template <class T>
std::vector<T> product(const std::vector<T>& a, const std::vector<Index>& b) {
  std::vector<T> c(a.size() + b.size() - 1, T(0));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j)
      if (b[j] != 0) c[i + j] += b[j] == 1 ? a[i] : T(b[j]) * a[i];
  return c;
}

// Division by 1 + z + ... + z^(s-1), from the highest power down: `filter` has max(0, n-s+1) coefficients, and the
// remainder s-1, which are g_r - g_{s-1} of the phase sums, r = 0 ... s-2.
template <class T>
struct BoxQuotient {
  std::vector<T> filter, remainder;
};
template <class T>
BoxQuotient<T> divided_by_box(std::vector<T> line, Index s) {
  const auto width = static_cast<std::size_t>(s), n = line.size();
  BoxQuotient<T> result;
  if (n >= width) result.filter.assign(n - width + 1, T(0));
  for (std::size_t j = result.filter.size(); j-- > 0;) {
    const T factor = line[j + width - 1];
    for (std::size_t r = 0; r < width; ++r) line[j + r] += T(-1) * factor;
    result.filter[j] = factor;
  }
  line.resize(width - 1, T(0));
  result.remainder = std::move(line);
  return result;
}

// The taps of a line `dilation` apart, with zeros between.
template <class T>
std::vector<T> spread(const std::vector<T>& taps, Index dilation) {
  std::vector<T> line(taps.empty() ? 0 : (taps.size() - 1) * static_cast<std::size_t>(dilation) + 1, T(0));
  for (std::size_t k = 0; k < taps.size(); ++k) line[k * static_cast<std::size_t>(dilation)] = taps[k];
  return line;
}

// The polynomial whose multiples are the filters with equal phase sums, lowest power first: 1 + z + ... + z^(s-1) where
// stride s and dilation share no factor; else, with gcd c, some phases have no tap, so all sums are 0: 1 - z^(s/c).
inline std::vector<Index> even_factor(const Axis& axis) {
  const Index common = std::gcd(axis.down, axis.dilation);
  if (common == 1) return std::vector<Index>(static_cast<std::size_t>(axis.down), 1);
  std::vector<Index> factor(static_cast<std::size_t>(axis.down / common) + 1, 0);
  factor.front() = 1;
  factor.back() = -1;
  return factor;
}

// How many numbers a filter with equal phase sums has to choose along an axis; 0: only zeros.
inline Index free_taps(const Axis& axis) {
  return std::max<Index>(0, axis.taps - static_cast<Index>(even_factor(axis).size()) + 1);
}

// The filter with equal phase sums along every axis that these numbers choose: [..., free_taps...] -> [..., taps...].
template <class T>
Tensor<T> with_equal_sums(const Geometry& geometry, Tensor<T> chosen) {
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const std::vector<Index> factor = even_factor(geometry.axes[at]);
    chosen = on_lines(chosen, at + 2, geometry.axes[at].taps,
                      [&](const std::vector<T>& line) { return product(line, factor); });
  }
  return chosen;
}

// W/B along every axis: the dense filter of the plain convolution behind the upsampling. What remains of the divisions
// is dropped; remainders() tells whether there is anything. No taps where a filter is too short.
template <class T>
Tensor<T> resize_filter(const Geometry& geometry, Tensor<T> weight) {
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const Axis& axis = geometry.axes[at];
    weight = on_lines(weight, at + 2, std::max<Index>(0, axis.extent() - axis.down + 1),
                      [&](const std::vector<T>& taps) {
                        return divided_by_box(spread(taps, axis.dilation), axis.down).filter;
                      });
  }
  return weight;
}

// The remainders of W along each axis, [..., down-1 in place of that axis' taps, ...]: all zero if and only if the
// transposed convolution is a resize-convolution.
template <class T>
std::vector<Tensor<T>> remainders(const Geometry& geometry, const Tensor<T>& weight) {
  std::vector<Tensor<T>> list;
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const Axis& axis = geometry.axes[at];
    list.push_back(on_lines(weight, at + 2, axis.down - 1, [&](const std::vector<T>& taps) {
      return divided_by_box(spread(taps, axis.dilation), axis.down).remainder;
    }));
  }
  return list;
}

// The code with every pixel repeated `down` times along each axis: [batch, channels, down*out...].
template <class T>
Tensor<T> nearest(const Geometry& geometry, Tensor<T> code) {
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const Axis& axis = geometry.axes[at];
    code = on_lines(code, at + 2, axis.down * axis.out, [&](const std::vector<T>& line) {
      std::vector<T> repeated;
      for (const T& pixel : line) repeated.insert(repeated.end(), static_cast<std::size_t>(axis.down), pixel);
      return repeated;
    });
  }
  return code;
}

// The plain convolution that follows nearest(): its image is the upsampled code, its code the image. Along an axis it
// has extent-down+1 dense taps, stride `up`, and extent-down-pad pixels of padding in front (negative: that many are
// cropped), as much behind as the image's size asks for. Its weight is plain_weight() of resize_filter().
// Throws InvalidArgument "taps" where the filter is shorter than the stride: no taps would be left.
Geometry plain_conv(const Geometry& geometry);
template <class T>
Tensor<T> plain_weight(const Geometry& geometry, const Tensor<T>& resize_filter) {
  return transposed_weight(plain_conv(geometry).transposed(), resize_filter);
}

// What a filter is moved onto.
//   equal_sums  the sums of all phases that meet pixels are equal: a flat code gives a flat image
//   resize      a resize-convolution: equal sums along every axis, so that edges get no pattern, either
enum class Onto { equal_sums, resize };
constexpr auto names_of(Onto) {
  return NameTable<Onto, 2>{"onto", {{{Onto::equal_sums, "equal-sums"}, {Onto::resize, "resize"}}}};
}

// The nearest filter of that kind, for every pair of channels by itself: the orthogonal projection, which changes
// the sum of squares least. Tap k of phase r moves by (c - g_r)/n_r, n_r being the number of taps of its phase, and c
// the one common sum for which the moves are smallest, the mean of g weighted by 1/n_r. Computed in double.
// T is float or double.
template <class T>
Tensor<T> projected(const Geometry& geometry, const Tensor<T>& weight, Onto onto);

// How uneven a filter's phase sums are, of those phases that meet pixels: standard deviation over absolute mean. 0: no
// checkerboard in the image of a flat code, but for what the rounding of T may leave of one; infinite: a pattern around zero.
struct Unevenness {
  double index = 0;    // of all pairs together: sqrt(sum of the variances / sum of the squared means)
  double median = 0;   // over the pairs of channels
  double largest = 0;  // of a pair
};
template <class T>
Unevenness unevenness(const Geometry& geometry, const Tensor<T>& weight);

}  // namespace fsconv::checkerboard
