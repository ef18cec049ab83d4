// The form scatter: every source pixel adds its products to the results it reaches.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/forms/layout.hpp>
#include <numeric>

namespace fsconv::scatter {

// A pair (i, o) is joined by at most one tap, k = (up*i + pad - down*o) / dilation: the entry of W in row o
// and column i. This form finds taps that way, dividing by the dilation, where gather divides by the stride: the o for
// which nothing remains are `step` apart, or there is none.
struct Pair {
  Index i, o, k;
};

// Calls f(pair) for every joined pair of one axis, image pixel by image pixel.
template <class F>
void for_each_pair(const Axis& axis, F&& f) {
  const Index common = std::gcd(axis.down, axis.dilation), step = axis.dilation / common;
  const Index inverse = inverse_modulo(axis.down / common, step);
  for (Index i = 0; i < axis.in; ++i) {
    const Index centre = axis.up * i + axis.pad;  // down*o runs from centre - (extent-1) to centre
    if (centre % common != 0) continue;
    const Index residue = positive_mod(centre / common, step) * inverse % step;  // of o modulo step
    const Index first = std::max<Index>(ceil_div(centre - axis.extent() + 1, axis.down), 0);
    const Index last = std::min(floor_div(centre, axis.down), axis.out - 1);
    for (Index o = first + positive_mod(residue - first, step); o <= last; o += step)
      f(Pair{.i = i, .o = o, .k = (centre - axis.down * o) / axis.dilation});
  }
}

// Calls f(i, o, k) for every joined pair of pixels of the three axes.
template <class F>
void for_each_pair(const std::array<Axis, 3>& axes, F&& f) {
  for_each_pair(axes[0], [&](const Pair& a) {
    for_each_pair(axes[1], [&](const Pair& b) {
      for_each_pair(axes[2], [&](const Pair& c) {
        f(Index3{a.i, b.i, c.i}, Index3{a.o, b.o, c.o}, Index3{a.k, b.k, c.k});
      });
    });
  });
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    for_each_pair(at.axes, [&](const Index3& i, const Index3& o, const Index3& k) {
      for_each_channel_pair(at, [&](Index co, Index ci) {
        code[at.code(n, co, o)] += weight[at.weight(co, ci, k)] * image[at.image(n, ci, i)];
      });
    });
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  for (Index n = 0; n < batch; ++n)
    for_each_pair(at.axes, [&](const Index3& i, const Index3& o, const Index3& k) {
      for_each_channel_pair(at, [&](Index co, Index ci) {
        image[at.image(n, ci, i)] += weight[at.weight(co, ci, k)] * code[at.code(n, co, o)];
      });
    });
  return image;
}

template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  Tensor<T> gradient(geometry.weight_shape());
  for (Index n = 0; n < batch; ++n)
    for_each_pair(at.axes, [&](const Index3& i, const Index3& o, const Index3& k) {
      for_each_channel_pair(at, [&](Index co, Index ci) {
        gradient[at.weight(co, ci, k)] += code[at.code(n, co, o)] * image[at.image(n, ci, i)];
      });
    });
  return gradient;
}

}  // namespace fsconv::scatter
