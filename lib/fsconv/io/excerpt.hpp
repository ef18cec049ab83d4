// Text that came from a file, as it may stand in a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The first `most` bytes or a little less, "..." behind them where there are more. What a terminal could obey or hide
// (control characters, marks of direction, bytes that are no UTF-8) and backslashes are written as \xNN, so that no
// file can colour, move or rewrite what the program says.
std::string excerpt(std::string_view content, std::size_t most = 60);

// A whole message for a terminal, whatever paths, options and file content it repeats: the same is written as \xNN, but
// lines, tabs and backslashes stay.
std::string printable(std::string_view message);

// Names from a file as "a, b, c"; of more than `most` names the first ones and how many there are besides.
std::string excerpt_of_names(const std::vector<std::string>& names, std::size_t most = 12);

}  // namespace fsconv
