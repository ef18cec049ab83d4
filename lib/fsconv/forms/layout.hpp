// Where an element lies: the arithmetic of contiguous [batch, channel, position] and [channel, channel, tap] arrays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv {

// The extents of one geometry, as every form loops over them.
struct Layout {
  explicit Layout(const Geometry& geometry)
      : axes(three_axes(geometry)),
        in(in_extents(axes)),
        out(out_extents(axes)),
        taps(tap_extents(axes)),
        in_channels(geometry.in_channels),
        out_channels(geometry.out_channels),
        in_per_group(geometry.in_per_group()),
        out_per_group(geometry.out_per_group()) {}

  // The first image channel that code channel co sees; it sees in_per_group of them.
  Index first_in_channel(Index co) const { return co / out_per_group * in_per_group; }

  // Flat offsets. `ci` counts from 0 to in_channels-1 everywhere.
  Index image(Index n, Index ci, const Index3& i) const {
    return (n * in_channels + ci) * volume(in) + flatten(i, in);
  }
  Index code(Index n, Index co, const Index3& o) const {
    return (n * out_channels + co) * volume(out) + flatten(o, out);
  }
  Index weight(Index co, Index ci, const Index3& k) const {
    return (co * in_per_group + ci % in_per_group) * volume(taps) + flatten(k, taps);
  }

  std::array<Axis, 3> axes;
  Index3 in, out, taps;
  Index in_channels, out_channels, in_per_group, out_per_group;
};

// Calls f(co, ci) for every pair of channels that share a group.
template <class F>
void for_each_channel_pair(const Layout& layout, F&& f) {
  for (Index co = 0; co < layout.out_channels; ++co) {
    const Index first = layout.first_in_channel(co);
    for (Index ci = first; ci < first + layout.in_per_group; ++ci) f(co, ci);
  }
}

}  // namespace fsconv
