// SPDX-License-Identifier: Apache-2.0
#include "config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <iterator>
#include <span>
#include <vector>

namespace fsconv::cli {
namespace {

using Entries = std::map<std::string, ConfigEntry>;

bool is_blank(char c) { return trimmed({&c, 1}).empty(); }

bool is_quote(char c) { return c == '"' || c == '\''; }

// One line from its first character on; fails with its place.
class LineReader {
 public:
  LineReader(std::string_view line, const std::string& place) : line_(line), place_(place) {}

  // What stands before the '='; empty where the line says nothing.
  std::string name() {
    const std::size_t equals = comment_from(0, line_.find('='));
    const std::string_view name = trimmed(line_.substr(0, equals));
    const bool has_value = equals < line_.size() && line_[equals] == '=';
    if (!has_value && name.empty()) return {};
    if (!has_value || name.empty()) fail(fmt::format("cannot read '{}'", excerpt(trimmed(line_))));
    at_ = equals + 1;
    return std::string(name);
  }

  ConfigEntry value() {
    skip_blanks();
    const bool is_list = at_ < line_.size() && line_[at_] == '[';
    const bool is_quoted = at_ < line_.size() && is_quote(line_[at_]);
    std::vector<std::string> entries;
    if (is_list) entries = list();
    const std::string text = is_list     ? fmt::format("{}", fmt::join(entries, ","))
                             : is_quoted ? quoted()
                                         : plain(line_.size());
    skip_blanks();
    if (at_ < line_.size() && line_[at_] != '#')
      fail(fmt::format("cannot read '{}' behind the value", excerpt(line_.substr(at_))));
    return {text, is_list, std::move(entries), place_};
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw InvalidArgument(place_, problem, "write NAME = VALUE");
  }

 private:
  void skip_blanks() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
  }

  // Where a comment begins before `end`, or there: a '#' that stands first or behind a blank. Another one belongs to what
  // it stands in. (No farther than that: a line of many entries is looked at by each of them.)
  std::size_t comment_from(std::size_t at, std::size_t end) const {
    end = std::min(end, line_.size());
    while (at < end && !(line_[at] == '#' && (at == 0 || is_blank(line_[at - 1])))) ++at;
    return at;
  }

  std::string plain(std::size_t end) {
    end = comment_from(at_, end);
    const std::string_view text = trimmed(line_.substr(at_, end - at_));
    at_ = end;
    return std::string(text);
  }

  std::string quoted() {
    const std::size_t first = at_ + 1, end = line_.find(line_[at_], first);
    if (end == std::string_view::npos) fail("a quotation does not end");
    at_ = end + 1;
    return std::string(line_.substr(first, end - first));
  }

  // [32, "3/2"] is 32,3/2.
  std::vector<std::string> list() {
    std::vector<std::string> entries;
    do {
      ++at_;  // the bracket or the comma
      skip_blanks();
      const bool is_quoted = at_ < line_.size() && is_quote(line_[at_]);
      entries.push_back(is_quoted ? quoted() : plain(line_.find_first_of(",]", at_)));
      skip_blanks();
    } while (at_ < line_.size() && line_[at_] == ',');
    if (at_ == line_.size() || line_[at_] != ']') fail("a list in brackets does not end");
    ++at_;
    if (entries.size() > 1 && std::find(entries.begin(), entries.end(), "") != entries.end())
      fail("a list has an empty entry");
    return entries;
  }

  std::string_view line_;
  const std::string& place_;
  std::size_t at_ = 0;
};

std::string content_of(const std::string& path) {
  constexpr std::uint64_t largest = 1 << 20;
  const InputFile file(path);  // a device or a pipe may have no end
  if (file.size() > largest)
    throw InvalidArgument(path, fmt::format("has {} bytes", file.size()),
                          "a configuration file has 1 MiB at most");
  std::string content(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(content)));
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // what some editors begin UTF-8 with
  if (content.starts_with(byte_order_mark)) content.erase(0, byte_order_mark.size());
  return content;
}

