// Runs whose images stay in a file: the bits of runs from memory, and errors where the file is damaged.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <fsconv/train/codes.hpp>
#include <fsconv/train/train.hpp>
#include <fsconv/train/trained_run.hpp>
#include <fsconv/train/training_data.hpp>

#include "train/small_run.hpp"

using namespace fsconv;
using Catch::Matchers::Contains;

namespace {

constexpr Index train_count = 70, test_count = 20;

// 90 images of ten classes, the same in memory (FILE.npz) and prepared (FILE.h5).
struct SameData {
  const test::TemporaryFolder folder;
  const std::string memory = folder.file("data.npz"), file = folder.file("data.h5");
  ImageSet train, test;

  explicit SameData(Index validation = 0) {
    const ImageSet all =
        generate_shapes(train_count + test_count, 3, 0, {.height = 12, .width = 8, .channels = 3});
    train = part_of(all, 0, train_count);
    test = part_of(all, train_count, test_count);
    write_prepared(file, train, validation);
    NpzWriter npz(memory);
    npz.add("x_train", train.images.in_memory());
    npz.add("y_train", Tensor<std::uint8_t>({train_count}, std::vector<std::uint8_t>(train.labels)));
    npz.add("x_test", test.images.in_memory());
    npz.add("y_test", Tensor<std::uint8_t>({test_count}, std::vector<std::uint8_t>(test.labels)));
    npz.commit();
  }

  // The last `validation` of the training images become a part of their own.
  void write_prepared(const std::string& path, const ImageSet& training, Index validation,
                      const std::vector<std::string>& classes = {}) const {
    const Index kept = training.images.count() - validation;
    PreparedWriter writer(path, {}, {.decoder = {}, .classes = classes}, {3, 12, 8},
                          {kept, validation, test_count});
    const auto add = [&](DataPart part, const ImageSet& set, Index first, Index count) {
      for (Index at = first; at < first + count; ++at) {
        const Tensor<std::uint8_t> one = set.images.in_memory(at, 1);
        writer.add(part, {one.data(), static_cast<std::size_t>(one.size())},
                   {.name = "x", .label = set.labels[static_cast<std::size_t>(at)]});
      }
    };
    add(DataPart::train, training, 0, kept);
    add(DataPart::validation, training, kept, validation);
    add(DataPart::test, test, 0, test_count);
    writer.commit();
  }
};

TrainConfig config_for(const std::string& data, int threads = 1) {
  TrainConfig config = test::small_config();
  config.data = data;
  config.train_images = config.test_images = 0;
  config.batch = 16;
  config.epochs = 2;
  config.model = ModelKind::vae;  // binarised anew in every epoch
  config.augment = Augment{.flip = true, .shift = 2};
  config.threads = threads;
  return config;
}

Parameters<float> weights_of(const std::string& run) {
  return read_trained_model(run, Weights::last).parameters;
}

bool same(const Parameters<float>& a, const Parameters<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& one, const auto& other) { return one.value == other.value; });
}

}  // namespace

TEST_CASE(
    "streamed data: a run from a file has the bits of one from memory, on any threads, and however resumed") {
  const SameData data;
  const auto run = [&](const std::string& name, const TrainConfig& config, const std::string& resumed = {}) {
    const std::string output = data.folder.file(name);
    test::run_to(output, config, resumed.empty() ? "" : data.folder.file(resumed));
    return weights_of(output);
  };
  const Parameters<float> wanted = run("memory.h5", config_for(data.memory));
  CHECK(same(run("file.h5", config_for(data.file)), wanted));
  CHECK(same(run("file3.h5", config_for(data.file, 3)), wanted));

  TrainConfig plain = config_for(data.file);
  plain.augment.reset();
  CHECK_FALSE(same(run("plain.h5", plain), wanted));

  for (const auto& [first, second] : {std::pair{data.memory, data.file}, std::pair{data.file, data.memory}}) {
    TrainConfig half = config_for(first);
    half.epochs = 1;
    run("half.h5", half);
    CHECK(same(run("resumed.h5", config_for(second), "half.h5"), wanted));
  }
}

