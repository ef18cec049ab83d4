// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/location.hpp>
#include <initializer_list>
#include <vector>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

bool holds_all(const fs::path& folder, std::initializer_list<const char*> files) {
  std::error_code none;
  return std::all_of(files.begin(), files.end(),
                     [&](const char* file) { return fs::is_regular_file(folder / file, none); });
}

DataKind kind_of_folder(const std::string& folder) {
  if (holds_all(folder, {"data_batch_1.bin"})) return DataKind::cifar10_folder;
  if (holds_all(folder, {"train.bin", "test.bin"})) return DataKind::cifar100_folder;
  for (const char* images : {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"})
    if (find_data_file(folder, images)) return DataKind::idx_folder;
  if (holds_pictures(folder)) return DataKind::picture_folder;
  if (holds_all(folder, {"data_batch_1"}) || holds_all(folder, {"train", "meta"}))
    return DataKind::python_cifar;
  std::error_code none;
  return fs::is_empty(folder, none) ? DataKind::empty_folder : DataKind::other_folder;
}

}  // namespace

DataKind data_kind(const std::string& path) {
  std::error_code none;
  const fs::file_status status = fs::status(path, none);
  if (fs::is_directory(status)) return kind_of_folder(path);
  const bool is_there = fs::exists(status);
  const Location location = locate(path);
  if (is_there && location.kind == FileKind::hdf5 && location.inside.empty() && is_prepared(path))
    return DataKind::prepared_file;
  // A file whose name only looks like a place inside another one is what it is.
  if (names_image_array(path) && (location.inside.empty() || !is_there)) return DataKind::array;
  return is_there ? DataKind::other_file : DataKind::nothing;
}

std::optional<std::string> find_data_file(const std::string& folder, std::string_view name) {
  std::vector<std::string> names = {std::string(name)};
  if (const std::size_t dash = name.find("-idx"); dash != std::string_view::npos)
    names.push_back(std::string(name).replace(dash, 1, "."));
  std::error_code none;
  for (const std::string& one : names)
    for (const char* suffix : {"", ".gz"})
      if (const fs::path path = fs::path(folder) / (one + suffix);
          fs::exists(path, none) && !fs::is_directory(path, none))
        return path.string();
  return std::nullopt;
}

}  // namespace fsconv
