// The geometry of a convolution: up to three axes, channels and groups.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/axis.hpp>
#include <string>
#include <vector>

namespace fsconv {

// conv maps the image [batch, in_channels, in...] to the code [batch, out_channels, out...]; conv_transpose
// maps back. The weight is [out_channels, in_channels/groups, taps...], last axis fastest. Code channel co
// belongs to group co / (out_channels/groups) and sees only that group's image channels.
struct Geometry {
  std::vector<Axis> axes;
  Index in_channels = 1;
  Index out_channels = 1;
  Index groups = 1;

  bool operator==(const Geometry&) const = default;

  // The transposed operator as a convolution of its own: image <-> code on every axis, channels swapped.
  // Its weight is transposed_weight(*this, w). An involution.
  Geometry transposed() const;

  Index in_per_group() const { return in_channels / groups; }
  Index out_per_group() const { return out_channels / groups; }

  Shape image_shape(Index batch = 1) const;  // [batch, in_channels, in...]
  Shape code_shape(Index batch = 1) const;   // [batch, out_channels, out...]
  Shape weight_shape() const;                // [out_channels, in_channels/groups, taps...]
};

// Throws InvalidArgument naming the field: 1 to 3 axes, each one legal; channels at least `least_size`, as the
// sizes of the axes; groups at least 1, and they divide both channel numbers; shapes countable. Sizes and channels
// of 0 are a legal geometry: an empty sum is 0, and an array without elements stays one.
void check(const Geometry& geometry, Index least_size = 0);

// The same, and refuses sides without pixels or channels: for whoever allocates, trains or measures.
inline void check_filled(const Geometry& geometry) { check(geometry, 1); }

// The axes padded in front to exactly three with the trivial axis (one pixel, one tap), for kernels with a
// fixed depth of loops. Arrays keep their storage.
std::array<Axis, 3> three_axes(const Geometry& geometry);

// The extents of three axes as positions: sizes of the image side, the code side, the filter.
Index3 in_extents(const std::array<Axis, 3>& axes);
Index3 out_extents(const std::array<Axis, 3>& axes);
Index3 tap_extents(const std::array<Axis, 3>& axes);

// The weight of geometry.transposed(): w'[ci, co/g, k] = w[co, ci/g, taps-1-k], channels regrouped.
template <class T>
Tensor<T> transposed_weight(const Geometry& geometry, const Tensor<T>& weight) {
  Index filter = 1;
  for (const Axis& axis : geometry.axes) filter *= axis.taps;
  const Index in_group = geometry.in_per_group(), out_group = geometry.out_per_group();
  Tensor<T> transposed(geometry.transposed().weight_shape());
  for (Index co = 0; co < geometry.out_channels; ++co)
    for (Index ci = 0; ci < in_group; ++ci)
      for (Index k = 0; k < filter; ++k) {
        const Index group = co / out_group;
        const Index row = group * in_group + ci, column = co % out_group;
        // reversing every axis reverses the flattened filter
        transposed[(row * out_group + column) * filter + filter - 1 - k] =
            weight[(co * in_group + ci) * filter + k];
      }
  return transposed;
}

// The number of (code pixel, image pixel) pairs joined by a tap, and with channels: the nonzeros of W. At
// most one tap joins a pair. Throws InvalidArgument where the number does not fit 63 bits.
Index taps_in_range(const Axis& axis);
Index nonzeros(const Geometry& geometry);

}  // namespace fsconv
