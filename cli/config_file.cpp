#include "config_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace fsconv::cli {
namespace {

using Texts = std::map<std::string, std::string>;
constexpr auto blanks = " \t\r\n\v\f";

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// [32, "3/2"] -> 32,3/2; everything else is itself.
std::string without_brackets(const std::string& value) {
  if (value.size() < 2 || value.front() != '[' || value.back() != ']') return value;
  std::string list;
  for (const std::string& piece : split(value.substr(1, value.size() - 2), ',')) {
    std::string entry = trimmed(piece);
    if (entry.size() > 1 && entry.front() == '"' && entry.back() == '"')
      entry = entry.substr(1, entry.size() - 2);
    list += (list.empty() ? "" : ",") + entry;
  }
  return list;
}

// A device or a pipe may have no end.
std::string content_of(const std::string& path) {
  constexpr std::uintmax_t largest = 1 << 20;
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw IoError(path, "is no regular file");
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, failure) > largest)
    throw IoError(path, "is larger than a configuration file can be (1 MiB)");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError::from_errno(path, "open");
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw IoError::from_errno(path, "read");
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // what some editors begin UTF-8 with
  if (content.starts_with(byte_order_mark)) content.erase(0, byte_order_mark.size());
  return content;
}

Texts from_lines(const std::string& path, const std::string& content) {
  Texts texts;
  std::istringstream lines(content);
  int number = 0;
  for (std::string whole; std::getline(lines, whole);) {
    ++number;
    const std::string line = trimmed(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    const std::string name = trimmed(line.substr(0, equals));
    if (equals == std::string::npos || name.empty())
      throw InvalidArgument(fmt::format("{}:{}", path, number), fmt::format("cannot read '{}'", line),
                            "write NAME = VALUE");
    const std::string value = trimmed(line.substr(equals + 1));
    if (value.empty())
      throw InvalidArgument(fmt::format("{}:{}", path, number), fmt::format("{} is empty", name),
                            "write NAME = VALUE");
    if (!texts.emplace(name, without_brackets(value)).second)
      throw InvalidArgument(name, fmt::format("is given more than once in {}", path));
  }
  return texts;
}

Texts from_json(const std::string& path, const nlohmann::json& json) {
  Texts texts;
  for (const auto& [name, value] : json.items()) {
    const auto text = option_text(value);
    if (!text)
      throw InvalidArgument(name,
                            fmt::format("is {} in {}", value.is_null() ? "null" : "no plain value", path),
                            "use a text, a number, true, false or a list of these");
    texts.emplace(name, *text);
  }
  return texts;
}

}  // namespace

Texts read_config_file(const std::string& path) {
  if (names_hdf5(path)) return from_json(path, read_configuration(hdf5::File::open(path)));
  const std::string content = content_of(path);
  const std::size_t first = content.find_first_not_of(blanks);
  if (first == std::string::npos || content[first] != '{') return from_lines(path, content);
  std::set<std::string> names;
  std::string twice;
  const auto note = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    if (depth == 1 && event == nlohmann::json::parse_event_t::key)
      if (const auto name = parsed.get<std::string>(); !names.insert(name).second) twice = name;
    return true;
  };
  const auto json = nlohmann::json::parse(content, note, false);
  if (!twice.empty()) throw InvalidArgument(twice, "stands twice in " + path);
  if (names.contains("")) throw InvalidArgument("config", path + " has an option without a name");
  if (!json.is_object())
    throw InvalidArgument("config", path + " is no JSON object, though it starts like one");
  return from_json(path, json);
}

}  // namespace fsconv::cli
