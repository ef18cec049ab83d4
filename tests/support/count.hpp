// How often a text holds a word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fsconv::testing {

inline std::size_t count(const std::string& text, const std::string& word) {
  std::size_t times = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size()))
    ++times;
  return times;
}

}  // namespace fsconv::testing
