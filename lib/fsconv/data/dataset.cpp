// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/array_sets.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/factors.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/idx_folder.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/picture_dataset.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/location.hpp>
#include <string_view>
#include <utility>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr auto use_generated = "or use --data generated, which needs no files";
constexpr std::uint64_t train_stream = std::uint64_t{0x73686170} << 32, test_stream = train_stream + 1;

Dataset read_prepared(const std::string& path) {
  PreparedData prepared = open_prepared(path);
  auto& [train, validation, test] = prepared.parts;
  return {.name = path,
          .source = path,
          .train = std::move(train),
          .test = std::move(test),
          .validation = std::move(validation),
          .notes = std::move(prepared.description.notes)};
}

bool holds_idx(const fs::path& folder) {
  std::error_code none;
  for (const char* name : {"train-images-idx3-ubyte", "train-images.idx3-ubyte", "t10k-images-idx3-ubyte",
                           "t10k-images.idx3-ubyte"})
    for (const char* suffix : {"", ".gz"})
      if (fs::exists(folder / (std::string(name) + suffix), none)) return true;
  return false;
}

Dataset read_folder(const std::string& name, const std::string& folder, bool divides) {
  if (is_cifar10_folder(folder)) return read_cifar10_folder(name, folder);
  if (is_cifar100_folder(folder)) return read_cifar100_folder(name, folder);
  return !holds_idx(folder) && holds_pictures(folder) ? read_pictures_of(name, folder, divides)
                                                      : read_idx_folder(name, folder);
}

// A file whose name only looks like a place inside another one is what it is.
bool is_array_place(const std::string& path) {
  std::error_code none;
  return names_image_array(path) && (locate(path).inside.empty() || !fs::exists(path, none));
}

// Of an HDF5 file that was not prepared, and that names no dataset.
ImageArray read_only_array(const std::string& path, DataFormat format) {
  try {
    return read_image_array(path, format);
  } catch (const InvalidArgument& several) {
    throw BadData(path, "is no file of fsconv data prepare, or is no longer marked as one", several.what());
  }
}

Dataset read_single_file(const std::string& path, DataFormat format) {
  const Location location = locate(path);
  if (location.kind == FileKind::hdf5 && location.inside.empty() && is_prepared(path))
    return read_prepared(path);
  const bool in_array = is_array_place(path);
  if (in_array && location.kind == FileKind::npz && location.inside.empty())
    if (auto sets = read_array_sets(path, path, format)) return *sets;
  Dataset data{path, path, {}, {}, {}};
  if (in_array) {
    ImageArray array = location.kind == FileKind::hdf5 && location.inside.empty()
                           ? read_only_array(path, format)
                           : read_image_array(path, format);
    data.train.images = std::move(array.images);
    data.notes = std::move(array.notes);
  } else {
    data.train.images = read_idx_images(path);
  }
  return data;
}

Dataset generate(const std::string& name, std::uint64_t seed, const GeneratedKind& kind) {
  const auto draw = kind.factors ? generate_factor_images : generate_shapes;
  return {name,
          fmt::format("drawn by fsconv from seed {}", seed),
          draw(generated_train_images, seed, train_stream, kind.format),
          draw(generated_test_images, seed, test_stream, kind.format),
          {}};
}

Dataset read_first_folder(const std::string& name, const std::vector<std::string>& folders,
                          const std::string& hint) {
  std::error_code none;
  for (const std::string& folder : folders)
    if (fs::is_directory(folder, none)) return read_idx_folder(name, folder);
  throw IoError(name, fmt::format("is not installed: there is no folder {}; {}, {}", folders.front(), hint,
                                  use_generated));
}

// Cuts off the last tenth of the images, at least one, for the test set.
Dataset with_test_part(Dataset data) {
  const ImageSet all = std::move(data.train);
  const Index count = all.images.count();
  if (count < 2)
    throw BadData(data.source, "holds one image", "two are needed: one to train on, one to test with");
  const Index test = std::max<Index>(1, count / 10);
  data.train = part_of(all, 0, count - test);
  data.test = part_of(all, count - test, test);
  return data;
}

constexpr std::string_view generated_prefix = "generated:";

Dataset load(const std::string& name_or_path, std::uint64_t seed, DataFormat data_format, bool divides) {
  if (name_or_path == "generated") return generate(name_or_path, seed, {});
  if (name_or_path.starts_with(generated_prefix))
    return generate(name_or_path, seed, generated_kind(name_or_path.substr(generated_prefix.size())));
  if (name_or_path == "fashion-mnist")
    return read_first_folder(name_or_path, {"/usr/share/datasets/fashion-mnist", "data/fashion-mnist"},
                             "install Debian's package dataset-fashion-mnist");
  if (name_or_path == "mnist")
    return read_first_folder(name_or_path, {"data/mnist", "mnist"},
                             "data/README.md says where its four files are");
  std::error_code error;
  const auto status = fs::status(name_or_path, error);
  if (fs::is_directory(status)) return read_folder(name_or_path, name_or_path, divides);
  if (!fs::exists(status) && !is_array_place(name_or_path))
    throw IoError(name_or_path,
                  "no such file or folder, and no data set of that name; known are fashion-mnist, mnist, "
                  "generated, generated:HEIGHTxWIDTHxCHANNELS and generated:factors");
  return read_single_file(name_or_path, data_format);
}

}  // namespace

Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed, DataFormat format) {
  Dataset data = load(name_or_path, seed, format, true);
  return data.test.images.count() > 0 ? data : with_test_part(std::move(data));
}

Dataset load_undivided(const std::string& name_or_path, std::uint64_t seed, DataFormat format) {
  return load(name_or_path, seed, format, false);
}

bool is_known_name(const std::string& name_or_path) {
  return name_or_path == "generated" || name_or_path.starts_with(generated_prefix) ||
         name_or_path == "fashion-mnist" || name_or_path == "mnist";
}

ImageSet part_of(const ImageSet& set, Index first, Index count) {
  ImageSet part{.images = set.images.part(first, count), .labels = {}, .classes = set.classes};
  if (const auto names = static_cast<Index>(set.factor_names.size()); names > 0) {
    const auto from = set.factors.begin() + first * names;
    part.factor_names = set.factor_names;
    part.factors = Tensor<float>({count, names}, std::vector<float>(from, from + count * names));
  }
  if (!set.labels.empty()) part.labels.assign(set.labels.begin() + first, set.labels.begin() + first + count);
  return part;
}

ImageSet joined(const ImageSet& a, const ImageSet& b) {
  if (a.images.count() == 0) return b;
  if (b.images.count() == 0) return a;
  ImageSet both{joined(a.images, b.images), {}};
  if (!a.labels.empty() && !b.labels.empty() && a.classes == b.classes) {
    both.labels = a.labels;
    both.classes = a.classes;
    both.labels.insert(both.labels.end(), b.labels.begin(), b.labels.end());
  }
  if (!a.factor_names.empty() && a.factor_names == b.factor_names) {
    std::vector<float> factors(a.factors.begin(), a.factors.end());
    factors.insert(factors.end(), b.factors.begin(), b.factors.end());
    both.factor_names = a.factor_names;
    both.factors =
        Tensor<float>({both.images.count(), static_cast<Index>(a.factor_names.size())}, std::move(factors));
  }
  return both;
}

}  // namespace fsconv
