// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/shard_files.hpp>
#include <fsconv/io/table_columns.hpp>
#include <set>

namespace fsconv {
namespace {

using json = nlohmann::json;

constexpr auto column = "place", count_attribute = "places";

std::string words_of(const hdf5::Value& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

// What a file says of itself in an attribute of its root.
std::string said(const ShardFile& file, const std::string& attribute) {
  const auto found = file.root.find(attribute);
  return found == file.root.end() ? "unknown" : words_of(found->second);
}

// Options that name one shard, or that change nothing in what is found.
bool says_what_is_done(const std::string& option, const std::string& kind) {
  return option != "output" && option != "json" && !(option == "threads" && kind == "verify");
}

// Attributes of the root that two shards have alike, in the order in which differences are told.
bool is_common(const std::string& attribute, const std::string& kind) {
  if (attribute == "threads" || attribute == "cpu") return kind == "bench";
  return attribute == "seed" || attribute == "git_commit" || attribute == "git_dirty" || attribute == "isa" ||
         attribute == "schema_version" || attribute.starts_with("version.");
}

Shard shard_of(const std::string& path, const json& configuration) {
  const auto found = configuration.find("shard");
  try {
    if (found != configuration.end() && found->is_string()) return parse_shard(found->get<std::string>());
  } catch (const InvalidArgument& refused) {
    throw BadData(path, refused.what());
  }
  throw BadData(path, "is the file of a whole run, not of a shard",
                "give files that fsconv verify or fsconv bench wrote with --shard");
}

ShardFile read_shard_file(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  ShardFile shard{.path = path, .shard = {}, .kind = {}, .configuration = read_configuration(file)};
  for (const std::string& attribute : file.attributes("/"))
    if (attribute != "digest") shard.root[attribute] = file.attribute("/", attribute);
  shard.kind = file.string_attribute("/", "kind");
  if (shard.kind != "verify" && shard.kind != "bench")
    throw BadData(path, fmt::format("is a file of fsconv {}, which has no shards", shard.kind),
                  "give files that fsconv verify or fsconv bench wrote with --shard");
  shard.shard = shard_of(path, shard.configuration);
  shard.configuration.erase("shard");
  return shard;
}

// "--claim matrix", or "no --claim".
std::string option_of(const ShardFile& file, const std::string& name) {
  const auto found = file.configuration.find(name);
  if (found == file.configuration.end()) return "no --" + name;
  return fmt::format("--{} {}", name, found->is_string() ? found->get<std::string>() : found->dump());
}

void require_same_run(const ShardFile& first, const ShardFile& other) {
  const auto differ = [&](const std::string& others, const std::string& firsts) {
    throw BadData(other.path, fmt::format("has {}, and {} has {}", others, first.path, firsts),
                  "give the shards of one run");
  };
  if (other.kind != first.kind)
    differ("what fsconv " + other.kind + " found", "what fsconv " + first.kind + " found");
  if (other.shard.of != first.shard.of) differ("shard " + other.shard.text(), "shard " + first.shard.text());
  std::set<std::string> options, attributes;
  for (const ShardFile* file : {&first, &other}) {
    for (const auto& [option, value] : file->configuration.items()) options.insert(option);
    for (const auto& [attribute, value] : file->root) attributes.insert(attribute);
  }
  for (const std::string& option : options)
    if (says_what_is_done(option, first.kind) && option_of(first, option) != option_of(other, option))
      differ(option_of(other, option), option_of(first, option));
  for (const std::string& attribute : attributes) {
    if (!is_common(attribute, first.kind)) continue;
    const std::string mine = said(other, attribute), firsts = said(first, attribute);
    if (mine != firsts)
      differ(fmt::format("{} {}", attribute, mine), fmt::format("{} {}", attribute, firsts));
  }
}

// Numbers as Slurm takes them for --array: "2,5-7".
std::string ranges(const std::vector<Index>& numbers) {
  std::vector<std::string> list;
  for (std::size_t at = 0; at < numbers.size();) {
    std::size_t end = at + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    list.push_back(end - at == 1 ? fmt::format("{}", numbers[at])
                                 : fmt::format("{}-{}", numbers[at], numbers[end - 1]));
    at = end;
  }
  return fmt::format("{}", fmt::join(list, ","));
}

void require_all(const std::vector<ShardFile>& files) {
  for (std::size_t at = 1; at < files.size(); ++at)
    if (files[at].shard == files[at - 1].shard)
      throw BadData(
          files[at].path,
          files[at].path == files[at - 1].path
              ? "is given twice"
              : fmt::format("is shard {}, and so is {}", files[at].shard.text(), files[at - 1].path),
          "give every shard once");
  const Index of = files.front().shard.of;
  std::vector<Index> missing;
  std::size_t at = 0;
  for (Index number = 1; number <= of; ++number)
    if (at < files.size() && files[at].shard.number == number)
      ++at;
    else
      missing.push_back(number);
  if (!missing.empty())
    throw BadData("files",
                  fmt::format("of {} shards {} {} missing: {}", of, missing.size(),
                              missing.size() == 1 ? "is" : "are", ranges(missing)),
                  fmt::format("run fsconv {} for each, as with --shard {}/{}, and name the files, too",
                              files.front().kind, missing.front(), of));
}

// What the files say of themselves, each word once; of many the first.
std::string joined(const std::vector<ShardFile>& files, const std::string& attribute) {
  constexpr std::size_t most = 8;
  std::vector<std::string> words;
  for (const ShardFile& file : files) {
    const std::string word = said(file, attribute);
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  const std::size_t more = words.size() - std::min(words.size(), most);
  words.resize(words.size() - more);
  return fmt::format("{}", fmt::join(words, ", ")) + (more > 0 ? fmt::format(" and {} more", more) : "");
}

// Of a time as run_log writes it: shards may have run in different time zones.
std::time_t instant(const std::string& time) {
  std::tm parts{};
  if (::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S%z", &parts) == nullptr) return 0;
  const long east = parts.tm_gmtoff;
  return ::timegm(&parts) - east;
}

}  // namespace

void write_places(hdf5::File& file, const std::string& table, const std::string& index,
                  const ShardRows& rows) {
  const std::vector<std::int64_t> places(rows.places.begin(), rows.places.end());
  file.write(table + "/" + column, places,
             {.dimensions = {index},
              .compressed = true,
              .long_name = "number of the row in the table of all shards"});
  file.set_attribute(table, count_attribute, std::int64_t{rows.of_all});
}

std::optional<ShardRows> read_places(const hdf5::File& file, SealedReader& sealed, const std::string& table,
                                     Index rows) {
  const std::string name = table + "/" + column;
  if (!file.exists(name)) return std::nullopt;
  const auto refuse = [&](const std::string& problem) { throw BadData(file.path() + ":" + name, problem); };
  if (file.shape(name) != Shape{rows}) refuse(fmt::format("has not {} rows, as its table has", rows));
  const Tensor<std::int64_t> places = sealed.read<std::int64_t>(name);
  ShardRows read{.places = {places.begin(), places.end()},
                 .of_all = file.integer_attribute(table, count_attribute)};
  for (std::size_t at = 0; at < read.places.size(); ++at) {
    const Index place = read.places[at];
    if (place < 0 || place >= read.of_all || (at > 0 && place <= read.places[at - 1]))
      refuse(fmt::format("holds {} in row {}, of {} places that ascend", place, at, read.of_all));
  }
  return read;
}

std::vector<ShardFile> read_shard_files(const std::vector<std::string>& paths) {
  if (paths.empty()) throw InvalidArgument("files", "are missing", "name the files of all shards");
  std::vector<ShardFile> files;
  for (const std::string& path : paths) {
    stop_if_interrupted();
    files.push_back(read_shard_file(path));
    require_same_run(files.front(), files.back());
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const ShardFile& a, const ShardFile& b) { return a.shard.number < b.shard.number; });
  require_all(files);
  return files;
}

std::vector<RowSource> rows_in_order(const std::vector<ShardFile>& files,
                                     const std::vector<ShardRows>& tables, const std::string& name) {
  const auto where = [&](std::size_t file) { return files[file].path + ":" + name; };
  std::vector<std::pair<Index, RowSource>> rows;
  for (std::size_t file = 0; file < tables.size(); ++file) {
    if (tables[file].of_all != tables.front().of_all)
      throw BadData(where(file),
                    fmt::format("is a part of {} rows, and {} of {}", tables[file].of_all, where(0),
                                tables.front().of_all),
                    "give the shards of one run");
    for (std::size_t row = 0; row < tables[file].places.size(); ++row)
      rows.push_back({tables[file].places[row], {file, row}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<RowSource> sources;
  for (const auto& [place, source] : rows) {
    const auto wanted = static_cast<Index>(sources.size());
    if (place < wanted)
      throw BadData(where(source.file),
                    fmt::format("has row {}, and so has {}", place, where(sources.back().file)),
                    "give the shards of one run");
    if (place > wanted) break;
    sources.push_back(source);
  }
  if (static_cast<Index>(sources.size()) != tables.front().of_all)
    throw BadData(name,
                  fmt::format("row {} of {} is in none of the shards", sources.size(), tables.front().of_all),
                  "give the shards of one run");
  return sources;
}

hdf5::File begin_merged(const std::string& output, const std::vector<ShardFile>& files) {
  hdf5::File file = hdf5::File::create(output);
  const ShardFile& first = files.front();
  std::map<std::string, hdf5::Value> root = first.root;
  json configuration = first.configuration;
  configuration["output"] = output;  // any bytes, of which an attribute takes those that are UTF-8
  const std::string text = configuration.dump(-1, ' ', false, json::error_handler_t::replace);
  root["configuration"] = text;
  root["config.output"] = json::parse(text)["output"].get<std::string>();
  root.erase("config.shard");
  if (files.size() > 1)
    root["command_line"] = said(first, "command_line") +
                           fmt::format("  # and {}, put together by fsconv merge",
                                       counted(static_cast<Index>(files.size()) - 1, "more shard"));
  for (const char* attribute : {"host", "cpu"}) root[attribute] = joined(files, attribute);
  const auto earlier = [](const char* time) {
    return [time](const ShardFile& a, const ShardFile& b) {
      return instant(said(a, time)) < instant(said(b, time));
    };
  };
  root["start_time"] = said(*std::ranges::min_element(files, earlier("start_time")), "start_time");
  root["end_time"] = said(*std::ranges::max_element(files, earlier("end_time")), "end_time");
  for (const auto& [attribute, value] : root) file.set_attribute("/", attribute, value);
  return file;
}

}  // namespace fsconv
