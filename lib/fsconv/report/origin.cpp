// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/io/hdf5/content_digest.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/report/origin.hpp>
#include <map>

namespace fsconv::report {

namespace {

std::string text_of(const hdf5::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::visit(
      [](const auto& number) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(number)>>)
          return fmt::format("{}", number);
        else
          return std::string();
      },
      value);
}

constexpr const char* not_recorded = "not recorded";

}  // namespace

const std::string& Origin::fact(const std::string& name) const {
  static const std::string none = not_recorded;
  for (const auto& [of, text] : facts)
    if (of == name) return text;
  return none;
}

Origin read_origin(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  if (!file.has_attribute("/", "kind"))
    throw BadData(path, "is no file of results of fsconv: it has no attribute kind");
  read_configuration(file);  // refuses newer schemas, and what contradicts itself
  Origin origin{.path = path, .label = {}, .kind = file.string_attribute("/", "kind"), .facts = {}};
  for (const char* name : {"command_line", "git_commit", "git_dirty", "host", "cpu", "threads", "isa", "seed",
                           "start_time", "end_time", "schema_version"})
    origin.facts.emplace_back(
        name, file.has_attribute("/", name) ? text_of(file.attribute("/", name)) : not_recorded);
  std::string versions;
  for (const std::string& name : file.attributes("/"))
    if (name.starts_with("version."))
      versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", name.substr(8),
                              text_of(file.attribute("/", name)));
  origin.facts.emplace_back("versions", versions.empty() ? not_recorded : versions);
  std::string digest = "none: the file is of a schema before digests";
  if (file.has_attribute("/", "digest")) {
    const std::string text = file.string_attribute("/", "digest");
    const auto json = parsed_json(text);
    if (text == hdf5::unchecked)
      digest = "unchecked: its owner has changed the file";
    else if (json.is_object() && json.contains("all") && json["all"].is_string())
      digest = json["all"].get<std::string>();
  }
  origin.facts.emplace_back("digest", digest);
  origin.dirty = origin.fact("git_dirty") == "true";
  return origin;
}

std::vector<std::string> labels_of(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> whole(paths.begin(), paths.end());
  std::vector<std::string> labels;
  // Names; where two are equal, with more and more of the folders before them.
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const std::vector<std::filesystem::path> parts(whole[at].begin(), whole[at].end());
    const auto label_of = [](const std::filesystem::path& path, std::size_t count) {
      std::filesystem::path label;
      const std::vector<std::filesystem::path> all(path.begin(), path.end());
      for (std::size_t n = all.size() - std::min(count, all.size()); n < all.size(); ++n) label /= all[n];
      return label.replace_extension().string();
    };
    std::size_t count = 1;
    const auto taken = [&] {
      for (std::size_t other = 0; other < whole.size(); ++other)
        if (other != at && label_of(whole[other], count) == label_of(whole[at], count)) return true;
      return false;
    };
    while (count < parts.size() && taken()) ++count;
    labels.push_back(taken() ? paths[at] : label_of(whole[at], count));
  }
  return labels;
}

void add_origins(Page& page, const std::vector<Origin>& origins) {
  static constexpr std::pair<const char*, const char*> rows[] = {{"command_line", "command"},
                                                                 {"git_commit", "commit"},
                                                                 {"git_dirty", "with uncommitted changes"},
                                                                 {"host", "host"},
                                                                 {"cpu", "processor"},
                                                                 {"threads", "threads"},
                                                                 {"isa", "instructions"},
                                                                 {"seed", "seed"},
                                                                 {"start_time", "begun"},
                                                                 {"end_time", "last written"},
                                                                 {"schema_version", "schema of the file"},
                                                                 {"versions", "libraries"},
                                                                 {"digest", "digest of the file (XXH3)"}};
  page.heading("How these files were made");
  const auto is_code = [](std::string_view name) {
    return name == "command_line" || name == "git_commit" || name == "digest";
  };
  Table common{.caption = "The same for all of them", .head = {"what", "value"}, .rows = {}};
  std::vector<std::pair<const char*, const char*>> different;
  for (const auto& row : rows) {
    const std::string& first = origins.front().fact(row.first);
    if (std::all_of(origins.begin(), origins.end(),
                    [&](const Origin& one) { return one.fact(row.first) == first; }))
      common.rows.push_back(
          {{row.second}, {first, is_code(row.first) ? Cell::Kind::code : Cell::Kind::text}});
    else
      different.push_back(row);
  }
  if (origins.size() == 1) common.caption = origins.front().path;
  if (!different.empty())
    for (const Origin& origin : origins) {
      Table own{.caption = origin.path, .head = {"what", "value"}, .rows = {}};
      for (const auto& [name, words] : different)
        own.rows.push_back(
            {{words}, {origin.fact(name), is_code(name) ? Cell::Kind::code : Cell::Kind::text}});
      if (origins.size() <= 4)
        page.add(table(own));
      else
        page.add(folded(origin.label, {table(own)}));
    }
  if (!common.rows.empty()) page.add(table(common));
}

nlohmann::json json_of(const Origin& origin) {
  nlohmann::json json = {{"path", origin.path}, {"label", origin.label}, {"kind", origin.kind}};
  for (const auto& [name, text] : origin.facts) json[name] = text;
  return json;
}

}  // namespace fsconv::report
