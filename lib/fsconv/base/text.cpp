// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <charconv>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <limits>

namespace fsconv {
namespace {

// Letters to add, leave out, replace, or swap with their neighbour (Damerau and Levenshtein, each place edited once).
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({replaced, d[i - 1][j] + 1, d[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string listed(const std::vector<std::string>& names, const char* before_last) {
  std::string list;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at > 0) list += at + 1 == names.size() ? before_last : ", ";
    list += names[at];
  }
  return list;
}

}  // namespace

std::optional<Index> to_integer(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string not_an_integer(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  using Limits = std::numeric_limits<Index>;
  if (error != std::errc::result_out_of_range || end != text.data() + text.size())
    return fmt::format("'{}' is not an integer", text);
  return text.starts_with('-') ? fmt::format("'{}' is too small: at least {}", text, Limits::min())
                               : fmt::format("'{}' is too large: at most {}", text, Limits::max());
}

Index integer_in(std::string_view field, std::string_view text, Index least, Index most) {
  const auto value = to_integer(text);
  if (!value || *value < least || *value > most)
    throw InvalidArgument(field, value ? fmt::format("is '{}'", text) : not_an_integer(text),
                          fmt::format("must be an integer from {} to {}", least, most));
  return *value;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces(1);
  for (char c : text) {
    if (c == separator)
      pieces.emplace_back();
    else
      pieces.back() += c;
  }
  return pieces;
}

std::vector<Index> to_integers(std::string_view field, std::string_view text) {
  std::vector<Index> values;
  for (const std::string& piece : split(text, ',')) {
    const auto value = to_integer(piece);
    if (!value) throw InvalidArgument(field, not_an_integer(piece));
    values.push_back(*value);
  }
  return values;
}

std::string alternatives(const std::vector<std::string>& names) { return listed(names, " or "); }

std::string enumeration(const std::vector<std::string>& names) { return listed(names, " and "); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return lower;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return upper;
}

std::string one_or_joined(const std::vector<std::string>& texts, std::string_view separator) {
  const bool alike =
      std::all_of(texts.begin(), texts.end(), [&](const auto& text) { return text == texts.front(); });
  return alike ? texts.front() : fmt::format("{}", fmt::join(texts, separator));
}

std::string counted(Index count, std::string_view one, std::string_view several) {
  if (count == 1) return fmt::format("1 {}", one);
  return several.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, several);
}

std::vector<std::string> similar(std::string_view word, const std::vector<std::string>& names) {
  constexpr std::size_t most_names = 2;
  const std::string written = lower_case(word);
  std::vector<std::pair<std::size_t, std::string>> found;  // how far away, and who
  for (const std::string& name : names) {
    const std::size_t most = std::max<std::size_t>(1, name.size() / 3);
    if (written.size() > name.size() + most) continue;  // and may be as long as a file
    const std::size_t far = edits(written, lower_case(name));
    // One slip in three letters: more would be another word.
    if (!written.empty() && far <= most && far < name.size()) found.emplace_back(far, name);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> list;
  for (const auto& [far, name] : found)
    if (far <= found.front().first + 1 && list.size() < most_names) list.push_back(name);
  if (!list.empty() || written.empty()) return list;
  for (const std::string& name : names)
    if (lower_case(name).starts_with(written)) list.push_back(name);
  return list.size() <= most_names ? list : std::vector<std::string>();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names,
                         std::string_view before) {
  std::vector<std::string> list;
  for (const std::string& name : similar(word, names)) list.push_back(fmt::format("{}{}", before, name));
  return list.empty() ? std::string() : fmt::format("did you mean {}?", alternatives(list));
}

std::string instead_of(std::string_view word, const std::vector<std::string>& names) {
  // What is longer is cut in the middle of a message, and of a name.
  constexpr std::size_t longest = 400;
  const std::string meant = did_you_mean(word, names);
  if (!meant.empty()) return meant;
  const std::string all = alternatives(names);
  return all.size() <= longest ? "use " + all : "use one of " + excerpt_of_names(names);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

}  // namespace fsconv
