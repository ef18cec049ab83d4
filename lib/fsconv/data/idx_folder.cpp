// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/idx_folder.hpp>

namespace fsconv {
namespace {

std::string require_images(const std::string& folder, const std::string& set) {
  if (const auto path = find_data_file(folder, set + "-images-idx3-ubyte")) return *path;
  throw IoError(folder, fmt::format("holds no {0}-images-idx3-ubyte, {0}-images.idx3-ubyte or these with "
                                    ".gz; a folder of IDX files needs them for train and t10k",
                                    set));
}

ImageSet read_set(const std::string& folder, const std::string& set, std::vector<std::string>& notes) {
  const std::string images = require_images(folder, set);
  const auto labels = find_data_file(folder, set + "-labels-idx1-ubyte");
  if (!labels) {
    notes.push_back(fmt::format("{}: holds no {}-labels-idx1-ubyte; training needs no labels", folder, set));
    return {read_idx_images(images), {}};
  }
  ImageSet read{read_idx_images(images), read_idx_labels(*labels)};
  const Index count = read.images.shape()[0];
  if (static_cast<Index>(read.labels.size()) != count)
    throw BadData(*labels, "holds " + counted(static_cast<Index>(read.labels.size()), "label"),
                  fmt::format("{} holds {}", images, counted(count, "image")));
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
