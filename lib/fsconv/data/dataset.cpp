// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/array_sets.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/factors.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/idx_folder.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/known_sets.hpp>
#include <fsconv/data/picture_dataset.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/location.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace fsconv {
namespace {

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

// What there is to say of a folder that holds nothing to be read.
[[noreturn]] void refuse_folder(const std::string& folder, DataKind kind) {
  if (kind == DataKind::python_cifar) throw BadData(folder, fsconv::name(kind), "the binary version is read");
  std::error_code none;
  for (const char* packed : {"data_batch_1.bin.gz", "train.bin.gz"})
    if (std::filesystem::exists(std::filesystem::path(folder) / packed, none))
      throw BadData(folder, "holds CIFAR's files packed one by one", "gunzip them: they are read unpacked");
  throw BadData(
      folder, fsconv::name(kind),
      "pictures (JPEG or PNG, in it or in its subfolders), MNIST's train-images-idx3-ubyte, CIFAR-10's "
      "data_batch_1.bin or CIFAR-100's train.bin and test.bin can be read");
}

// CIFAR-10's parts and CIFAR-100's.
bool is_cifar_name(const std::string& path) {
  static const std::set<std::string> names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                              "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin",
                                              "train.bin",        "test.bin"};
  return names.contains(std::filesystem::path(path).filename().string());
}

// Of an HDF5 file that was not prepared, and that names no dataset.
ImageArray read_only_array(const std::string& path, DataFormat format) {
  // Results have many arrays, and hardly any is meant.
  if (const std::string kind = kind_of_file(path); !kind.empty())
    throw BadData(path,
                  fmt::format("is a file of fsconv {}, and is no file of fsconv data prepare", excerpt(kind)),
                  fmt::format("{}:/DATASET is an array of it", path));
  try {
    return read_image_array(path, format);
  } catch (const InvalidArgument& several) {
    throw BadData(path, "is no file of fsconv data prepare, or is no longer marked as one", several.what());
  }
}

Dataset read_array_file(const std::string& path, DataFormat format) {
  const Location location = locate(path);
  if (location.kind == FileKind::npz && location.inside.empty())
    if (auto sets = read_array_sets(path, path, format)) return *sets;
  ImageArray array = location.kind == FileKind::hdf5 && location.inside.empty()
                         ? read_only_array(path, format)
                         : read_image_array(path, format);
  Dataset data{path, path, {}, {}, {}};
  data.train.images = std::move(array.images);
  data.notes = std::move(array.notes);
  return data;
}

Dataset read_idx_file(const std::string& path) {
  Dataset data{path, path, {}, {}, {}};
  data.train.images = read_idx_images(path);
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

struct Loading {
  DataFormat format;
  int threads;
  bool divides;  // whether some of the images are to test with
};

// A folder under the name of a known set must hold that set, and nothing else that could be read.
std::string folder_of(const KnownSet& set) {
  const auto place = place_of(set);
  if (!place) throw IoError(std::string(set.name), fmt::format("{}, {}", how_to_get(set), use_generated));
  if (const DataKind kind = data_kind(*place); kind != set.kind)
    throw BadData(*place, fmt::format("{}, and is where {} is looked for; {}, {}", fsconv::name(kind),
                                      set.name, set.get, use_generated));
  return *place;
}

[[noreturn]] void refuse_name(const std::string& name) {
  std::vector<std::string> names;
  for (const KnownSet& set : known_sets()) names.emplace_back(set.name);
  names.insert(names.end(), {"generated", "generated:HEIGHTxWIDTHxCHANNELS", "generated:factors"});
  throw IoError(name,
                fmt::format("no such file or folder, and no data set of that name; known are {} (fsconv "
                            "data list)",
                            enumeration(names)));
}

Dataset read_path(const std::string& name, const std::string& path, const Loading& loading) {
  switch (const DataKind kind = data_kind(path)) {
    case DataKind::nothing:
      refuse_name(path);
    case DataKind::idx_folder:
      return read_idx_folder(name, path);
    case DataKind::cifar10_folder:
      return read_cifar10_folder(name, path);
    case DataKind::cifar100_folder:
      return read_cifar100_folder(name, path);
    case DataKind::picture_folder:
      return read_pictures_of(name, path, loading.divides, loading.threads);
    case DataKind::prepared_file:
      return read_prepared(path);
    case DataKind::array:
      return read_array_file(path, loading.format);
    case DataKind::other_file:
      if (is_hdf5_file(path)) return read_array_file(path, loading.format);
      if (is_cifar_name(path))
        throw BadData(path, "is one of CIFAR's files", "name their folder, which has the others, too");
      return read_idx_file(path);
    default:
      refuse_folder(path, kind);
  }
}

Dataset load(const std::string& name_or_path, std::uint64_t seed, const Loading& loading) {
  if (const auto kind = generated_kind_of(name_or_path)) return generate(name_or_path, seed, *kind);
  const KnownSet* const set = known_set(name_or_path);
  return read_path(name_or_path, set ? folder_of(*set) : name_or_path, loading);
}

}  // namespace

Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed, DataFormat format, int threads) {
  Dataset data = load(name_or_path, seed, {format, threads, true});
  return data.test.images.count() > 0 ? data : with_test_part(std::move(data));
}

Dataset load_undivided(const std::string& name_or_path, std::uint64_t seed, DataFormat format, int threads) {
  return load(name_or_path, seed, {format, threads, false});
}

bool is_known_name(const std::string& name_or_path) {
  if (name_or_path == "generated" || name_or_path.starts_with(generated_prefix)) return true;
  const KnownSet* const set = known_set(name_or_path);
  return set && set->kind != DataKind::picture_folder;
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
