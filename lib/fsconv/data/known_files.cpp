// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/known_files.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/data/unpacked_file.hpp>
#include <fsconv/io/sha256.hpp>
#include <map>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

struct Content {
  Index bytes = 0;
  std::string sha256, damage;  // what is wrong with the file where it cannot be unpacked
};

// Archives are compared as they are, other files by what is in them.
Content read_content(const std::string& path, bool unpack) {
  Content content;
  if (!unpack) {
    content.bytes = static_cast<Index>(InputFile(path).size());
    content.sha256 = sha256_of_file(path);
    return content;
  }
  try {
    UnpackedFile file(path);
    Sha256 sum;
    std::vector<std::uint8_t> buffer(std::size_t{1} << 18);
    for (std::size_t got = buffer.size(); got == buffer.size();) {
      got = file.read(buffer);
      sum.add(std::as_bytes(std::span(buffer).first(got)));
      content.bytes += static_cast<Index>(got);
    }
    content.sha256 = sum.hex();
  } catch (const BadData& error) {
    content.damage = error.what();
  }
  return content;
}

// Contents that were read once, by path: the sets that use the same names are compared with the same files.
using Contents = std::map<std::string, Content>;

const Content& content_of(Contents& contents, const std::string& path, bool unpack) {
  const auto found = contents.find(path);
  return found != contents.end() ? found->second
                                 : contents.emplace(path, read_content(path, unpack)).first->second;
}

CheckedFile compared(const std::string& path, const KnownFile& known, const Content& content) {
  CheckedFile checked{
      .path = path, .bytes = content.bytes, .sha256 = content.sha256, .remark = content.damage};
  if (!content.damage.empty())
    checked.verdict = FileVerdict::wrong;
  else if (known.bytes > 0 && content.bytes != known.bytes)
    checked.verdict = FileVerdict::wrong,
    checked.remark = fmt::format("{} bytes, not {}", content.bytes, known.bytes);
  else if (known.sha256.empty())
    checked.verdict = FileVerdict::unchecked;
  else if (content.sha256 != known.sha256)
    checked.verdict = FileVerdict::wrong, checked.remark = fmt::format("SHA-256 {}", content.sha256);
  return checked;
}

bool is_archive(const KnownFile& known) {
  return known.name.ends_with(".tar.gz") || known.name.ends_with(".zip");
}

CheckedSet compare(const std::string& folder, const KnownSet& set, Contents& contents) {
  CheckedSet checked{std::string(set.name), folder, {}, {}};
  const auto add = [&](const KnownFile& known) {
    const auto path = find_data_file(folder, known.name);
    if (path)
      checked.files.push_back(compared(*path, known, content_of(contents, *path, !is_archive(known))));
    else if (known.is_needed)
      checked.files.push_back({(fs::path(folder) / known.name).string(), FileVerdict::missing, 0, {}, {}});
  };
  std::for_each(set.files.begin(), set.files.end(), add);
  std::for_each(set.archives.begin(), set.archives.end(), add);
  checked.remark = set.remark;
  return checked;
}

bool holds_any(const std::string& folder, const KnownSet& set) {
  const auto is_there = [&](const KnownFile& file) { return find_data_file(folder, file.name).has_value(); };
  return std::any_of(set.files.begin(), set.files.end(), is_there) ||
         std::any_of(set.archives.begin(), set.archives.end(), is_there);
}

std::string names() {
  std::vector<std::string> names;
  for (const KnownSet& set : known_sets()) names.emplace_back(set.name);
  return alternatives(names);
}

}  // namespace

Index CheckedSet::count(FileVerdict verdict) const {
  return std::count_if(files.begin(), files.end(),
                       [&](const CheckedFile& file) { return file.verdict == verdict; });
}

CheckedSet check_folder(const std::string& folder, const KnownSet& set) {
  Contents contents;
  return compare(folder, set, contents);
}

CheckedSet check_folder(const std::string& folder) {
  Contents contents;
  std::vector<CheckedSet> candidates;
  for (const KnownSet& set : known_sets())
    if (holds_any(folder, set)) candidates.push_back(compare(folder, set, contents));
  if (candidates.empty())
    throw BadData(
        folder, "holds no file of a known data set",
        fmt::format("known are {}; pictures have sums once fsconv data prepare has read them", names()));
  const auto is_less = [](const CheckedSet& a, const CheckedSet& b) {
    return a.count(FileVerdict::right) < b.count(FileVerdict::right);
  };
  return *std::max_element(candidates.begin(), candidates.end(), is_less);
}

