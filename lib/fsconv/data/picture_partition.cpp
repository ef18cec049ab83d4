// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/picture_partition.hpp>
#include <fsconv/io/input_file.hpp>
#include <string_view>
#include <unordered_map>

namespace fsconv {
namespace {

constexpr const char* legal_line = "NAME 0, NAME 1 or NAME 2: train, validation, test";

std::string whole_text(const std::string& path) {
  const InputFile file(path);
  require_memory_for(path, static_cast<Index>(file.size()), 1);
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

// "faces/" where all names begin with it: the longest such path.
std::string common_folder(const std::vector<PictureEntry>& pictures) {
  // Names are sorted: what the first and the last one share, all share.
  const std::string_view first = pictures.front().name, last = pictures.back().name;
  std::size_t same = 0, end = 0;
  for (; same < std::min(first.size(), last.size()) && first[same] == last[same]; ++same)
    if (first[same] == '/') end = same + 1;
  return std::string(first.substr(0, end));
}

struct Line {
  std::string_view name;
  DataPart part;
};

std::optional<Line> read_line(std::string_view text) {
  constexpr std::string_view digits = "012", blanks = " \t";
  if (text.size() < 3) return std::nullopt;
  const std::size_t part = digits.find(text.back());
  const std::string_view before = text.substr(0, text.size() - 1);
  if (part == std::string_view::npos || blanks.find(before.back()) == std::string_view::npos)
    return std::nullopt;
  const std::string_view name = trimmed(before);
  if (name.empty()) return std::nullopt;
  return Line{name, std::array{DataPart::train, DataPart::validation, DataPart::test}[part]};
}

}  // namespace

void read_partition(const std::string& file, PictureFolder& folder) {
  std::vector<PictureEntry>& pictures = folder.pictures;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t at = 0; at < pictures.size(); ++at) places.emplace(pictures[at].name, at);
  const auto find = [&, above = common_folder(pictures)](std::string_view name) {
    const auto found = places.find(name);
    return found != places.end() ? found : places.find(above + std::string(name));
  };

  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  const std::string text = whole_text(file);
  std::vector<Index> line_of(pictures.size(), 0);
  Index number = 0;
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view content = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string where = fmt::format("{}: line {}", file, ++number);
    if (content.empty()) continue;
    const auto line = read_line(content);
    if (!line) throw BadData(where, fmt::format("is '{}'", excerpt(content)), legal_line);
    const auto found = find(line->name);
    if (found == places.end())
      throw BadData(where,
                    fmt::format("names '{}', which is no picture of {}", excerpt(line->name), folder.folder));
    Index& earlier = line_of[found->second];
    if (earlier != 0)
      throw BadData(where, fmt::format("names '{}' again, after line {}", excerpt(line->name), earlier));
    earlier = number;
    pictures[found->second].part = line->part;
  }
  const auto without = std::count(line_of.begin(), line_of.end(), 0);
  if (without > 0) {
    const auto first = std::find(line_of.begin(), line_of.end(), 0) - line_of.begin();
    throw BadData(file, fmt::format("has no line for {} of {}, such as '{}'", without,
                                    counted(static_cast<Index>(pictures.size()), "picture"),
                                    excerpt(pictures[static_cast<std::size_t>(first)].name)));
  }
  folder.has_parts = true;
  folder.partition = file;
}

}  // namespace fsconv
