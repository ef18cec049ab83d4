// How wide a text will be, so that a drawing can be laid out before anybody draws it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fsconv::draw {

// The families that drawings ask for. The widths below are those of the first; Verdana's differ by a few percent.
constexpr std::string_view font_family = "DejaVu Sans, Verdana, Geneva, sans-serif";

// In pixels, of text in UTF-8 at `size` pixels per em. Characters outside ASCII count as an em's average.
double text_width(std::string_view text, double size, bool bold = false);

// The text in lines of at most `width` pixels, broken at blanks; a word that is wider has a line of its own.
std::vector<std::string> text_lines(std::string_view text, double width, double size, bool bold = false);

// The text itself where it fits, else its beginning and an ellipsis.
std::string text_that_fits(std::string_view text, double width, double size, bool bold = false);

}  // namespace fsconv::draw
