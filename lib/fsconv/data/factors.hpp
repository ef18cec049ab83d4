// Images whose causes are known: a coloured disc, of which place, size and hue are drawn independently of each other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <fsconv/data/generator.hpp>
#include <string_view>

namespace fsconv {

// The columns of ImageSet::factors, each uniform over its range, which grows with the images (s: the shorter side):
//     x, y      of the centre, in pixels from the left and the upper edge: every disc is inside of its image
//     radius    s 5/64 to s 12/64 pixels
//     hue       0 (red) over 120 (green) to 240 (blue) degrees: a segment, so that its ends are as far apart as they look
// Lengths are multiples of 1/8 pixel, hues of 60/255 degree.
inline constexpr std::array generated_factors = {"x", "y", "radius", "hue"};
// "pixel" or "degree".
std::string_view factor_units(std::string_view factor);

// `count` images [count, 3, height, width] of one disc with soft edges on dark grey (32, 32, 32), and the factors [count, 4]
// that each was drawn from; no labels. The same for the same arguments on every machine. Throws as generate_shapes() does;
// InvalidArgument "data" for other than 3 channels.
ImageSet generate_factor_images(Index count, std::uint64_t seed, std::uint64_t stream,
                                const ImageFormat& format);

}  // namespace fsconv
