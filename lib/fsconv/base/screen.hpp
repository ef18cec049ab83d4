// What a person sees: how wide the screen is, whether it takes colours and redrawn lines, and text that fits it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// Descriptors are those of unistd.h: STDOUT_FILENO, STDERR_FILENO.

bool is_terminal(int descriptor);

// The columns of a terminal: what it says itself, else COLUMNS, else 80; 80 where `descriptor` is no terminal.
std::size_t columns_of(int descriptor);

// The width that tables and texts on stdout are made for: columns_of() it, and at least 60.
std::size_t page_width();

// Whether a line can be drawn anew: on a terminal whose TERM is set, and not to dumb.
bool can_redraw(int descriptor);

// Whether words may be coloured: can_redraw(), and NO_COLOR is not set or empty (no-color.org).
bool shows_colour(int descriptor);

enum class Colour { none, good, notable, bad };

// The text in that colour where `shown`, else as it is.
std::string painted(std::string_view text, Colour colour, bool shown);

// The columns that a text takes: its bytes without escape sequences, and without the later bytes of UTF-8.
std::size_t visible_size(std::string_view text);

// Lines of at most `width` columns, broken at blanks; each but the first begins with `hanging` blanks. Words that are
// longer stay whole, so that a path or a command can be copied. Blanks in a row are kept within a line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t hanging = 0);

// The same for `text` of several lines, as one text that ends with a line feed.
std::string wrapped_text(std::string_view text, std::size_t width, std::size_t hanging = 0);

// A command of a shell behind `begin`, broken before its options where it does not fit: such a line ends with a
// backslash, the next one begins with `hanging` blanks, and the whole can be pasted. A remark that begins with # comes
// last, where need be on a line of its own. Ends with a line feed.
std::string command_text(std::string_view begin, std::string_view command, std::size_t width,
                         std::size_t hanging);

// Rows of entries of one width, right-aligned, one blank before each; columns that do not fit stand below, as
// "columns 20 to 35". Each line begins with `indent` blanks.
std::string grid_text(const std::vector<std::vector<std::string>>& rows, std::size_t width,
                      std::size_t indent = 0);

}  // namespace fsconv
