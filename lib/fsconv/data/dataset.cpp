#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/cifar10.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/image_array.hpp>
#include <optional>
#include <string_view>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr auto use_generated = "or use --data generated, which needs no files";
constexpr std::uint64_t train_stream = std::uint64_t{0x73686170} << 32, test_stream = train_stream + 1;

// The file of that name, plain or gzipped.
std::optional<std::string> find_idx(const fs::path& folder, const std::string& name) {
  std::error_code none;
  for (const std::string suffix : {"", ".gz"})
    if (const auto path = folder / (name + suffix); fs::exists(path, none)) return path.string();
  return std::nullopt;
}

std::string require_idx(const fs::path& folder, const std::string& name) {
  if (const auto path = find_idx(folder, name)) return *path;
  throw IoError(folder.string(),
                fmt::format("holds no {0} and no {0}.gz; a folder of data needs train-images-idx3-ubyte, "
                            "train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or "
                            "CIFAR-10's data_batch_1.bin to data_batch_5.bin and test_batch.bin",
                            name));
}

ImageSet read_set(const fs::path& folder, const std::string& prefix) {
  const std::string images = require_idx(folder, prefix + "-images-idx3-ubyte");
  const std::string labels = require_idx(folder, prefix + "-labels-idx1-ubyte");
  ImageSet set{read_idx_images(images), read_idx_labels(labels)};
  const Index count = set.images.shape()[0];
  if (static_cast<Index>(set.labels.size()) != count)
    throw BadData(labels, fmt::format("holds {} labels", set.labels.size()),
                  fmt::format("{} holds {} images", images, count));
  return set;
}

Dataset read_idx_folder(const std::string& name, const fs::path& folder) {
  Dataset data{name, folder.string(), read_set(folder, "train"), read_set(folder, "t10k")};
  const Shape &train = data.train.images.shape(), &test = data.test.images.shape();
  if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1))
    throw BadData(folder.string(), fmt::format("its training images have {}x{} pixels, its test images {}x{}",
                                               train[2], train[3], test[2], test[3]));
  return data;
}

Dataset read_folder(const std::string& name, const std::string& folder) {
  return is_cifar10_folder(folder) ? read_cifar10_folder(name, folder) : read_idx_folder(name, folder);
}

Dataset read_single_file(const std::string& path) {
  const Tensor<std::uint8_t> images =
      names_image_array(path) ? read_image_array(path) : read_idx_images(path);
  const Index count = images.shape()[0];
  if (count < 2) throw BadData(path, "holds one image", "two are needed: one to train on, one to test with");
  const Index test = std::max<Index>(1, count / 10);
  return {path, path, {part_of(images, 0, count - test), {}}, {part_of(images, count - test, test), {}}};
}

Dataset generate(const std::string& name, std::uint64_t seed, const ImageFormat& format) {
  return {name, fmt::format("drawn by fsconv from seed {}", seed),
          generate_shapes(6000, seed, train_stream, format),
          generate_shapes(1000, seed, test_stream, format)};
}

Dataset read_first_folder(const std::string& name, const std::vector<std::string>& folders,
                          const std::string& hint) {
  std::error_code none;
  for (const std::string& folder : folders)
    if (fs::is_directory(folder, none)) return read_idx_folder(name, folder);
  throw IoError(name, fmt::format("is not installed: there is no folder {}; {}, {}", folders.front(), hint,
                                  use_generated));
}

}  // namespace

Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed) {
  if (name_or_path == "generated") return generate(name_or_path, seed, {});
  if (constexpr std::string_view prefix = "generated:"; name_or_path.starts_with(prefix))
    return generate(name_or_path, seed, image_format(name_or_path.substr(prefix.size())));
  if (name_or_path == "fashion-mnist")
    return read_first_folder(name_or_path, {"/usr/share/datasets/fashion-mnist", "data/fashion-mnist"},
                             "install Debian's package dataset-fashion-mnist");
  if (name_or_path == "mnist")
    return read_first_folder(name_or_path, {"data/mnist", "mnist"},
                             "data/README.md says where its four files are");
  std::error_code error;
  const auto status = fs::status(name_or_path, error);
  if (fs::is_directory(status)) return read_folder(name_or_path, name_or_path);
  if (!fs::exists(status) && !names_image_array(name_or_path))
    throw IoError(name_or_path,
                  "no such file or folder, and no data set of that name; known are fashion-mnist, mnist, "
                  "generated and generated:HEIGHTxWIDTHxCHANNELS");
  return read_single_file(name_or_path);
}

Tensor<std::uint8_t> part_of(const Tensor<std::uint8_t>& images, Index first, Index count) {
  Shape shape = images.shape();
  if (shape.size() != 4 || first < 0 || count < 0 || count > shape[0] || first > shape[0] - count)
    throw InvalidArgument("images", fmt::format("{} from {} on are not all there", count, first));
  shape[0] = count;
  const Index pixels = shape[1] * shape[2] * shape[3];
  Tensor<std::uint8_t> part(shape, "images");
  std::copy_n(images.begin() + first * pixels, count * pixels, part.begin());
  return part;
}

}  // namespace fsconv
