// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/settings.hpp>

namespace fsconv {
namespace {

// What a user can say in a word.
constexpr std::array rules = {PaddingRule::valid, PaddingRule::same, PaddingRule::same_lower,
                              PaddingRule::half,  PaddingRule::full, PaddingRule::causal};

Index number(const std::string& text) {
  if (const auto value = to_integer(text)) return *value;
  const bool word =
      std::any_of(text.begin(), text.end(), [](unsigned char letter) { return std::isalpha(letter) != 0; });
  throw InvalidArgument(
      "padding",
      word ? fmt::format("'{}' is no number, and no rule for all axes", text) : not_an_integer(text),
      fmt::format("give P or BEGIN:END for each axis, or one of {}", fmt::join(names_in(rules), ", ")));
}

}  // namespace

Padding parse_padding(std::string_view text) {
  const std::string lower = lower_case(text);
  for (const PaddingRule rule : rules)
    if (lower == name(rule)) return {.rule = rule};
  if (lower == "same_upper") return {.rule = PaddingRule::same};
  if (lower == "notset") return {.rule = PaddingRule::listed, .begin = {0}, .end = {0}};
  Padding padding;
  for (const std::string& piece : split(text, ',')) {
    const std::size_t colon = piece.find(':');
    padding.begin.push_back(number(piece.substr(0, colon)));
    padding.end.push_back(colon == std::string::npos ? padding.begin.back()
                                                     : number(piece.substr(colon + 1)));
  }
  return padding;
}

}  // namespace fsconv
