// Which geometries are verified.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <vector>

namespace fsconv {

// Both throw Interrupted after Ctrl-C: millions of geometries take a while.

// Hand-picked corners of the parameter space (SAME of k3 s2, stride > taps, taps = 1, rational strides in
// lowest terms and not, dilation that shares a factor with the stride, cropping, padding that is all there
// is), small relatives of the layers that people use, and `random` seeded ones with 1 to 3 axes, groups, and
// sizes that need not fit each other.
std::vector<Geometry> default_sweep(Index random, std::uint64_t seed);

// Every one-axis geometry up to these bounds. More axes are left to the random part of the default sweep:
// axes do not interact in the equation.
struct Bounds {
  Index size = 6;  // of image and code
  Index taps = 3;
  Index down = 3;
  Index up = 2;
  Index dilation = 2;
  Index pad = 2;  // from -pad to pad
};
std::vector<Geometry> exhaustive_sweep(const Bounds& bounds);

}  // namespace fsconv
