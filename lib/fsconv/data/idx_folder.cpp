// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/idx_folder.hpp>
#include <optional>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

// "train", "images", 3: the file of that name, with a dash or a dot in it, plain or gzipped.
std::optional<std::string> find_idx(const fs::path& folder, const std::string& set,
                                    const std::string& content, int axes) {
  std::error_code none;
  for (const char* dash : {"-", "."})
    for (const char* suffix : {"", ".gz"}) {
      const fs::path path = folder / fmt::format("{}-{}{}idx{}-ubyte{}", set, content, dash, axes, suffix);
      if (fs::exists(path, none) && !fs::is_directory(path, none)) return path.string();
    }
  return std::nullopt;
}

std::string require_images(const fs::path& folder, const std::string& set) {
  if (const auto path = find_idx(folder, set, "images", 3)) return *path;
  std::error_code none;
  const bool of_python = fs::exists(folder / "data_batch_1", none) ||
                         (fs::exists(folder / "train", none) && fs::exists(folder / "meta", none));
  throw IoError(
      folder.string(),
      of_python
          ? "holds the Python version of CIFAR; the binary version is read"
          : fmt::format("holds no {0}-images-idx3-ubyte, {0}-images.idx3-ubyte or these with .gz; a folder "
                        "of data needs them for train and t10k, or CIFAR-10's data_batch_1.bin to "
                        "data_batch_5.bin and test_batch.bin, or CIFAR-100's train.bin and test.bin",
                        set));
}

ImageSet read_set(const fs::path& folder, const std::string& set, std::vector<std::string>& notes) {
  const std::string images = require_images(folder, set);
  const auto labels = find_idx(folder, set, "labels", 1);
  if (!labels) {
    notes.push_back(
        fmt::format("{}: holds no {}-labels-idx1-ubyte; training needs no labels", folder.string(), set));
    return {read_idx_images(images), {}};
  }
  ImageSet read{read_idx_images(images), read_idx_labels(*labels)};
  const Index count = read.images.shape()[0];
  if (static_cast<Index>(read.labels.size()) != count)
    throw BadData(*labels, fmt::format("holds {} labels", read.labels.size()),
                  fmt::format("{} holds {} images", images, count));
  return read;
}

}  // namespace

Dataset read_idx_folder(const std::string& name, const std::string& folder) {
  Dataset data{name, folder, {}, {}, {}};
  data.train = read_set(folder, "train", data.notes);
  data.test = read_set(folder, "t10k", data.notes);
  const Shape &train = data.train.images.shape(), &test = data.test.images.shape();
  if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1))
    throw BadData(folder, fmt::format("its training images have {}x{} pixels, its test images {}x{}",
                                      train[2], train[3], test[2], test[3]));
  return data;
}

}  // namespace fsconv
