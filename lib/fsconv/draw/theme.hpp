// What the roles of a drawing look like on light and on dark paper.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <fsconv/base/names.hpp>
#include <fsconv/draw/scene.hpp>

namespace fsconv::draw {

// automatic: an SVG or a page follows what its reader's system prefers; a picture of pixels is light.
enum class Theme { automatic, light, dark };
constexpr auto names_of(Theme) {
  return NameTable<Theme, 3>{
      "theme", {{{Theme::automatic, "automatic"}, {Theme::light, "light"}, {Theme::dark, "dark"}}}};
}

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

// After Okabe and Ito, whose colours are told apart by the colour-blind, darkened on light paper until white text on
// them has a contrast of 4.5 to 1, and lightened on dark paper until black text has; a test computes both. There is no
// colour for Role::none, which is not drawn.
Colour colour_of(Paint paint, bool dark);

constexpr int series_colours = 8;

// The ratio of two colours' luminances as WCAG 2.1 defines it, 1 to 21.
double contrast(Colour one, Colour other);

}  // namespace fsconv::draw
