// The orientation that cameras store instead of turning the pixels, Exif's tag 0x0112.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/io/picture.hpp>
#include <span>

namespace fsconv {

// How the stored rows and columns are to be seen: row 0 of the file is at the ... of the scene, its column 0 at the ...
//     1 top, left     2 top, right     3 bottom, right    4 bottom, left
//     5 left, top     6 right, top     7 right, bottom    8 left, bottom
// so that 6 is to be turned by 90 degrees clockwise. Source: [EXIF] 2.32, section 4.6.4 A.
//
// `tiff` is an Exif block from its byte order mark on ("II*\0" or "MM\0*"). 1 where it has no such tag, where that holds
// none of these numbers (0 is what editors write for "unknown"), and where the block is damaged: it is a remark on the
// picture, and viewers do the same. Reads nothing outside of it.
int exif_orientation(std::span<const std::byte> tiff);

// The picture as it is to be seen. InvalidArgument unless 1 <= orientation <= 8.
Picture oriented(const Picture& picture, int orientation);

}  // namespace fsconv
