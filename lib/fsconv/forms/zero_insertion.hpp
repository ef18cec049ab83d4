// The form zero_insertion: the fractional stride taken at its word. Zeros are inserted between the pixels and
// around them, then a plain correlation runs over the result.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/forms/layout.hpp>

namespace fsconv::zero_insertion {

// An array [batch, channels, extents] whose borders and gaps are real zeros in memory.
template <class T>
struct Stretched {
  Tensor<T> values;
  Index3 extents;
};

// Puts pixel p of every axis at first + spacing*p on a grid of `extents`; pixels that fall outside are cropped.
template <class T>
Stretched<T> stretch(const Tensor<T>& from, const Index3& pixels, const Index3& spacing, const Index3& first,
                     const Index3& extents) {
  const Index planes = from.shape()[0] * from.shape()[1];
  Stretched<T> to{Tensor<T>({planes * volume(extents)}, "stretched image"), extents};
  for_each_position(pixels, [&](const Index3& p) {
    Index3 target;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      target[axis] = first[axis] + spacing[axis] * p[axis];
      if (target[axis] < 0 || target[axis] >= extents[axis]) return;
    }
    for (Index plane = 0; plane < planes; ++plane)
      to.values[plane * volume(extents) + flatten(target, extents)] =
          from[plane * volume(pixels) + flatten(p, pixels)];
  });
  return to;
}

// f(axis) for each of the three axes.
template <class F>
Index3 per_axis(const std::array<Axis, 3>& axes, F f) {
  return {f(axes[0]), f(axes[1]), f(axes[2])};
}

// The image with up-1 zeros between its pixels and pad zeros before them, as long as the windows
// of all code pixels reach.
template <class T>
Stretched<T> stretched_image(const Layout& at, const Tensor<T>& image) {
  return stretch(image, at.in, per_axis(at.axes, [](const Axis& a) { return a.up; }),
                 per_axis(at.axes, [](const Axis& a) { return a.pad; }),
                 per_axis(at.axes, [](const Axis& a) { return a.down * (a.out - 1) + a.extent(); }));
}

// result[n, co, r] = sum over ci in the group and k of weight[co, ci, k] * z[n, ci, stride*r + dilation*k]
template <class T>
Tensor<T> correlate(const Geometry& geometry, const Stretched<T>& z, const Tensor<T>& weight, Index batch) {
  const Layout at(geometry);
  Tensor<T> result(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    for_each_channel_pair(at, [&](Index co, Index ci) {
      const Index plane = (n * at.in_channels + ci) * volume(z.extents);
      for_each_position(at.out, [&](const Index3& r) {
        T sum(0);
        for_each_position(at.taps, [&](const Index3& k) {
          Index3 p;
          for (std::size_t axis = 0; axis < 3; ++axis)
            p[axis] = at.axes[axis].down * r[axis] + at.axes[axis].dilation * k[axis];
          sum += weight[at.weight(co, ci, k)] * z.values[plane + flatten(p, z.extents)];
        });
        result[at.code(n, co, r)] += sum;
      });
    });
  return result;
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  return correlate(geometry, stretched_image(Layout(geometry), image), weight, image.shape()[0]);
}

// The transposed convolution as a convolution: down-1 zeros between the code pixels, dilation*(taps-1) - pad
// before them, the filter reversed and its channels swapped ([DV16] relations 8 to 14).
template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  return conv(geometry.transposed(), code, transposed_weight(geometry, weight));
}

// gradient[co, ci, k] = sum over j of spread code[co, j] * stretched image[ci, j + dilation*k]: the code with
// its inserted zeros is itself the filter.
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  const Stretched<T> z = stretched_image(at, image);
  const Stretched<T> spread =
      stretch(code, at.out, per_axis(at.axes, [](const Axis& a) { return a.down; }), {0, 0, 0},
              per_axis(at.axes, [](const Axis& a) { return a.down * (a.out - 1) + 1; }));
  Tensor<T> gradient(geometry.weight_shape());
  for (Index n = 0; n < batch; ++n)
    for_each_channel_pair(at, [&](Index co, Index ci) {
      const Index code_plane = (n * at.out_channels + co) * volume(spread.extents);
      const Index image_plane = (n * at.in_channels + ci) * volume(z.extents);
      for_each_position(at.taps, [&](const Index3& k) {
        T sum(0);
        for_each_position(spread.extents, [&](const Index3& j) {
          Index3 p;
          for (std::size_t axis = 0; axis < 3; ++axis) p[axis] = j[axis] + at.axes[axis].dilation * k[axis];
          sum += spread.values[code_plane + flatten(j, spread.extents)] *
                 z.values[image_plane + flatten(p, z.extents)];
        });
        gradient[at.weight(co, ci, k)] += sum;
      });
    });
  return gradient;
}

}  // namespace fsconv::zero_insertion
