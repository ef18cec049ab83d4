// What kind of data a path leads to: decided here, once, for all who read, list or verify it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fsconv {

enum class DataKind {
  nothing,
  idx_folder,       // a file of MNIST's images (idx_folder.hpp)
  cifar10_folder,   // data_batch_1.bin (cifar.hpp)
  cifar100_folder,  // train.bin and test.bin (cifar.hpp)
  picture_folder,   // what picture_folder.hpp lists
  python_cifar,     // data_batch_1, or train and meta: pickles, which are not read
  empty_folder,
  other_folder,
  prepared_file,  // prepared_file.hpp
  array,          // a file of an array or a place in one, which need not be there (image_array.hpp)
  other_file,     // IDX images (idx.hpp), or none of all these
};
// As a sentence about the path ends.
constexpr auto names_of(DataKind) {
  return NameTable<DataKind, 11>{"kind",
                                 {{{DataKind::nothing, "is not there"},
                                   {DataKind::idx_folder, "holds IDX files, as MNIST's"},
                                   {DataKind::cifar10_folder, "holds the binary version of CIFAR-10"},
                                   {DataKind::cifar100_folder, "holds the binary version of CIFAR-100"},
                                   {DataKind::picture_folder, "holds pictures"},
                                   {DataKind::python_cifar, "holds the Python version of CIFAR"},
                                   {DataKind::empty_folder, "is an empty folder"},
                                   {DataKind::other_folder, "holds no data that is known"},
                                   {DataKind::prepared_file, "is a prepared file"},
                                   {DataKind::array, "is an array"},
                                   {DataKind::other_file, "is a file"}}}};
}

// The first kind above that is true of it, but that CIFAR goes before IDX; no more is read than that takes. IoError and
// BadData for an HDF5 file that cannot be opened, IoError for a folder that cannot be listed; Interrupted after Ctrl-C,
// where it is caught.
DataKind data_kind(const std::string& path);

// Where a file of a data set lies in a folder: under its name or with .gz; one of IDX also with a dot in its name
// ("train-images.idx3-ubyte"). Nothing where it does not; folders of that name are passed over.
std::optional<std::string> find_data_file(const std::string& folder, std::string_view name);

}  // namespace fsconv
