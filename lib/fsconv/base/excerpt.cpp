// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fsconv/base/excerpt.hpp>

namespace fsconv {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

struct Character {
  std::uint32_t code;
  std::size_t bytes;
};

// The character at the beginning of `text` in UTF-8; one byte without a meaning where it is none.
Character first_character(std::string_view text) {
  constexpr Character none{0, 1};
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return none;
  std::uint32_t code = first & (0xffu >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte_at(text, at) & 0xc0) != 0x80) return none;
    code = code << 6 | (byte_at(text, at) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < least[bytes] ? none : Character{code, bytes};
}

bool is_surrogate(std::uint32_t code) { return code >= 0xd800 && code <= 0xdfff; }

// Letters, digits and signs that are seen where they stand. Left out: control characters of both halves of Latin-1,
// marks without a width or without ink, marks of direction, surrogates, private and special codes.
bool is_plain(std::uint32_t code) {
  if (code < 0x7f) return code >= 0x20 && code != '\\';
  if (code < 0xa0 || code == 0xad || code > 0x3ffff) return false;
  const auto within = [&](std::uint32_t first, std::uint32_t last) { return code >= first && code <= last; };
  return !within(0x200b, 0x200f) && !within(0x2028, 0x202e) && !within(0x2060, 0x206f) && code != 0x61c &&
         !within(0xd800, 0xf8ff) && code != 0xfeff && !within(0xfff0, 0xffff) && code != 0x34f &&
         !within(0x115f, 0x1160) && !within(0x17b4, 0x17b5) && !within(0x180b, 0x180f) && code != 0x2800 &&
         code != 0x3164 && !within(0xfe00, 0xfe0f) && code != 0xffa0;
}

// The text and how many of its bytes were taken: those of whole characters within `most`.
std::pair<std::string, std::size_t> escaped(std::string_view content, std::size_t most,
                                            std::string_view stays) {
  std::string text;
  std::size_t at = 0;
  while (at < content.size()) {
    const Character next = first_character(content.substr(at));
    if (at + next.bytes > most) break;
    if (is_plain(next.code) || stays.find(content[at]) != std::string_view::npos)
      text += content.substr(at, next.bytes);
    else
      for (std::size_t byte = at; byte < at + next.bytes; ++byte)
        text += fmt::format("\\x{:02x}", byte_at(content, byte));
    at += next.bytes;
  }
  return {text, at};
}

bool goes_on(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// `text` has no bytes but those of UTF-8: both ends are cut between characters, and the first one not inside an \xNN.
std::string without_middle(const std::string& text, std::size_t most) {
  constexpr std::string_view between = " ... ";
  std::size_t first = 2 * most / 3, last = text.size() - (most - first - between.size());
  while (goes_on(text[first])) --first;
  if (const auto number = text.rfind("\\x", first); number != std::string::npos && first - number < 4)
    first = number;
  while (last < text.size() && goes_on(text[last])) ++last;
  return text.substr(0, first) + std::string(between) + text.substr(last);
}

// Shown are lines of at most `most` bytes; what is much longer is cut before it is looked at.
std::string shown_line(std::string_view line, std::string_view stays, std::size_t most) {
  std::string ends;
  if (line.size() > 8 * most) {
    ends = std::string(line.substr(0, 4 * most)) + std::string(line.substr(line.size() - 4 * most));
    line = ends;
  }
  const std::string text = escaped(line, line.size(), stays).first;
  return text.size() <= most ? text : without_middle(text, most);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character next = first_character(text);
    if ((next.bytes == 1 && byte_at(text, 0) >= 0x80) || is_surrogate(next.code)) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string excerpt(std::string_view content, std::size_t most) {
  const auto [text, taken] = escaped(content, most, {});
  return taken < content.size() ? text + "..." : text;
}

std::string excerpt_of_names(const std::vector<std::string>& names, std::size_t most) {
  std::string list;
  for (std::size_t at = 0; at < std::min(most, names.size()); ++at)
    list += (at > 0 ? ", " : "") + (names[at].empty() ? "''" : excerpt(names[at]));
  return names.size() > most ? fmt::format("{} and {} more", list, names.size() - most) : list;
}

std::string one_line(std::string_view sentence, std::size_t most) { return shown_line(sentence, "\\", most); }

std::string printable(std::string_view message) {
  constexpr std::size_t most_lines = 8, longest_line = 1200;
  std::string text;
  for (std::size_t lines = 0;; ++lines) {
    const std::size_t end = message.find('\n');
    if (lines == most_lines && !message.empty())
      return text +
             fmt::format("... and {} more lines", std::count(message.begin(), message.end(), '\n') + 1);
    text += shown_line(message.substr(0, end), "\t\\", longest_line);
    if (end == std::string_view::npos) return text;
    text += '\n';
    message.remove_prefix(end + 1);
  }
}

}  // namespace fsconv
