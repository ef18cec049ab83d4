// Draws images of simple shapes, grey or in colours: a data set of any size that is always there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/data/dataset.hpp>
#include <optional>
#include <string_view>

namespace fsconv {

// Sizes in pixels.
struct ImageFormat {
  Index height = 28, width = 28;
  Index channels = 1;  // 1 grey, 3 red, green and blue

  bool operator==(const ImageFormat&) const = default;
};

// Reads HEIGHTxWIDTHxCHANNELS, "64x64x3". Throws InvalidArgument naming "data" if `text` is anything else, or
// a format that generate_shapes() refuses.
ImageFormat image_format(std::string_view text);

// Throws InvalidArgument "data" for a format that generate_shapes() refuses.
void check(const ImageFormat& format);

// What stands behind "generated:": a format, "factors" (64x64x3), or both, "32x48x3,factors". InvalidArgument "data".
struct GeneratedKind {
  ImageFormat format;
  bool factors = false;  // factors.hpp

  bool operator==(const GeneratedKind&) const = default;
};
GeneratedKind generated_kind(std::string_view text);
// Of "generated" and "generated:..."; nothing of names of other data.
std::optional<GeneratedKind> generated_kind_of(std::string_view name);

// `count` images [count, channels, height, width]: a disc, a box or a bar (label 0, 1, 2) of random place,
// size, turn and brightness, with soft edges. Lengths grow with the shorter side. Grey shapes lie on black;
// coloured ones have a random colour and lie on a random dark one. The same for the same arguments on every
// machine. Throws InvalidArgument naming "count" below 1, "data" for a side outside 8 to 256 or other than 1
// or 3 channels, "images" if they do not fit the memory; Interrupted between two images.
ImageSet generate_shapes(Index count, std::uint64_t seed, std::uint64_t stream,
                         const ImageFormat& format = {});

}  // namespace fsconv
