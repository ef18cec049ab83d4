#include <fmt/format.h>
#include <zlib.h>

#include <fsconv/data/dataset.hpp>
#include <fsconv/train/training_data.hpp>

namespace fsconv {
namespace {

Tensor<std::uint8_t> first_images(Tensor<std::uint8_t> images, Index count, const char* option,
                                  const std::string& source) {
  const Shape& shape = images.shape();
  if (shape[0] < 1) throw BadData(source, fmt::format("holds no images for --{}", option));
  if (count == 0 || count == shape[0]) return images;
  if (count > shape[0])
    throw InvalidArgument(option, fmt::format("is {}", count), fmt::format("{} has {}", source, shape[0]));
  return part_of(images, 0, count);
}

uLong add_checksum(uLong checksum, const Tensor<std::uint8_t>& images) {
  return crc32_z(checksum, images.data(), static_cast<z_size_t>(images.size()));
}

}  // namespace

TrainingData load_training_data(const TrainConfig& config) {
  Dataset dataset = load_dataset(config.data, config.seed);
  TrainingData data;
  data.source = dataset.source;
  data.train =
      first_images(std::move(dataset.train.images), config.train_images, "train-images", data.source);
  data.test = first_images(std::move(dataset.test.images), config.test_images, "test-images", data.source);
  data.checksum = static_cast<std::int64_t>(add_checksum(add_checksum(0, data.train), data.test));
  return data;
}

}  // namespace fsconv