void add(Entries& entries, const std::string& name, ConfigEntry entry) {
  const auto [earlier, is_new] = entries.emplace(name, entry);
  if (!is_new)
    throw InvalidArgument(entry.place, fmt::format("'{}' is given more than once", excerpt(name)),
                          "first at " + earlier->second.place);
}

Entries from_lines(const std::string& path, std::string_view content) {
  Entries entries;
  for (int number = 1; !content.empty(); ++number) {
    const std::string place = fmt::format("{}:{}", path, number);
    std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    LineReader reader(line, place);
    if (std::any_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < ' ' && c != '\t'; }))
      reader.fail(fmt::format("cannot read '{}', which has control characters", excerpt(line)));
    if (const std::string name = reader.name(); !name.empty()) add(entries, name, reader.value());
  }
  return entries;
}

std::string kind_of(const nlohmann::json& value) {
  if (value.is_null()) return "null";
  return value.is_object() ? "an object" : "a list of other than plain values";
}

// `place_of` says where a name stands.
template <class PlaceOf>
Entries from_json(const nlohmann::json& json, const PlaceOf& place_of) {
  Entries entries;
  for (const auto& [name, value] : json.items()) {
    const std::string place = place_of(name);
    if (name.empty()) throw InvalidArgument(place, "an option has no name");
    const auto text = option_text(value);
    if (!text)
      throw InvalidArgument(place, fmt::format("{} is {}", excerpt(name), kind_of(value)),
                            "use a text, a number, true, false or a list of these");
    if (value.is_array() && value.size() > 1 &&
        std::any_of(value.begin(), value.end(), [](const auto& entry) { return entry == ""; }))
      throw InvalidArgument(place, fmt::format("{}: the list has an empty entry", excerpt(name)));
    ConfigEntry entry{*text, value.is_array(), {}, place};
    if (value.is_array())
      for (const auto& one : value) entry.entries.push_back(*option_text(one));
    entries.emplace(name, std::move(entry));
  }
  return entries;
}

// Goes through a text and counts its lines for whoever reads it through this.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *line_ += *at_++ == '\n';
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

Entries from_json_text(const std::string& path, const std::string& content) {
  int line = 1;
  std::map<std::string, std::string> places;
  const auto here = [&] { return fmt::format("{}:{}", path, line); };
  const auto note = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    if (depth != 1 || event != nlohmann::json::parse_event_t::key) return true;
    const auto name = parsed.get<std::string>();
    if (const auto [earlier, is_new] = places.emplace(name, here()); !is_new)
      throw InvalidArgument(here(), fmt::format("'{}' is given more than once", excerpt(name)),
                            "first at " + earlier->second);
    return true;
  };
  const char* const end = content.data() + content.size();
  if (const std::size_t zero = content.find('\0'); zero != std::string::npos) {  // the parser's end of a text
    line += static_cast<int>(
        std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(zero), '\n'));
    throw InvalidArgument(here(), "holds a zero byte", "JSON has none");
  }
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(CountingIterator(content.data(), &line), CountingIterator(end, &line), note);
  } catch (const nlohmann::json::exception&) {
    throw InvalidArgument(here(), "is no JSON object, though the file starts like one");
  }
  return from_json(json, [&](const std::string& name) { return places.at(name); });
}

// Where the earlier run wrote, and what it was allowed to replace there, was its own.
constexpr const char* of_that_run[] = {"output", "force"};

}  // namespace

Entries read_config_file(const std::string& path) {
  if (names_hdf5(path) || is_hdf5_file(path)) {
    const hdf5::File file = hdf5::File::open(path);
    nlohmann::json configuration = read_configuration(file);
    // A run whose parts contradict each other is to blame itself, not whoever names it.
    if (file.string_attribute("/", "kind") == "train") {
      read_train_config(file);
      complete_recorded(configuration);
    }
    for (const char* option : of_that_run) configuration.erase(option);
    return from_json(configuration, [&](const std::string&) { return path; });
  }
  const std::string content = content_of(path);
  if (!trimmed(content).starts_with('{')) return from_lines(path, content);
  return from_json_text(path, content);
}

}  // namespace fsconv::cli
