// The seal by which fsconv knows a file that it wrote and that nobody has changed since.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fsconv {

// A seal is these words, and behind them the SHA-256, as hexadecimal digits, of all other bytes of the file.
inline constexpr std::string_view seal_words = "fsconv sha256:";
inline constexpr std::size_t seal_digits = 64;

// A seal whose digits are yet to come.
std::string open_seal();

// Puts the digits into the last open seal of a text that is the whole of a file.
void close_seal(std::string& text);

// Whether a seal stands at the file's end (a line's end may follow), or is the first in its first MiB, and is the file's.
// IoError, Interrupted.
bool is_sealed(const std::string& path);

}  // namespace fsconv
