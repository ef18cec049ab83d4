// Positions and taps, straight from the equation.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/draw/axis_positions.hpp>

namespace fsconv::draw {

AxisPositions window_positions(const Axis& axis) {
  const Index last_window = axis.down * (axis.out - 1) + axis.extent() - 1 - axis.pad;
  AxisPositions positions;
  positions.first = std::min<Index>(0, -axis.pad);
  const Index count = std::max(axis.stretched_image() - 1, last_window) - positions.first + 1;
  positions.spots.assign(static_cast<std::size_t>(count), Spot::padding);
  positions.pixels.assign(static_cast<std::size_t>(count), -1);
  for (Index position = 0; position < axis.stretched_image(); ++position) {
    const auto at = static_cast<std::size_t>(position - positions.first);
    const bool pixel = position % axis.up == 0;
    positions.spots[at] = pixel ? Spot::unread : Spot::zero;
    if (pixel) positions.pixels[at] = position / axis.up;
  }
  for (const AxisTap& tap : axis_taps(axis))
    positions.spots[static_cast<std::size_t>(axis.up * tap.i - positions.first)] = Spot::pixel;
  return positions;
}

AxisPositions plain_positions(Index pixels) {
  AxisPositions positions;
  for (Index pixel = 0; pixel < pixels; ++pixel) {
    positions.spots.push_back(Spot::pixel);
    positions.pixels.push_back(pixel);
  }
  return positions;
}

std::vector<AxisTap> axis_taps(const Axis& axis) {
  std::vector<AxisTap> taps;
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k)) taps.push_back({o, *i, k});
  return taps;
}

}  // namespace fsconv::draw
