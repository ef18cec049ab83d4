#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/array_sets.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/idx_folder.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/location.hpp>
#include <string_view>
#include <utility>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr auto use_generated = "or use --data generated, which needs no files";
constexpr std::uint64_t train_stream = std::uint64_t{0x73686170} << 32, test_stream = train_stream + 1;

Dataset read_folder(const std::string& name, const std::string& folder) {
  if (is_cifar10_folder(folder)) return read_cifar10_folder(name, folder);
  return is_cifar100_folder(folder) ? read_cifar100_folder(name, folder) : read_idx_folder(name, folder);
}

// A file whose name only looks like a place inside another one is what it is.
bool is_array_place(const std::string& path) {
  std::error_code none;
  return names_image_array(path) && (locate(path).inside.empty() || !fs::exists(path, none));
}

Dataset read_single_file(const std::string& path) {
  const Location location = locate(path);
  const bool in_array = is_array_place(path);
  if (in_array && location.kind == FileKind::npz && location.inside.empty())
    if (auto sets = read_array_sets(path, path)) return *sets;
  Dataset data{path, path, {}, {}};
  if (in_array) {
    ImageArray array = read_image_array(path);
    data.train.images = std::move(array.images);
    data.notes = std::move(array.notes);
  } else {
    data.train.images = read_idx_images(path);
  }
  return with_test_part(std::move(data));
}

Dataset generate(const std::string& name, std::uint64_t seed, const ImageFormat& format) {
  return {name, fmt::format("drawn by fsconv from seed {}", seed),
          generate_shapes(generated_train_images, seed, train_stream, format),
          generate_shapes(generated_test_images, seed, test_stream, format)};
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
  if (!fs::exists(status) && !is_array_place(name_or_path))
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

Dataset with_test_part(Dataset data) {
  ImageSet all = std::move(data.train);
  const Index count = all.images.shape()[0];
  if (count < 2)
    throw BadData(data.source, "holds one image", "two are needed: one to train on, one to test with");
  const Index test = std::max<Index>(1, count / 10);
  data.train.images = part_of(all.images, 0, count - test);
  data.test.images = part_of(all.images, count - test, test);
  if (!all.labels.empty()) {
    data.train.labels.assign(all.labels.begin(), all.labels.end() - test);
    data.test.labels.assign(all.labels.end() - test, all.labels.end());
  }
  return data;
}

}  // namespace fsconv
