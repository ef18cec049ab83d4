// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/shell_words.hpp>

namespace fsconv {

std::string in_quotes(std::string_view text, std::string_view quote) {
  std::string word = "'";
  for (const char letter : text)
    if (letter == '\'')
      word += quote;
    else
      word += letter;
  return word + "'";
}

namespace {

std::string in_numbers(std::string_view text) {
  std::string word = "$'";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '\\' || letter == '\'') word += '\\';
    word += byte >= 0x20 && byte < 0x7f ? std::string(1, letter) : fmt::format("\\x{:02x}", byte);
  }
  return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  const bool is_shown = is_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char letter) {
                          return letter < 0x20 || letter == 0x7f;
                        });
  if (!is_shown) return in_numbers(text);
  constexpr std::string_view plain = "_-./:,=+@%^";
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter >= 0x80 ||
           plain.find(static_cast<char>(letter)) != std::string_view::npos;
  });
  return is_plain ? std::string(text) : in_quotes(text);
}

std::string shell_path(std::string_view path) {
  return shell_word((path.starts_with('-') ? "./" : "") + std::string(path));
}

}  // namespace fsconv
