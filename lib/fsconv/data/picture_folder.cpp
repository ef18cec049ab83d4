// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fsconv/base/descriptor.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/data/picture_partition.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr Index most_classes = 256;

bool named_like_picture(const std::string& name) {
  constexpr std::array<std::string_view, 5> endings = {".jpg", ".jpeg", ".jpe", ".jfif", ".png"};
  const std::string lower = lower_case(name);
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return lower.ends_with(ending); });
}

// Lists of sources are kept as lines and as JSON.
bool can_be_listed(const std::string& name) try {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  static_cast<void>(nlohmann::json(name).dump());  // throws for what is no UTF-8
  return std::none_of(name.begin(), name.end(), is_control);
} catch (const nlohmann::json::exception&) {
  return false;
}

// Whether it is this file that the system refuses, and not the disk that fails.
bool cannot_be_opened(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.valid()) return false;
  constexpr std::array reasons = {ENOENT, ENOTDIR, EACCES, EPERM, ELOOP};
  return std::find(reasons.begin(), reasons.end(), errno) != reasons.end();
}

// How many of some files, and the name of the first of them.
struct Counted {
  Index count = 0;
  std::string first = {};

  void add(const std::string& name) {
    if (count++ == 0 || name < first) first = name;
  }
};

// Walks down from a folder: to all pictures, or to one.
class Walk {
 public:
  enum class Until { end, first_picture };

  explicit Walk(const std::string& root, Until until = Until::end) : root_(root), until_(until) {
    enter("");
    // After all folders, so that a link to one never takes its place.
    while (!links_.empty() && !is_over()) enter(links_.extract(links_.begin()).value() + "/");
    std::sort(names_.begin(), names_.end());
  }

  bool found_any() const { return !names_.empty(); }
  std::vector<std::string> take_names() { return std::move(names_); }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    if (others_.count > 0)
      notes.push_back(fmt::format("{} left out: no JPEG or PNG, such as {}", counted(others_.count, "file"),
                                  excerpt(others_.first)));
    if (closed_.count > 0)
      notes.push_back(fmt::format("{} left out: what they are cannot be read, such as {}",
                                  counted(closed_.count, "file or link", "files or links"),
                                  excerpt(closed_.first)));
    if (hidden_ > 0)
      notes.push_back(fmt::format("{} left out: their names begin with a dot",
                                  counted(hidden_, "file or folder", "files or folders")));
    if (repeated_.count > 0)
      notes.push_back(fmt::format("{} left out: the folder is listed under another name, such as {}",
                                  counted(repeated_.count, "way", "ways"), excerpt(repeated_.first)));
    return notes;
  }

 private:
  bool is_over() const { return until_ == Until::first_picture && found_any(); }

  // `below` is the folder's path below the root, with a slash behind it, or nothing.
  void enter(const std::string& below) {
    const std::string folder = root_ + "/" + below;
    if (!is_first_visit(folder)) {
      repeated_.add(below.substr(0, below.size() - 1));
      return;
    }
    std::error_code problem;
    std::vector<std::string> folders;
    fs::directory_iterator entry(folder, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      if (++seen_ % 1000 == 0) stop_if_interrupted();
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.'))
        ++hidden_;
      else
        look_at(below + name, *entry, folders);
      if (is_over()) return;
    }
    if (problem) throw IoError(folder, fmt::format("cannot list the folder: {}", problem.message()));
    std::sort(folders.begin(), folders.end());
    for (const std::string& next : folders) {
      enter(next + "/");
      if (is_over()) return;
    }
  }

  bool is_first_visit(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) throw IoError::from_errno(folder, "list the folder");
    return visited_.emplace(status.st_dev, status.st_ino).second;
  }

  void look_at(const std::string& name, const fs::directory_entry& entry, std::vector<std::string>& folders) {
    const std::string path = root_ + "/" + name;
    std::error_code none;
    const bool is_link = entry.is_symlink(none);
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
      if (!S_ISDIR(status.st_mode))
        add(name, S_ISREG(status.st_mode));
      else if (is_link)
        links_.insert(name);
      else
        folders.push_back(name);
    } else if (is_link || errno == ENOENT) {
      add_closed(name);
    } else {  // the folder can be listed, and not searched
      throw IoError::from_errno(path, "see what it is");
    }
  }

  void add(const std::string& name, bool is_regular) {
    if (name == partition_name) return;
    if (is_regular && named_like_picture(name)) return add_picture(name);
    const std::string path = root_ + "/" + name;
    try {
      if (is_regular && picture_format(path)) return add_picture(name);
    } catch (const IoError&) {
      if (!cannot_be_opened(path)) throw;
      return add_closed(name);
    }
    others_.add(name);
  }

  // What leads nowhere was a picture once, if its name says so: reading it is an error.
  void add_closed(const std::string& name) {
    if (name == partition_name) return;
    if (named_like_picture(name))
      add_picture(name);
    else
      closed_.add(name);
  }

  void add_picture(const std::string& name) {
    if (!can_be_listed(name))
      throw BadData(
          root_,
          fmt::format("the name of the picture '{}' holds bytes that no list can hold", excerpt(name, 200)),
          "rename it: UTF-8 without control characters");
    names_.push_back(name);
  }

  std::string root_;
  Until until_;
  std::vector<std::string> names_;
  std::set<std::string> links_;  // to folders, not entered yet
  std::set<std::pair<dev_t, ino_t>> visited_;
  Index seen_ = 0, hidden_ = 0;
  Counted others_, closed_, repeated_;
};