CheckedSet check_file(const std::string& path) {
  const std::string folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path().string() : ".";
  std::vector<CheckedSet> candidates;
  Contents contents;
  const auto consider = [&](const KnownSet& set, const KnownFile& known) {
    const auto found = find_data_file(folder, known.name);
    std::error_code none;
    if (found && fs::equivalent(*found, path, none))
      candidates.push_back({std::string(set.name),
                            path,
                            {compared(path, known, content_of(contents, *found, !is_archive(known)))},
                            std::string(set.remark)});
  };
  for (const KnownSet& set : known_sets()) {
    for (const KnownFile& known : set.files) consider(set, known);
    for (const KnownFile& known : set.archives) consider(set, known);
  }
  if (candidates.empty())
    throw BadData(path, "is no file of a known data set and no prepared one",
                  fmt::format("known are {}", names()));
  const auto good =
      std::find_if(candidates.begin(), candidates.end(), [](const auto& one) { return one.is_good(); });
  return good != candidates.end() ? *good : candidates.front();
}

CheckedSet check_named(const std::string& name) {
  const KnownSet* const set = known_set(name);
  if (generated_kind_of(name))
    throw InvalidArgument("data verify", fmt::format("'{}' is drawn anew whenever it is used", excerpt(name)),
                          "there is no file to compare");
  if (!set)
    throw IoError(name,
                  fmt::format("no such file or folder, and no data set of that name; known are {}", names()));
  const auto place = place_of(*set);
  if (!place) throw IoError(name, how_to_get(*set));
  return check_folder(*place, *set);
}

CheckedSet check_prepared(const std::string& path) {
  CheckedFile file;
  file.path = path;
  std::string kind = "no prepared file";
  try {
    if (is_prepared(path)) kind = "prepared";
    file.remark = counted(verify_prepared(path), "image");
  } catch (const BadData& error) {
    file.verdict = FileVerdict::wrong;
    file.remark = error.what();
  }
  return {kind, path, {file}, {}};
}

nlohmann::json to_json(const std::vector<CheckedSet>& sets) {
  nlohmann::json list = nlohmann::json::array();
  for (const CheckedSet& set : sets) {
    nlohmann::json files = nlohmann::json::array();
    for (const CheckedFile& file : set.files)
      files.push_back({{"path", file.path},
                       {"verdict", name(file.verdict)},
                       {"bytes", file.bytes},
                       {"sha256", file.sha256},
                       {"remark", file.remark}});
    list.push_back({{"set", set.name},
                    {"place", set.place},
                    {"good", set.is_good()},
                    {"files", files},
                    {"remark", set.remark}});
  }
  return list;
}

std::string text(const std::vector<CheckedSet>& sets, std::size_t width) {
  std::string all;
  for (const CheckedSet& set : sets) {
    Table table({{"", Align::left}, {"", Align::left}, {"", Align::wrapped}}, width, 2);
    for (const CheckedFile& file : set.files)
      table.add({std::string(name(file.verdict)), one_line(fs::path(file.path).filename().string()),
                 one_line(file.remark)});
    all += wrapped_text(fmt::format("{}: {}", one_line(set.place), set.name), width, 2);
    all += table.text();
    if (!set.remark.empty()) all += wrapped_text("  note: " + set.remark, width, 4);
  }
  return all;
}

void require_good(const std::vector<CheckedSet>& sets) {
  Index wrong = 0, all = 0;
  const CheckedFile* first = nullptr;
  for (const CheckedSet& set : sets)
    for (const CheckedFile& file : set.files) {
      ++all;
      if (file.verdict != FileVerdict::wrong && file.verdict != FileVerdict::missing) continue;
      if (wrong++ == 0) first = &file;
    }
  if (first != nullptr)
    throw BadData(first->path,
                  fmt::format("is {}; {} of {} {}", name(first->verdict), wrong, counted(all, "file"),
                              wrong == 1 ? "is not what it should be" : "are not what they should be"));
}

}  // namespace fsconv
