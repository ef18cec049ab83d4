// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/io/json_text.hpp>

namespace fsconv {
namespace {

constexpr int deepest = 100;

// How many lists and objects of a text that is JSON are open at once, at most. What is no JSON may have any number.
int depth_of(std::string_view text) {
  int depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\')
      ++at;  // whatever it is, it does not end the text
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{'))
      most = std::max(most, ++depth);
    else if (!quoted && (c == ']' || c == '}'))
      --depth;
  }
  return most;
}

}  // namespace

nlohmann::json parsed_json(std::string_view text) {
  // A zero byte is the end to the parser, whatever follows.
  if (depth_of(text) > deepest || text.find('\0') != std::string_view::npos)
    return nlohmann::json::value_t::discarded;
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace fsconv
