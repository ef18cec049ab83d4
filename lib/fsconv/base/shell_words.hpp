// Words as a shell reads them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fsconv {

// Taken as it is: ' ends the quotation, is written by itself (as `quote` says), and begins another one.
std::string in_quotes(std::string_view text, std::string_view quote = "'\\''");

// The same, without quotes where it needs none, and as $'\xff' (of bash, ksh and zsh) where bytes stand in it that no terminal
// shows: control characters, and what is no UTF-8.
std::string shell_word(std::string_view text);

// A path among the words of a command: "./" goes before one that would be taken for an option.
std::string shell_path(std::string_view path);

}  // namespace fsconv
