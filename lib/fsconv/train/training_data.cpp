#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/train/training_data.hpp>
#include <string_view>

namespace fsconv {
namespace {

Tensor<std::uint8_t> first_images(Tensor<std::uint8_t> images, Index count) {
  return count == 0 || count == images.shape()[0] ? std::move(images) : part_of(images, 0, count);
}

uLong add_checksum(uLong checksum, const Tensor<std::uint8_t>& images) {
  return crc32_z(checksum, images.data(), static_cast<z_size_t>(images.size()));
}

}  // namespace

std::optional<ImageFormat> known_format(const std::string& data) {
  constexpr std::string_view generated = "generated", with_format = "generated:";
  if (data == generated) return ImageFormat{};
  if (data.starts_with(with_format)) return image_format(std::string_view(data).substr(with_format.size()));
  return std::nullopt;
}

Dataset load_dataset_of(const TrainConfig& config, const std::string& run) {
  try {
    return load_dataset(config.data, config.seed);
  } catch (const IoError& error) {
    if (run.empty() || std::filesystem::path(config.data).is_absolute()) throw;
    throw IoError(run, fmt::format("was trained on {}, which is not to be had from here ({}); give --data",
                                   config.data, error.what()));
  }
}

void check_counts(const TrainConfig& config, const std::string& source, Index train, Index test) {
  if (config.validation > 0 && config.validation + std::max<Index>(1, config.train_images) > train)
    throw InvalidArgument("validation", fmt::format("is {}", config.validation),
                          fmt::format("{} has {} training images", source, train));
  const auto check = [&](const char* option, Index wanted, Index images) {
    if (images < 1) throw BadData(source, fmt::format("holds no images for --{}", option));
    if (wanted > images)
      throw InvalidArgument(option, fmt::format("is {}", wanted), fmt::format("{} has {}", source, images));
  };
  check("train-images", config.train_images, train - config.validation);
  check("test-images", config.test_images, test);
}

TrainingData load_training_data(const TrainConfig& config, const std::string& run) {
  Dataset dataset = load_dataset_of(config, run);
  stop_if_interrupted();
  TrainingData data;
  data.source = dataset.source;
  data.notes = dataset.notes;
  const Index all = dataset.train.images.shape()[0];
  check_counts(config, data.source, all, dataset.test.images.shape()[0]);
  if (config.validation > 0) {
    data.validation = part_of(dataset.train.images, all - config.validation, config.validation);
    dataset.train.images = part_of(dataset.train.images, 0, all - config.validation);
  }
  data.train = first_images(std::move(dataset.train.images), config.train_images);
  data.test = first_images(std::move(dataset.test.images), config.test_images);
  uLong checksum = add_checksum(add_checksum(0, data.train), data.test);
  if (data.has_validation()) checksum = add_checksum(checksum, data.validation);
  data.checksum = static_cast<std::int64_t>(checksum);
  return data;
}

}  // namespace fsconv
