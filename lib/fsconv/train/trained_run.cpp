// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/train/trained_run.hpp>
#include <fsconv/train/training_data.hpp>

namespace fsconv {
namespace {

// The images of a split, and how many of them the run used.
struct Choice {
  ImageSet set;
  Index usual;
};

Choice choose(const TrainedRun& run, const Dataset& data, Split split) {
  const TrainConfig& config = run.trained.config;
  const auto or_all = [](Index wanted, Index all) { return wanted > 0 ? std::min(wanted, all) : all; };
  const Index trained = data.train.images.count(), own = data.validation.images.count(),
              tested = data.test.images.count();
  if (split == Split::test) return {data.test, or_all(config.test_images, tested)};
  if (split == Split::other) {
    const ImageSet all = joined(own > 0 ? joined(data.train, data.validation) : data.train, data.test);
    return {all, all.images.count()};
  }
  if (split == Split::validation && config.validation == 0 && own == 0)
    throw InvalidArgument("split", fmt::format("is validation, but {} kept no images for it", run.path),
                          "use test or train");
  TrainConfig fitting = config;  // other data may have fewer images than the run's
  fitting.validation = std::min(config.validation, own > 0 ? own : trained);
  const TrainingSplit parts = split_training(fitting, data);
  if (split == Split::validation) return {parts.validation, parts.validation.images.count()};
  return {parts.train, or_all(config.train_images, parts.train.images.count())};
}

// Whether the run used other images of this part; unknown of runs that do not say it.
bool is_other_part(const TrainedRun& run, const Dataset& data, Split part) {
  const std::optional<std::int64_t>& recorded = part == Split::test    ? run.checksums.test
                                                : part == Split::train ? run.checksums.train
                                                                       : run.checksums.validation;
  if (!recorded) return false;
  const Choice choice = choose(run, data, part);
  return choice.set.images.part(0, choice.usual).checksum() != *recorded;
}

// What a user should know where a run's data has become other data, by its name or by what lies there; else nothing.
std::string other_images(const TrainedRun& run, const Dataset& data, Split split) {
  std::vector<std::string> others;
  for (const Split part : {Split::train, Split::validation, Split::test})
    if ((split == part || split == Split::other) && is_other_part(run, data, part))
      others.emplace_back(name(part));
  if (others.empty()) return "";
  return fmt::format("{}: its {} images are not those of {}: they have changed since, or are others",
                     data.source, enumeration(others), run.path);
}

void require_format(const TrainedRun& run, const std::string& source, const Shape& shape) {
  const Value& wanted = run.trained.model.images();
  if (shape[1] != wanted.channels ||
      !std::equal(shape.begin() + 2, shape.end(), wanted.size.begin(), wanted.size.end()))
    throw BadData(
        source,
        fmt::format("has images of {}x{} pixels with {}", shape[2], shape[3], counted(shape[1], "channel")),
        fmt::format("the model of {} takes {} with {}", run.path, fmt::join(wanted.size, "x"),
                    wanted.channels));
}

Binarise binarise_for(const TrainConfig& config, const std::optional<Binarise>& asked_for) {
  TrainConfig other = config;
  if (asked_for) other.binarise = asked_for;
  check_binarise(other);
  return binarise_of(other);
}

// Why images of all parts have no labels.
std::string other_classes(const Dataset& data) {
  const auto classes = [](const ImageSet& set) {
    return set.classes.empty() ? "have no names" : "are " + excerpt_of_names(set.classes);
  };
  return fmt::format("{}: labels are left out: the classes {} in training images and {} in test images",
                     data.source, classes(data.train), classes(data.test));
}

std::int64_t checksum_of(const Images& images) {
  uLong checksum = 0;
  for (const Index extent : images.shape()) {
    std::array<unsigned char, 8> bytes;  // least significant first
    for (std::size_t at = 0; at < bytes.size(); ++at)
      bytes[at] = static_cast<unsigned char>(extent >> (8 * at));
    checksum = crc32_z(checksum, bytes.data(), bytes.size());
  }
  return static_cast<std::int64_t>(
      crc32_combine(checksum, images.checksum(), static_cast<z_off_t>(images.size())));
}

}  // namespace

std::string TrainedRun::epoch_text() const { return trained.epoch_text(); }

TrainedRun open_run(const std::string& path, Weights weights) {
  const hdf5::File file = hdf5::File::open(path);
  return {path, read_trained_model(file, weights), read_image_checksums(file)};
}

Runner<float> make_runner(const TrainedRun& run, int threads, Precision precision,
                          std::optional<engine::Algorithm> algorithm, Communicator* ranks) {
  Runner<float> runner(run.trained.model, {.precision = precision,
                                           .algorithm = algorithm.value_or(run.trained.config.algorithm),
                                           .threads = threads,
                                           .ranks = ranks});
  runner.load(run.trained.parameters);
  return runner;
}

ShownImages load_images(const TrainedRun& run, const ImageRequest& request) {
  const Binarise binarise = binarise_for(run.trained.config, request.binarise);
  TrainConfig config = run.trained.config;
  config.threads = request.threads;
  const Dataset data = request.data.empty()
                           ? load_dataset_of(config, {run.path, run.path, "data"})
                           : load_dataset(request.data, config.seed, config.data_format, config.threads);
  require_format(run, data.source, data.test.images.shape());
  Choice choice = choose(run, data, request.split);
  require_format(run, data.source, choice.set.images.shape());
  const Index there = choice.set.images.shape()[0],
              count = request.images > 0 ? request.images : choice.usual;
  if (there == 0) throw BadData(data.source, fmt::format("has no {} images", name(request.split)));
  if (count > there)
    throw InvalidArgument("images", fmt::format("is {}", count),
                          fmt::format("{} has {} {} images", data.source, there, name(request.split)));
  if (count < there) choice.set = part_of(choice.set, 0, count);
  ShownImages shown;
  static_cast<ImageSet&>(shown) = std::move(choice.set);
  shown.data = data.name;
  shown.source = data.source;
  shown.split = request.split;
  shown.binarise = binarise;
  shown.seed = request.seed;
  shown.notes = data.notes;
  if (request.data.empty())
    if (std::string note = other_images(run, data, request.split); !note.empty())
      shown.notes.push_back(std::move(note));
  if (request.split == Split::other && shown.labels.empty() && !data.train.labels.empty() &&
      !data.test.labels.empty())
    shown.notes.push_back(other_classes(data));
  if (request.split == Split::other && request.data.empty() && !config.test_data.empty() &&
      !shown.labels.empty() && shown.classes.empty())
    shown.notes.push_back(data.source + ": no classes are named; labels are taken to mean the same in both");
  shown.checksum = checksum_of(shown.images);
  return shown;
}

ShownImages first_of(ShownImages shown, Index count) {
  if (count >= shown.images.count()) return shown;
  static_cast<ImageSet&>(shown) = part_of(shown, 0, count);
  shown.checksum = checksum_of(shown.images);
  return shown;
}

std::string description(const ShownImages& shown) {
  const Index count = shown.images.shape()[0];
  const std::string split = shown.split == Split::other ? "" : fmt::format("{} ", name(shown.split));
  const std::string from =
      shown.data == shown.source ? shown.data : fmt::format("{} ({})", shown.data, shown.source);
  return fmt::format(
      "{} of {}{}", counted(count, split + "image"), from,
      shown.binarise == Binarise::none ? "" : fmt::format(", binarised with seed {}", shown.seed));
}

void write_origin(hdf5::File& file, const RunInfo& info, const TrainedRun& run,
                  std::optional<engine::Algorithm> algorithm) {
  write_environment(file, info);
  const auto set = [&](const char* attribute, const hdf5::Value& value) {
    file.set_attribute("/", attribute, value);
  };
  set("run", run.path);
  set("epoch", std::int64_t{run.trained.epoch});
  if (run.trained.partial_step > 0) set("partial_step", std::int64_t{run.trained.partial_step});
  set("weights", run.trained.is_best ? "best" : "last");
  set("model_kind", std::string(name(run.trained.config.model)));
  set("likelihood", std::string(name(likelihood_of(run.trained.config))));
  set("algorithm", std::string(name(algorithm.value_or(run.trained.config.algorithm))));
}

void write_origin(hdf5::File& file, const ShownImages& images) {
  const auto set = [&](const char* attribute, const hdf5::Value& value) {
    file.set_attribute("/", attribute, value);
  };
  set("data_source", images.source);
  set("images_checksum", images.checksum);
  set("split", std::string(name(images.split)));
  set("binarise", std::string(name(images.binarise)));
}

}  // namespace fsconv
