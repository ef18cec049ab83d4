// The form gather: every result collects the products that belong to it. The plainest use of the equation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/forms/layout.hpp>

namespace fsconv::gather {

// The code pixel that tap k joins to image pixel i, by dividing with the stride: down*o = up*i - dilation*k + pad.
inline std::optional<Index> code_at(const Axis& axis, Index i, Index k) {
  const Index position = axis.up * i - axis.dilation * k + axis.pad;
  if (position < 0 || position % axis.down != 0 || position / axis.down >= axis.out) return std::nullopt;
  return position / axis.down;
}

// `at` for each of three axes; nothing if one of them has nothing.
template <class At>
std::optional<Index3> on_every_axis(const std::array<Axis, 3>& axes, const Index3& a, const Index3& b,
                                    At at) {
  Index3 position;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto found = at(axes[axis], a[axis], b[axis]);
    if (!found) return std::nullopt;
    position[axis] = *found;
  }
  return position;
}

// code[co, o] = sum over taps of weight[co, ci, k] * image[ci, i]
template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry.code_shape(batch));
  for_each_position(at.out, [&](const Index3& o) {
    for_each_position(at.taps, [&](const Index3& k) {
      const auto i = on_every_axis(at.axes, o, k, image_at);
      if (!i) return;
      for (Index n = 0; n < batch; ++n)
        for_each_channel_pair(at, [&](Index co, Index ci) {
          code[at.code(n, co, o)] += weight[at.weight(co, ci, k)] * image[at.image(n, ci, *i)];
        });
    });
  });
  return code;
}

// image[ci, i] = sum over taps of weight[co, ci, k] * code[co, o]
template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  for_each_position(at.in, [&](const Index3& i) {
    for_each_position(at.taps, [&](const Index3& k) {
      const auto o = on_every_axis(at.axes, i, k, code_at);
      if (!o) return;
      for (Index n = 0; n < batch; ++n)
        for_each_channel_pair(at, [&](Index co, Index ci) {
          image[at.image(n, ci, i)] += weight[at.weight(co, ci, k)] * code[at.code(n, co, *o)];
        });
    });
  });
  return image;
}

// gradient[co, ci, k] = sum over images and taps of code[co, o] * image[ci, i]
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  Tensor<T> gradient(geometry.weight_shape());
  for_each_position(at.taps, [&](const Index3& k) {
    for_each_position(at.out, [&](const Index3& o) {
      const auto i = on_every_axis(at.axes, o, k, image_at);
      if (!i) return;
      for (Index n = 0; n < batch; ++n)
        for_each_channel_pair(at, [&](Index co, Index ci) {
          gradient[at.weight(co, ci, k)] += code[at.code(n, co, o)] * image[at.image(n, ci, *i)];
        });
    });
  });
  return gradient;
}

}  // namespace fsconv::gather
