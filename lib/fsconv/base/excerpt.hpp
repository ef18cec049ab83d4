// Text from outside (a file, an option, the environment, another program), as it may stand in what the program says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// What a terminal could obey or hide (control characters, marks of direction, bytes that are no UTF-8) is written as
// \xNN everywhere below, so that nothing can colour, move or rewrite what the program says.

// Whether files whose texts are UTF-8 (JSON, HDF5) can hold it as it is.
bool is_utf8(std::string_view text);

// A quotation: the first `most` bytes or a little less, "..." behind them where there are more. Lines and backslashes are
// written as numbers, too: the numbers are ours.
std::string excerpt(std::string_view content, std::size_t most = 60);

// Names from a file as "a, b, c"; of more than `most` names the first ones and how many there are besides.
std::string excerpt_of_names(const std::vector<std::string>& names, std::size_t most = 12);

// A sentence that may hold quotations already, as one line: backslashes stay. Of more than `most` bytes the beginning
// and the end are kept, with "..." between: what is wrong tends to stand at the one, what would be legal at the other.
// The result has at most `most` bytes, which must be 40 or more.
std::string one_line(std::string_view sentence, std::size_t most = 1000);

// A whole message for a terminal: its lines and tabs stay, eight lines of 1200 bytes at most. Longer ones are cut like
// one_line(), and the rest of more lines is counted; no message of the program itself is longer.
std::string printable(std::string_view message);

}  // namespace fsconv