TEST_CASE("streamed data: labels, codes and checksums are those of the memory") {
  const SameData data;
  test::run_to(data.folder.file("run.h5"), config_for(data.file));
  const TrainedRun run = open_run(data.folder.file("run.h5"), Weights::last);
  for (const Split split : {Split::train, Split::test, Split::other}) {
    const ShownImages file = load_images(run, {.split = split});
    const ShownImages memory = load_images(run, {.data = data.memory, .split = split});
    CHECK(file.images == memory.images);
    CHECK(file.labels == memory.labels);
    CHECK(file.labels.size() == static_cast<std::size_t>(file.images.count()));
    CHECK(file.checksum == memory.checksum);
    CHECK(first_of(file, 5).checksum == first_of(memory, 5).checksum);
    Runner<float> runner = make_runner(run, 2);
    const std::vector<Index> order = {0, 19, 7};
    CHECK(encode(runner, file, order).means == encode(runner, memory, order).means);
  }
}

TEST_CASE(
    "streamed data: validation images of their own are used where none are asked for, or the first so many") {
  const SameData data(20);  // 50 are trained on
  const auto run = [&](Index validation) {
    TrainConfig config = config_for(data.file);
    config.validation = validation;
    test::run_to(data.folder.file("run.h5"), config);
    return open_run(data.folder.file("run.h5"), Weights::best);
  };
  for (const Index asked : {0, 20, 5}) {
    const TrainedRun trained = run(asked);
    const Index used = asked == 0 ? 20 : asked;
    CHECK(trained.trained.config.validation == used);
    CHECK(trained.trained.is_best);
    CHECK(load_images(trained, {.split = Split::train}).images == data.train.images.part(0, 50));
    CHECK(load_images(trained, {.split = Split::validation}).images == data.train.images.part(50, used));
    CHECK(load_images(trained, {.split = Split::other}).images.count() == 90);
  }
  // The same images from memory, cut off at the end, are the same run.
  TrainConfig config = config_for(data.memory);
  config.validation = 20;
  test::run_to(data.folder.file("memory.h5"), config);
  run(0);
  CHECK(same(weights_of(data.folder.file("memory.h5")), weights_of(data.folder.file("run.h5"))));
  CHECK_THROWS_WITH(run(21), Contains("has 20 validation images of its own"));
  // They are images to judge by, too.
  config = config_for(data.file);
  config.patience = 1;
  CHECK(load_training_data(config).validation.count() == 20);
  CHECK_NOTHROW(summary(config));
  CHECK_NOTHROW(test::run_to(data.folder.file("patient.h5"), config));
  config.data = data.memory;
  CHECK_THROWS_WITH(load_training_data(config), Contains("patience") && Contains("give --validation"));
  CHECK_THROWS_WITH(summary(config), Contains("patience"));
}

TEST_CASE("streamed data: another data set to test with") {
  const SameData data;
  TrainConfig config = config_for(data.memory);
  config.test_data = data.file;
  const TrainingData loaded = load_training_data(config);
  CHECK(loaded.train == data.train.images);
  CHECK(loaded.test == joined(data.train.images, data.test.images));
  CHECK(loaded.source == data.memory + " and, to test with, " + data.file);
  config.test_images = 30;
  CHECK(load_training_data(config).test == data.train.images.part(0, 30));
  test::run_to(data.folder.file("run.h5"), config);
  const TrainedRun run = open_run(data.folder.file("run.h5"), Weights::last);
  CHECK(load_images(run, {.split = Split::test}).images == data.train.images.part(0, 30));
  // What was only cut off to be tested with is trained on.
  {
    NpzWriter npz(data.folder.file("all.npz"));
    npz.add("images", data.train.images.in_memory());
    npz.commit();
  }
  TrainConfig all = config_for(data.folder.file("all.npz"));
  CHECK(load_training_data(all).train.count() == 63);
  all.test_data = data.file;
  CHECK(load_training_data(all).train == data.train.images);
  config.test_data = "generated";
  CHECK_THROWS_WITH(load_training_data(config), Contains("has images of [1, 28, 28]") &&
                                                    Contains("those of " + data.memory + " are [3, 12, 8]"));
  config.test_data = data.folder.file("none.h5");
  CHECK_THROWS_AS(load_training_data(config), IoError);
}

