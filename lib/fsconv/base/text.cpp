#include <charconv>
#include <fsconv/base/text.hpp>

namespace fsconv {

std::optional<Index> to_integer(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
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
    if (!value) throw InvalidArgument(field, fmt::format("'{}' is not an integer", piece));
    values.push_back(*value);
  }
  return values;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at > 0) list += at + 1 == names.size() ? " or " : ", ";
    list += names[at];
  }
  return list;
}

}  // namespace fsconv
