// Any geometry in one word, for logs, tests and bug reports.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <string>
#include <string_view>

namespace fsconv {

// In the manner of oneDNN's benchdnn: keys followed by one number per axis, x between them:
//
//     g2ic4oc6i28x27o14x9k4x3s2x3d1p1x0        stride 2/3: s2/3        cropping: p-1
//
// g groups, ic image channels, oc code channels, i image size, o code size, k taps, s stride, d dilation, p
// padding before the image. g, ic, oc, s, d default to 1 and p to 0. k, s, d, p take one number for all axes.
// print() leaves out what is as usual, but always names the channels; parse(print(g)) == g for every geometry.
std::string print_case(const Geometry& geometry);

// Throws InvalidArgument that names the key and checks the geometry.
Geometry parse_case(std::string_view text);

}  // namespace fsconv