std::optional<DataPart> part_named(std::string_view folder) {
  const std::string name = lower_case(folder);
  if (name == "train") return DataPart::train;
  if (name == "test") return DataPart::test;
  if (name == "val" || name == "validation" || name == "valid") return DataPart::validation;
  return std::nullopt;
}

// "a" of "a/b.png", nothing of "b.png".
std::optional<std::string_view> first_folder(std::string_view name) {
  const std::size_t slash = name.find('/');
  return slash == std::string_view::npos ? std::nullopt : std::optional(name.substr(0, slash));
}

// The parts that folders named train/, test/ ... say. Returns whether they do.
bool take_parts_from_folders(PictureFolder& list, bool has_partition) {
  std::set<DataPart> parts;
  const PictureEntry *outside = nullptr, *kept_apart = nullptr;
  for (PictureEntry& picture : list.pictures) {
    const auto folder = first_folder(picture.name);
    if (const auto part = folder ? part_named(*folder) : std::nullopt) {
      parts.insert(picture.part = *part);
      if (*part != DataPart::train && !kept_apart) kept_apart = &picture;
    } else if (!outside) {
      outside = &picture;
    }
  }
  // Nobody means to train on what he calls test/; train/ alone may be a class, of trains.
  if (kept_apart && !parts.contains(DataPart::train) && !has_partition)
    throw BadData(list.folder,
                  fmt::format("has a folder {}/ and no train/", excerpt(*first_folder(kept_apart->name))),
                  "train/ and test/ (or val/) say what pictures are for; classes have other names");
  const bool says_parts = parts.contains(DataPart::train) && parts.size() > 1 && !(outside && has_partition);
  if (!says_parts)
    for (PictureEntry& picture : list.pictures) picture.part = DataPart::train;
  else if (outside)
    throw BadData(
        list.folder,
        fmt::format("'{}' lies beside the folders whose names say what they are for", outside->name),
        "all pictures in train/, test/ or validation/, or none");
  return says_parts;
}

// Labels from the names of subfolders, those of the folder or those of its parts.
void take_labels(PictureFolder& list, bool below_parts) {
  const auto class_of = [&](const PictureEntry& picture) {
    std::string_view name = picture.name;
    if (below_parts) name.remove_prefix(name.find('/') + 1);
    return first_folder(name);
  };
  std::set<std::string, std::less<>> classes;
  Counted outside;
  for (const PictureEntry& picture : list.pictures)
    if (const auto name = class_of(picture))
      classes.emplace(*name);
    else
      outside.add(picture.name);
  const auto count = static_cast<Index>(classes.size());
  if (outside.count > 0) {
    if (count > 1)
      list.notes.push_back(
          fmt::format("no labels: there are {} subfolders, and {} in none of them, such as {}", count,
                      counted(outside.count, "picture lies", "pictures lie"), excerpt(outside.first)));
    return;
  }
  if (count > most_classes)
    list.notes.push_back(
        fmt::format("no labels: there are {} subfolders, and at most {} classes", count, most_classes));
  if (count < 2 || count > most_classes) return;
  list.classes.assign(classes.begin(), classes.end());
  for (PictureEntry& picture : list.pictures) {
    const auto found = std::lower_bound(list.classes.begin(), list.classes.end(), *class_of(picture));
    picture.label = static_cast<std::uint8_t>(found - list.classes.begin());
  }
}

std::string usable_name(std::string folder) {
  if (folder.empty()) throw InvalidArgument("folder", "is an empty name", "a folder of pictures");
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

}  // namespace

bool lies_with_picture(const Error& error, const std::string& path) {
  return error.code() == ExitCode::bad_data || (error.code() == ExitCode::io && cannot_be_opened(path));
}

std::string PictureFolder::path(const PictureEntry& entry) const { return folder + "/" + entry.name; }

Index PictureFolder::count(DataPart part) const {
  return std::count_if(pictures.begin(), pictures.end(),
                       [&](const PictureEntry& picture) { return picture.part == part; });
}

bool holds_pictures(const std::string& folder) {
  return Walk(usable_name(folder), Walk::Until::first_picture).found_any();
}

PictureFolder list_pictures(const std::string& folder, const std::optional<std::string>& partition) {
  PictureFolder list;
  list.folder = usable_name(folder);
  Walk walk(list.folder);
  list.notes = walk.notes();
  for (std::string& name : walk.take_names()) list.pictures.push_back({std::move(name)});
  if (list.pictures.empty())
    throw BadData(list.folder,
                  fmt::format("holds no pictures{}", list.notes.empty() ? "" : "; " + list.notes[0]),
                  "JPEG or PNG, in it or in its subfolders");
  std::error_code none;
  const std::string own = list.folder + "/" + partition_name;
  const bool has_own = fs::exists(fs::symlink_status(own, none));  // a link that leads nowhere, too: an error
  list.has_parts = take_parts_from_folders(list, partition || has_own);
  take_labels(list, list.has_parts);
  if (partition || has_own) read_partition(partition.value_or(own), list);
  return list;
}

}  // namespace fsconv
