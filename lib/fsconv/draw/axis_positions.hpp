// What stands at each position of an axis that a filter slides along, and which products the equation has on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <vector>

namespace fsconv::draw {

// pixel: of the side that the filter slides along. zero: between two of them. padding: outside of them.
// unread: a pixel that no tap of any window meets.
enum class Spot { pixel, zero, padding, unread };

struct AxisPositions {
  Index first = 0;            // the position of the first spot: pixel i stands at spacing*i
  std::vector<Spot> spots;    // one for every position
  std::vector<Index> pixels;  // the pixel that stands there, or -1
  Index count() const { return static_cast<Index>(spots.size()); }
  Spot spot(Index position) const { return spots[static_cast<std::size_t>(position - first)]; }
};

// The image side of an axis on its grid of positions, up-1 zeros between its pixels, with all that windows cover.
AxisPositions window_positions(const Axis& axis);
// So many pixels side by side.
AxisPositions plain_positions(Index pixels);

struct AxisTap {
  Index o, i, k;
};
// All taps of an axis, by o, then k.
std::vector<AxisTap> axis_taps(const Axis& axis);

// The position that flatten() (base/index.hpp) makes `flat` of.
inline Index3 position_of(Index flat, const Index3& extents) {
  return {flat / (extents[1] * extents[2]), flat / extents[2] % extents[1], flat % extents[2]};
}

}  // namespace fsconv::draw
