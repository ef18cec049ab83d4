// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>

namespace fsconv {
namespace {

constexpr std::size_t usual_columns = 80, fewest_columns = 60;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

std::size_t columns_of(int descriptor) {
  if (!is_terminal(descriptor)) return usual_columns;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const auto said = to_integer(environment("COLUMNS"));
  return said && *said > 0 ? static_cast<std::size_t>(*said) : usual_columns;
}

std::size_t page_width() { return std::max(columns_of(STDOUT_FILENO), fewest_columns); }

bool can_redraw(int descriptor) {
  const std::string_view term = environment("TERM");
  return is_terminal(descriptor) && !term.empty() && term != "dumb";
}

bool shows_colour(int descriptor) { return can_redraw(descriptor) && environment("NO_COLOR").empty(); }

std::string painted(std::string_view text, Colour colour, bool shown) {
  if (!shown || colour == Colour::none) return std::string(text);
  const char* code = colour == Colour::good ? "32" : colour == Colour::bad ? "1;31" : "33";
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::size_t visible_size(std::string_view text) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\033')
      at = std::min(text.find('m', at), text.size());
    else
      size += (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
  }
  return size;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t hanging) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  bool has_word = false;  // on the last line
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find(' ', word), text.size());
    if (word == end) break;  // blanks at the end
    const std::string_view blanks = text.substr(at, word - at), letters = text.substr(word, end - word);
    const std::size_t size = visible_size(letters);
    if (has_word && used + blanks.size() + size > width) {
      lines.emplace_back(hanging, ' ');
      used = hanging + size;
    } else {
      lines.back() += blanks;
      used += blanks.size() + size;
    }
    lines.back() += letters;
    has_word = true;
    at = end;
  }
  return lines;
}

std::string wrapped_text(std::string_view text, std::size_t width, std::size_t hanging) {
  std::string lines;
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string& line : split(text, '\n'))
    for (const std::string& part : wrapped(line, width, hanging)) lines += part + "\n";
  return lines;
}

std::string command_text(std::string_view begin, std::string_view command, std::size_t width,
                         std::size_t hanging) {
  constexpr std::string_view going_on = " \\";
  std::vector<std::string> pieces(1);
  for (const std::string& word : split(command, ' ')) {
    if (word.empty()) continue;
    if ((word.starts_with("--") || word.starts_with("#")) && !pieces.back().empty()) pieces.emplace_back();
    pieces.back() += (pieces.back().empty() ? "" : " ") + word;
  }
  const std::string next(hanging, ' ');
  std::string text, line = std::string(begin) + pieces.front();
  for (auto piece = pieces.begin() + 1; piece != pieces.end(); ++piece) {
    if (line.size() + 1 + piece->size() + going_on.size() < width) {
      line.append(" ").append(*piece);
      continue;
    }
    if (piece->starts_with('#')) return text + line + "\n" + next + *piece + "\n";
    text.append(line).append(going_on).append("\n");
    line = next + *piece;
  }
  return text + line + "\n";
}

std::string grid_text(const std::vector<std::vector<std::string>>& rows, std::size_t width,
                      std::size_t indent) {
  std::size_t widest = 1, columns = 0;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
    for (const std::string& entry : row) widest = std::max(widest, visible_size(entry));
  }
  const std::size_t room = width > indent ? (width - indent) / (widest + 1) : 1;
  const std::size_t at_once = std::max<std::size_t>(std::min(room, columns), 1);
  std::string text;
  for (std::size_t first = 0; first < columns; first += at_once) {
    const std::size_t last = std::min(first + at_once, columns);
    if (at_once < columns)
      text += fmt::format("{}{}columns {} to {}\n", first > 0 ? "\n" : "", std::string(indent, ' '), first,
                          last - 1);
    for (const auto& row : rows) {
      text += std::string(indent, ' ');
      for (std::size_t at = first; at < std::min(last, row.size()); ++at)
        text += fmt::format(" {:>{}}", row[at], widest);
      text += "\n";
    }
  }
  return text;
}

}  // namespace fsconv
