// Geometries that tests run over: hand-picked corners of the parameter space and random ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::test {

// Unequal strides and sizes, padding of either sign that differs at begin and end, dilation, groups,
// stride > taps, taps = 1, rational strides, also with a common factor, one to three axes.
inline std::vector<Geometry> corner_geometries() {
  constexpr const char* words[] = {
      "ic1oc1i4o2k3",
      "ic2oc3i5o3k3s2p1",
      "ic1oc2i6o3k3s2",         // SAME of k3 s2: pads 0 and 1
      "ic1oc1i7o3k1s3",         // stride > taps
      "g2ic2oc2i9o3k2s3d2p-1",  // cropped
      "ic1oc2i4o6k3s2/3p1",     // stride 2/3
      "ic3oc1i5o8k4s1/2d3p4",   // stride 1/2, dilated
      "g2ic2oc4i3x5o4x2k2x3s1x2p1x0",
      "g2ic4oc2i6x7o3x5k4x2s2x1d1x2p1x0",
      "ic1oc2i3x5o9x2k3x2s1/3x3/2d2x1p-2x0",
      "ic2oc3i2x4x3o2x2x4k1x3x2s1x2x1p0x1x1",
      "ic2oc3i5o5k3s2/2p1",    // stride 2/2 is not stride 1
      "ic1oc2i7o4k4s4/2d3p2",  // stride 4/2, dilated
      "g2ic2oc2i6x4o5x4k4x3s6/4x3/3d1x2p-1x1",
      "ic1oc1i4o6k3s2/2d2p1",  // stride 2/2: every tap meets an inserted zero
      "ic1oc1i1o1k5p2",        // mostly padding
      "ic1oc1i2o3k2s5p12",     // nothing joined at all
  };
  std::vector<Geometry> geometries;
  for (const char* word : words) geometries.push_back(parse_case(word));
  return geometries;
}

// Any geometry at all, small: sizes need not fit each other.
inline Geometry random_geometry(Random& random) {
  Geometry geometry;
  const Index axes = random.integer(1, 3);
  const Index largest = axes == 3 ? 4 : 7;
  for (Index axis = 0; axis < axes; ++axis) {
    geometry.axes.push_back({.in = random.integer(1, largest),
                             .out = random.integer(1, largest),
                             .taps = random.integer(1, 4),
                             .down = random.integer(1, 4),
                             .up = random.integer(1, 4),
                             .dilation = random.integer(1, 3),
                             .pad = random.integer(-2, 4)});
  }
  geometry.groups = random.integer(1, 3);
  geometry.in_channels = geometry.groups * random.integer(1, 2);
  geometry.out_channels = geometry.groups * random.integer(1, 2);
  return geometry;
}

}  // namespace fsconv::test
