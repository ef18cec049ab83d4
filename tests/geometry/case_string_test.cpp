// The case string: a geometry in one word, there and back.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/geometry/case_string.hpp>

#include "support/geometries.hpp"

using namespace fsconv;

TEST_CASE("case string: every geometry prints and parses back, the shortest way") {
  Random random(4);
  for (int trial = 0; trial < 500; ++trial) {
    const Geometry g = test::random_geometry(random);
    INFO(print_case(g));
    CHECK(parse_case(print_case(g)) == g);
  }
  CHECK(print_case({.axes = {{.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1},
                             {.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1}},
                    .out_channels = 16}) == "ic1oc16i28x28o14x14k4s2p1");
  CHECK(print_case({.axes = {{.in = 5, .out = 8, .taps = 4, .down = 2, .up = 3, .dilation = 2, .pad = -1}},
                    .in_channels = 2,
                    .out_channels = 2,
                    .groups = 2}) == "g2ic2oc2i5o8k4s2/3d2p-1");
}

TEST_CASE("case string: what is none is refused") {
  for (const char* bad :
       {"", "hello", "i4", "i4o2", "i4o2k0", "i4x4o2k3", "i4o2k3s0", "i4o2k3s1/0", "i4o2k3k3", "i4o2k3z1",
        "g2i4o2k3", "i4o2k3x3", "i-4o2k3", "i4o2k", "i4x4x4x4o1x1x1x1k1", "i4o2k3ic1x2"})
    CHECK_THROWS_AS(parse_case(bad), InvalidArgument);
}
