// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/sweep.hpp>

namespace fsconv {
namespace {

constexpr const char* corners[] = {
    "i4o2k3",
    "i4x4o2x2k3",  // [DV16] figure 2.1
    "i6o3k3s2",
    "ic2oc3i6x6o3x3k3s2",  // TensorFlow's SAME: pads 0 and 1
    "i6o3k3s2p1",
    "i8o4k4s2p1",
    "ic1oc2i8x8o4x4k4s2p1",
    "ic2oc1i7x7o4x4k4s2p1",  // decoders and encoders
    "i7o3k1s3",
    "i5o3k1s2p0",
    "i9o3k2s4p1",  // stride > taps: pixels that nobody reads
    "i8o4k2s2",
    "i9o3k3s3",  // stride = taps: W W^T is diagonal
    "i9o3k3s2d2p1",
    "i9o4k3s3d3p2",
    "i7o7k3d2p2",  // dilation, also with a factor of the stride
    "i6o4k3s3/2p1",
    "i4o6k3s2/3p1",
    "i5o10k4s1/2p2",
    "ic2oc2g2i4x6o8x4k3s1/2x3/2p1",  // rational stride
    "i5o5k3s2/2p1",
    "i4o4k3s2/2",
    "i7o4k4s4/2d2p1",  // nothing is cancelled: every second tap meets an inserted zero,
    "i5o9k5s2/4d3p2",
    "i6o4k4s6/4p-1",
    "i6o6k4s3/3d2p1",
    "i4o4k3s2/2d2p1",  // and here all of them do
    "g2ic2oc4i4x6o4x3k3x4s2/2x4/2p1",
    "i8o3k3s2p-1",
    "i9o5k2p-2",
    "i5o9k5p4",  // cropped; full
    "g2ic4oc6i5x6o3x3k3s2p1",
    "g3ic3oc3i5o3k3s2p1",
    "g4ic4oc4i4x4o4x4k3p1",  // groups, depthwise
    "i1o1k5p2",
    "i1o1k1",
    "i2o3k2s5p12",  // one pixel; nothing but padding
    "ic2oc2i3x4x5o2x2x3k2x3x3s2x2x2p0x1x1",
    "i4x4x4o2x2x2k4s2p1",  // volumes
};

Geometry random_geometry(Random& random) {
  Geometry geometry;
  const Index axes = random.integer(1, 3);
  const Index largest = axes == 1 ? 9 : axes == 2 ? 6 : 4;
  for (Index axis = 0; axis < axes; ++axis) {
    Axis a;
    a.taps = random.integer(1, axes == 3 ? 3 : 4);
    a.down = random.integer(1, 4);
    a.up = random.integer(0, 3) == 0 ? random.integer(2, 4) : 1;  // every fourth axis is rational
    a.dilation = random.integer(0, 2) == 0 ? random.integer(2, 3) : 1;
    a.pad = random.integer(-1, a.extent());
    a.in = random.integer(1, largest);
    // Two of three codes are as long as the windows that fit, give or take an end padding; the third is of
    // any length.
    const Index fitting = code_size(a, a.in, a.pad, random.integer(-1, a.extent()));
    a.out =
        fitting >= 1 && fitting <= largest && random.integer(0, 2) > 0 ? fitting : random.integer(1, largest);
    geometry.axes.push_back(a);
  }
  geometry.groups = random.integer(0, 2) == 0 ? random.integer(2, 3) : 1;
  geometry.in_channels = geometry.groups * random.integer(1, 2);
  geometry.out_channels = geometry.groups * random.integer(1, 2);
  return geometry;
}

}  // namespace

std::vector<Geometry> default_sweep(Index random, std::uint64_t seed) {
  std::vector<Geometry> sweep;
  for (const char* corner : corners) sweep.push_back(parse_case(corner));
  Random numbers(seed);
  for (Index at = 0; at < random; ++at) {
    stop_if_interrupted();
    sweep.push_back(random_geometry(numbers));
  }
  return sweep;
}

std::vector<Geometry> exhaustive_sweep(const Bounds& bounds) {
  std::vector<Geometry> sweep;
  for (Index in = 1; in <= bounds.size; ++in)
    for (Index out = 1; out <= bounds.size; ++out)
      for (Index taps = 1; taps <= bounds.taps; ++taps) {
        stop_if_interrupted();
        for (Index down = 1; down <= bounds.down; ++down)
          for (Index up = 1; up <= bounds.up; ++up)
            for (Index dilation = 1; dilation <= bounds.dilation; ++dilation)
              for (Index pad = -bounds.pad; pad <= bounds.pad; ++pad)
                sweep.push_back({.axes = {{.in = in,
                                           .out = out,
                                           .taps = taps,
                                           .down = down,
                                           .up = up,
                                           .dilation = dilation,
                                           .pad = pad}}});
      }
  return sweep;
}

}  // namespace fsconv
