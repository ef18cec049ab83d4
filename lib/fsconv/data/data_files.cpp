// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/data_files.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/known_sets.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <string_view>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

// IDX and CIFAR files by the ends of their names: a folder may hold other things, too.
bool is_binary_data(const std::string& name) {
  constexpr std::array<std::string_view, 3> ends = {"ubyte", ".bin", ".gz"};
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return name.ends_with(end); });
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure))
    if (is_binary_data(at->path().filename().string())) files.push_back(at->path().string());
  return files;
}

std::vector<std::string> files_at(const std::string& path) {
  try {
    switch (data_kind(path)) {
      case DataKind::picture_folder:
        return files_of(list_pictures(path));
      case DataKind::idx_folder:
      case DataKind::cifar10_folder:
      case DataKind::cifar100_folder:
        return files_in(path);
      default:
        return {path};
    }
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return {path};
  }
}

// What begins with a dot is left out of a list of pictures, whatever lies below it.
bool has_hidden_step(const fs::path& inside) {
  return std::any_of(inside.begin(), inside.end(),
                     [](const fs::path& step) { return step.string().starts_with("."); });
}

bool would_be_data(const std::string& picture, const std::string& name_or_path) {
  const KnownSet* const set = known_set(name_or_path);
  const std::string folder = set == nullptr ? name_or_path : place_of(*set).value_or("");
  std::error_code none;
  if (!fs::is_directory(folder, none)) return false;
  const std::string end = end_of_links(picture);
  if (fs::path(end).filename().string().starts_with(".")) return false;
  const fs::path place = fs::weakly_canonical(folder_of(end), none);
  try {
    if (data_kind(folder) != DataKind::picture_folder) return false;
    const fs::path inside = place.lexically_relative(fs::canonical(folder, none));
    if (!inside.empty() && *inside.begin() != "..") return inside == "." || !has_hidden_step(inside);
    // Folders that links lead to belong to it, too.
    const PictureFolder pictures = list_pictures(folder);
    return std::any_of(pictures.pictures.begin(), pictures.pictures.end(), [&](const PictureEntry& entry) {
      return fs::equivalent(fs::path(pictures.path(entry)).parent_path(), place, none);
    });
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return false;  // load_dataset() says why
  }
}

}  // namespace

std::vector<std::string> files_of(const PictureFolder& folder) {
  std::vector<std::string> files;
  for (const PictureEntry& picture : folder.pictures) files.push_back(folder.path(picture));
  if (!folder.partition.empty()) files.push_back(folder.partition);
  return files;
}

void require_no_data(std::string_view option, const std::string& picture,
                     const std::vector<std::string>& data) {
  for (const std::string& name : data)
    if (would_be_data(picture, name))
      throw InvalidArgument(option, fmt::format("{} would lie among the pictures of {}", picture, name),
                            "choose another folder");
}

std::vector<std::string> files_of_data(const std::string& name_or_path) {
  const KnownSet* const set = known_set(name_or_path);
  if (set == nullptr) return files_at(name_or_path);
  const auto place = place_of(*set);
  return place ? files_at(*place) : std::vector<std::string>();
}

}  // namespace fsconv