TEST_CASE("streamed data: one image is enough to test with, and to train on beside another set") {
  const SameData data;
  const auto write_images = [&](const std::string& name, Index count) {
    NpzWriter npz(data.folder.file(name));
    npz.add("images", data.train.images.in_memory(0, count));
    npz.commit();
    return data.folder.file(name);
  };
  const std::string one = write_images("one.npz", 1), two = write_images("two.npz", 2);
  CHECK_THROWS_WITH(load_training_data(config_for(one)), Contains("holds one image"));
  for (const auto& [trained, tested] : {std::pair{two, one}, std::pair{one, two}}) {
    TrainConfig config = config_for(trained);
    config.test_data = tested;
    const TrainingData loaded = load_training_data(config);
    CHECK(loaded.train == load_undivided(trained, 0).train.images);
    CHECK(loaded.test == load_undivided(tested, 0).train.images);
  }
}

TEST_CASE("streamed data: labels of different meaning are not joined") {
  const SameData data;
  const std::string cats = data.folder.file("cats.h5"), horses = data.folder.file("horses.h5");
  data.write_prepared(cats, data.train, 0, {"cat", "dog"});
  data.write_prepared(horses, data.train, 0, {"dog", "horse"});
  TrainConfig config = config_for(cats);
  config.epochs = 1;
  const auto shown = [&](const std::string& tested, Split split) {
    config.test_data = tested;
    test::run_to(data.folder.file("run.h5"), config);
    return load_images(open_run(data.folder.file("run.h5"), Weights::last), {.split = split});
  };
  const ShownImages different = shown(horses, Split::other);
  CHECK(different.labels.empty());
  CHECK(different.classes.empty());
  REQUIRE(different.notes.size() == 1);
  CHECK_THAT(different.notes[0],
             Contains("labels are left out") && Contains("cat, dog") && Contains("dog, horse"));
  const ShownImages tested = shown(horses, Split::test);
  CHECK(tested.labels.size() == 90);
  CHECK(tested.classes == std::vector<std::string>{"dog", "horse"});
  const ShownImages same_classes = shown("", Split::other);
  CHECK(same_classes.labels.size() == 90);
  CHECK(same_classes.classes == std::vector<std::string>{"cat", "dog"});
  CHECK(same_classes.notes.empty());
  CHECK(first_of(same_classes, 5).labels.size() == 5);
  CHECK(first_of(same_classes, 5).classes == same_classes.classes);
}

TEST_CASE("streamed data: what is missing is named with the option that replaces it") {
  const SameData data;
  TrainConfig config = config_for(data.memory);
  config.test_data = "moved.npz";
  CHECK_THROWS_WITH(load_training_data(config, {.data = "run.h5", .test_data = "run.h5"}),
                    Contains("run.h5") && Contains("moved.npz") && Contains("give --test-data"));
  CHECK_THROWS_WITH(load_dataset_of(config, {"run.h5", "run.h5", "data"}), Contains("give --data"));
}

TEST_CASE("streamed data: a flipped byte stops the run, names file and image, and leaves what was saved") {
  const SameData data;
  const std::string output = data.folder.file("run.h5");
  TrainConfig config = config_for(data.file, 3);
  config.epochs = 1;
  test::run_to(output, config);
  const std::string saved = test::bytes_of(output);
  const std::uint64_t place = hdf5::File::open(data.file).place("/train/images").value();
  {
    std::fstream file(data.file, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(place + 41 * 3 * 12 * 8 + 17);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }
  config.epochs = 2;
  const auto resumed = [&] { test::run_to(output, config, output); };
  CHECK_THROWS_WITH(resumed(), Contains("data.h5:/train/images: image 41 was damaged or changed") &&
                                   Contains("run.h5 holds 1 of 2 epochs"));
  try {
    resumed();
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_data);
  }
  CHECK(test::bytes_of(output) == saved);

  std::filesystem::resize_file(data.file, place + 10);
  CHECK_THROWS_AS(resumed(), BadData);
  CHECK(test::bytes_of(output) == saved);
}
