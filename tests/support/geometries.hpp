// Geometries that tests run over: hand-picked corners of the parameter space and random ones.
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::test {

// Unequal strides and sizes, padding of either sign that differs at begin and end, dilation, groups,
// stride > taps, taps = 1, rational strides, also with a common factor, one to three axes.
inline std::vector<Geometry> corner_geometries() {
  return {
      // in out taps down up dilation pad
      {{{4, 2, 3, 1, 1, 1, 0}}, 1, 1, 1},
      {{{5, 3, 3, 2, 1, 1, 1}}, 2, 3, 1},
      {{{6, 3, 3, 2, 1, 1, 0}}, 1, 2, 1},   // SAME of k3 s2: pads 0 and 1
      {{{7, 3, 1, 3, 1, 1, 0}}, 1, 1, 1},   // stride > taps
      {{{9, 3, 2, 3, 1, 2, -1}}, 2, 2, 2},  // cropped
      {{{4, 6, 3, 2, 3, 1, 1}}, 1, 2, 1},   // stride 2/3
      {{{5, 8, 4, 1, 2, 3, 4}}, 3, 1, 1},   // stride 1/2, dilated
      {{{3, 4, 2, 1, 1, 1, 1}, {5, 2, 3, 2, 1, 1, 0}}, 2, 4, 2},
      {{{6, 3, 4, 2, 1, 1, 1}, {7, 5, 2, 1, 1, 2, 0}}, 4, 2, 2},
      {{{3, 9, 3, 1, 3, 2, -2}, {5, 2, 2, 3, 2, 1, 0}}, 1, 2, 1},
      {{{2, 2, 1, 1, 1, 1, 0}, {4, 2, 3, 2, 1, 1, 1}, {3, 4, 2, 1, 1, 1, 1}}, 2, 3, 1},
      {{{5, 5, 3, 2, 2, 1, 1}}, 2, 3, 1},  // stride 2/2 is not stride 1
      {{{7, 4, 4, 4, 2, 3, 2}}, 1, 2, 1},  // stride 4/2, dilated
      {{{6, 5, 4, 6, 4, 1, -1}, {4, 4, 3, 3, 3, 2, 1}}, 2, 2, 2},
      {{{4, 6, 3, 2, 2, 2, 1}}, 1, 1, 1},   // stride 2/2: every tap meets an inserted zero
      {{{1, 1, 5, 1, 1, 1, 2}}, 1, 1, 1},   // mostly padding
      {{{2, 3, 2, 5, 1, 1, 12}}, 1, 1, 1},  // nothing joined at all
  };
}

// Any geometry at all, small: sizes need not fit each other.
inline Geometry random_geometry(Random& random) {
  Geometry geometry;
  const Index axes = random.integer(1, 3);
  const Index largest = axes == 3 ? 4 : 7;
  for (Index axis = 0; axis < axes; ++axis) {
    Axis a{random.integer(1, largest), random.integer(1, largest), random.integer(1, 4), random.integer(1, 4),
           random.integer(1, 4),       random.integer(1, 3),       random.integer(-2, 4)};
    geometry.axes.push_back(a);
  }
  geometry.groups = random.integer(1, 3);
  geometry.in_channels = geometry.groups * random.integer(1, 2);
  geometry.out_channels = geometry.groups * random.integer(1, 2);
  return geometry;
}

}  // namespace fsconv::test
