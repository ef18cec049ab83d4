#include <algorithm>
#include <cctype>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/settings.hpp>

namespace fsconv {
namespace {

constexpr std::pair<PaddingRule, std::string_view> rules[] = {
    {PaddingRule::valid, "valid"},    {PaddingRule::same, "same"}, {PaddingRule::same_lower, "same_lower"},
    {PaddingRule::half, "half"},      {PaddingRule::full, "full"}, {PaddingRule::causal, "causal"},
    {PaddingRule::same, "same_upper"}};

Index number(const std::string& text) {
  if (const auto value = to_integer(text)) return *value;
  const bool word =
      std::any_of(text.begin(), text.end(), [](unsigned char letter) { return std::isalpha(letter) != 0; });
  throw InvalidArgument(
      "padding",
      word ? fmt::format("'{}' is no number, and no rule for all axes", text) : not_an_integer(text),
      "give P or BEGIN:END for each axis, or one of valid, same, same_lower, half, full, causal");
}

}  // namespace

std::string_view name(PaddingRule rule) {
  for (const auto& [value, text] : rules)
    if (value == rule) return text;
  return "numbers";
}

Padding parse_padding(std::string_view text) {
  const std::string lower = lower_case(text);
  for (const auto& [rule, word] : rules)
    if (lower == word) return {rule, {}, {}};
  if (lower == "notset") return {PaddingRule::listed, {0}, {0}};
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
