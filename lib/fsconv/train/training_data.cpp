// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/known_sets.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/training_data.hpp>
#include <string_view>

namespace fsconv {
namespace {

Images first_images(const Images& images, Index count) { return count == 0 ? images : images.part(0, count); }

// Sets the checksum of a part, and adds its bytes to those of all.
void add_checksum(ImageChecksums& checksums, std::optional<std::int64_t> ImageChecksums::*part,
                  const Images& images) {
  const uLong of_part = images.checksum();
  checksums.*part = static_cast<std::int64_t>(of_part);
  checksums.all = static_cast<std::int64_t>(
      crc32_combine(static_cast<uLong>(checksums.all), of_part, static_cast<z_off_t>(images.size())));
}

// What there is under the name that `option` gave; `run` is the file that says so, or empty; `was_used` says what the run
// did with it. Where `divides`, some of the images are to test with.
Dataset load_named(const std::string& name, const TrainConfig& config, bool divides, const std::string& run,
                   const char* was_used, const char* option) {
  try {
    return (divides ? load_dataset : load_undivided)(name, config.seed, config.data_format, config.threads);
  } catch (const IoError& error) {
    if (run.empty() || std::filesystem::path(name).is_absolute()) throw;
    throw IoError(run, fmt::format("{} {}, which is not to be had from here ({}); give --{}", was_used, name,
                                   error.what(), option));
  }
}

// Where a data set lies, by whatever name it is meant.
Location place_named(const std::string& data) {
  namespace fs = std::filesystem;
  std::error_code none;
  if (const KnownSet* const set = known_set(data)) return {FileKind::other, place_of(*set).value_or(""), ""};
  if (is_known_name(data)) return {FileKind::other, "", ""};  // drawn, whatever lies there
  // A file whose name only looks like a place inside another one is what it is.
  return fs::exists(data, none) ? Location{FileKind::other, data, ""} : locate(data);
}

// check() compares the two as texts, also those of runs whose data are elsewhere today.
void require_other_test_data(const TrainConfig& config) {
  if (config.test_data.empty()) return;
  const Location trained = place_named(config.data), tested = place_named(config.test_data);
  std::error_code none;
  // The same images, whatever they are called.
  const auto drawn = generated_kind_of(config.data), drawn_to_test = generated_kind_of(config.test_data);
  if ((drawn && drawn == drawn_to_test) ||
      (std::filesystem::equivalent(trained.path, tested.path, none) && trained.inside == tested.inside))
    throw InvalidArgument("test-data",
                          fmt::format("is '{}', the same as --data {}", config.test_data, config.data),
                          "name another one, or leave it out");
}

// All images of a data set to test with.
ImageSet all_of(const Dataset& other, const Dataset& beside) {
  const ImageSet all = joined(joined(other.train, other.validation), other.test);
  const Shape &shape = all.images.shape(), &wanted = beside.train.images.shape();
  if (!std::equal(shape.begin() + 1, shape.end(), wanted.begin() + 1, wanted.end()))
    throw BadData(other.source,
                  fmt::format("has images of [{}]", fmt::join(shape.begin() + 1, shape.end(), ", ")),
                  fmt::format("those of {} are [{}]", beside.source,
                              fmt::join(wanted.begin() + 1, wanted.end(), ", ")));
  return all;
}

}  // namespace

std::optional<ImageFormat> known_format(const std::string& data) {
  const auto kind = generated_kind_of(data);
  return kind ? std::optional(kind->format) : std::nullopt;
}

Dataset load_dataset_of(const TrainConfig& config, const NamedIn& run) {
  const bool divides = config.test_data.empty();
  Dataset dataset = load_named(config.data, config, divides, run.data, "was trained on", "data");
  if (divides) return dataset;
  const Dataset test =
      load_named(config.test_data, config, false, run.test_data, "was tested with", run.test_option);
  dataset.test = all_of(test, dataset);
  dataset.source += " and, to test with, " + test.source;
  dataset.notes.insert(dataset.notes.end(), test.notes.begin(), test.notes.end());
  return dataset;
}

void check_counts(const TrainConfig& config, const std::string& source, Index train, Index test,
                  Index validation) {
  check_patience(config, validation);
  const Index cut_off = validation > 0 ? 0 : config.validation;
  const auto check = [&](const char* option, Index wanted, Index images) {
    if (images < 1) throw BadData(source, fmt::format("holds no images for --{}", option));
    if (wanted > images)
      throw InvalidArgument(option, fmt::format("is {}", wanted), fmt::format("{} has {}", source, images));
  };
  check("train-images", config.train_images, train);
  if (cut_off > 0 && cut_off + std::max<Index>(1, config.train_images) > train)
    throw InvalidArgument(
        "validation", fmt::format("is {}", config.validation),
        fmt::format("{} has {} training images, {}", source, train,
                    config.train_images > 0 ? fmt::format("and --train-images takes {}", config.train_images)
                                            : "and one at least is to train on"));
  if (validation > 0 && config.validation > validation)
    throw InvalidArgument("validation", fmt::format("is {}", config.validation),
                          fmt::format("{} has {} validation images of its own", source, validation));
  check("test-images", config.test_images, test);
}

TrainingSplit split_training(const TrainConfig& config, const Dataset& dataset) {
  const Index all = dataset.train.images.count(), own = dataset.validation.images.count(),
              kept = config.validation;
  if (own > 0) return {dataset.train, part_of(dataset.validation, 0, kept > 0 ? kept : own)};
  if (kept == 0) return {dataset.train, {}};
  return {part_of(dataset.train, 0, all - kept), part_of(dataset.train, all - kept, kept)};
}

TrainingData load_training_data(const TrainConfig& config, const NamedIn& run) {
  if (run.data.empty() || run.test_data.empty()) require_other_test_data(config);
  const Dataset dataset = load_dataset_of(config, run);
  stop_if_interrupted();
  check_counts(config, dataset.source, dataset.train.images.count(), dataset.test.images.count(),
               dataset.validation.images.count());
  const TrainingSplit split = split_training(config, dataset);
  TrainingData data;
  data.source = dataset.source;
  data.notes = dataset.notes;
  if (const Index own = dataset.validation.images.count(); config.validation > 0 && config.validation < own)
    data.notes.push_back(fmt::format(
        "{}: --validation {} takes the first of its own {}; none are cut off from those to train on",
        dataset.source, config.validation, counted(own, "validation image")));
  for (const std::string& name : {config.data, config.test_data})
    if (!is_utf8(name))
      data.notes.push_back(fmt::format(
          "{}: no UTF-8: the run's file has other letters for it, and a run that goes on needs its --data and --test-data again",
          excerpt(name)));
  data.train = first_images(split.train.images, config.train_images);
  data.validation = split.validation.images;
  data.test = first_images(dataset.test.images, config.test_images);
  add_checksum(data.checksums, &ImageChecksums::train, data.train);
  add_checksum(data.checksums, &ImageChecksums::test, data.test);
  if (data.has_validation()) add_checksum(data.checksums, &ImageChecksums::validation, data.validation);
  return data;
}

}  // namespace fsconv
