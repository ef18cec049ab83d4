// Letters of 5 x 7 pixels, and two rows below their line, for labels in pictures: the printable characters of ASCII.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <string_view>

namespace fsconv {

inline constexpr Index glyph_width = 5;
inline constexpr Index glyph_height = 9;

// Whether the pixel of this character is ink: row 0..8 from the top, column 0..4 from the left. Every byte that is no
// printable ASCII character is an empty box.
bool glyph_ink(char character, Index row, Index column);

// The pixels from the left edge of the first to the right edge of the last letter, one blank column between letters.
constexpr Index text_width(std::string_view text) {
  return text.empty() ? 0 : static_cast<Index>(text.size()) * (glyph_width + 1) - 1;
}

}  // namespace fsconv
