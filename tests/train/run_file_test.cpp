// What is wrong with a training run's file is found: by its digest, and in older files, which have none, because most
// of it stands there twice or follows from the rest.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/train/training_data.hpp>
#include <functional>
#include <limits>

#include "train/damaged.hpp"
#include "train/restored.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

// Reads all of a run's file, as going on from it does.
void restore_all(const std::string& path) { test::restored(hdf5::File::open(path)); }

// What is said of a file by who goes on from it, and by who uses its model; nothing where it is good.
std::string complaint(const std::string& path) {
  try {
    restore_all(path);
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}
std::string complaint_of_user(const std::string& path, Weights weights = Weights::best) {
  try {
    read_trained_model(path, weights);
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}

struct OldRun {
  explicit OldRun(const std::string& name) : original(schema_2 + name), copy(folder.file("run.h5")) {}

  // After another number was put where one of a series lies.
  template <class T>
  std::string with(const std::string& dataset, std::size_t at, T value) const {
    copy_with(original, copy, dataset, at, value);
    return found();
  }
  std::string with_attribute(const std::string& object, const std::string& name,
                             const hdf5::Value& value) const {
    return changed([&](hdf5::File& file) { file.set_attribute(object, name, value); });
  }
  std::string changed(const std::function<void(hdf5::File&)>& change) const {
    std::filesystem::copy_file(original, copy, std::filesystem::copy_options::overwrite_existing);
    auto file = hdf5::File::modify(copy);
    change(file);
    file.commit();
    return found();
  }
  // With an entry of the configuration replaced in both of its places.
  std::string with_option(const std::string& option, const nlohmann::json& value,
                          const hdf5::Value& copy_of_it) const {
    return changed([&](hdf5::File& file) {
      auto configuration = nlohmann::json::parse(file.string_attribute("/", "configuration"));
      configuration[option] = value;
      file.set_attribute("/", "configuration", configuration.dump());
      file.set_attribute("/", "config." + option, copy_of_it);
    });
  }
  // Who uses the model of such a file must be told the same.
  std::string found() const {
    const std::string said = complaint(copy);
    CHECK_THAT(said, StartsWith(copy));
    return said.substr(std::min(said.size(), copy.size()));
  }

  TemporaryFolder folder;
  std::string original, copy;
};

}  // namespace

TEST_CASE("run file: the recorded runs of schema 2 are good") {
  for (const char* name : {"ae.h5", "vae.h5"}) {
    CHECK(complaint(schema_2 + name).empty());
    CHECK(complaint_of_user(schema_2 + name).empty());
    CHECK(complaint_of_user(schema_2 + name, Weights::last).empty());
  }
}

TEST_CASE("run file: curves that contradict each other, the optimizer or the schedules are found") {
  const OldRun run("vae.h5");
  // 1, 2 in eight bytes each may be something else in the file, too.
  const auto is_epoch = [&](std::size_t place) {
    std::string bytes = bytes_of(run.original);
    bytes[place + 8] = 3;
    put_bytes(run.copy, bytes);
    return complaint(run.copy) == run.copy + ":/epoch: does not count 1, 2, 3, ...";
  };
  const auto places = places_of<std::int64_t>(run.original, "/epoch");
  CHECK(std::count_if(places.begin(), places.end(), is_epoch) == 1);
  CHECK_THAT(run.with("/test_loss", 1, 44.0), StartsWith(":/test_loss: is 44 in epoch 2"));
  CHECK_THAT(run.with("/test_kl", 0, 0.0), StartsWith(":/test_loss: is ") && Contains("in epoch 1"));
  CHECK_THAT(run.with("/test_reconstruction", 1, 44.0), StartsWith(":/test_loss"));
  CHECK_THAT(run.with("/beta", 0, 0.5), StartsWith(":/beta: is 0.5 in epoch 1"));
  CHECK_THAT(run.with("/learning_rate", 1, 2e-5), StartsWith(":/learning_rate: is 2e-05 in epoch 2"));
  const auto skipped = [&](std::int64_t first, std::int64_t second) {
    return run.changed([&](hdf5::File& file) {
      file.remove("/skipped_steps");
      file.write("/skipped_steps", std::vector<std::int64_t>{first, second}, {.dimensions = {"epoch"}});
    });
  };
  CHECK_THAT(skipped(1, 0), StartsWith(":/optimizer: has taken "));
  CHECK_THAT(skipped(0, -1), StartsWith(":/skipped_steps: is -1 in epoch 2"));
  CHECK_THAT(skipped(6, 0), StartsWith(":/skipped_steps: is 6 in epoch 1"));
  CHECK_THAT(skipped(4, 0), StartsWith(":/images_per_second"));  // 5 steps for 24 images, 10 at a time
  CHECK_THAT(skipped(0, std::numeric_limits<std::int64_t>::max()), StartsWith(":/skipped_steps"));
  CHECK_THAT(run.with("/seconds", 0, 1.0), StartsWith(":/images_per_second") && Contains("in epoch 1"));
  CHECK_THAT(run.with("/seconds", 1, -1.0), StartsWith(":/seconds: is -1 in epoch 2"));
  CHECK_THAT(run.with("/images_per_second", 1, 1000.0),
             StartsWith(":/images_per_second: is 1000 in epoch 2"));
  CHECK_THAT(run.with("/gradient_norm", 0, -1.0), StartsWith(":/gradient_norm: is -1 in epoch 1"));
  for (const char* series : {"/train_loss", "/test_loss", "/train_kl", "/gradient_norm", "/seconds",
                             "/learning_rate", "/images_per_second", "/validation_loss"})
    for (const double value : {no_number, std::numeric_limits<double>::infinity()})
      CHECK_THAT(run.with(series, 0, value),
                 StartsWith(std::string(":") + series + ": holds a value that is not finite"));
}

TEST_CASE("run file: a clock that stood still is no damage") {
  const OldRun run("ae.h5");
  copy_with(run.original, run.folder.file("still.h5"), "/seconds", 1, 0.0);
  for (const double rate : {0.0, std::numeric_limits<double>::infinity()}) {
    copy_with(run.folder.file("still.h5"), run.copy, "/images_per_second", 1, rate);
    CHECK(complaint(run.copy).empty());
  }
  copy_with(run.folder.file("still.h5"), run.copy, "/images_per_second", 1, no_number);
  CHECK_THAT(complaint(run.copy), Contains(":/images_per_second: holds a value that is not finite"));
}

TEST_CASE("run file: a best state that is not the best, or differs from itself, is found") {
  const OldRun run("vae.h5");
  const auto file = hdf5::File::open(run.original);
  REQUIRE(file.integer_attribute("/best", "epoch") == 2);  // the last one: its weights stand twice
  CHECK_THAT(run.with("/validation_loss", 0, 1.0), StartsWith(":/best: is of epoch 2"));
  CHECK_THAT(run.with_attribute("/best", "epoch", 1), StartsWith(":/best: is of epoch 1"));
  CHECK_THAT(run.with_attribute("/best", "epoch", 3), StartsWith(":/best: is of epoch 3"));
  CHECK_THAT(run.with_attribute("/best", "validation_loss", 1.0), StartsWith(":/best"));
  CHECK_THAT(run.with_attribute("/best", "validation_loss", no_number), StartsWith(":/best"));
  const auto places = places_of<float>(run.original, "/weights/conv1");
  REQUIRE(places.size() == 2);
  for (const std::size_t place : places) {
    std::string bytes = bytes_of(run.original);
    bytes[place + 1] = static_cast<char>(bytes[place + 1] ^ 1);
    put_bytes(run.copy, bytes);
    CHECK_THAT(run.found(), StartsWith(":/best/weights/conv1: differs from /weights"));
  }
}

TEST_CASE("run file: an optimizer that the configuration does not make is found") {
  const OldRun sgd("vae.h5"), adam("ae.h5");
  CHECK_THAT(sgd.with_attribute("/optimizer", "name", "adam"),
             StartsWith(":/optimizer: is adam; its configuration"));
  CHECK_THAT(sgd.with_attribute("/optimizer", "momentum", 0.5), StartsWith(":/optimizer: has momentum 0.5"));
  CHECK_THAT(sgd.with_attribute("/optimizer", "weight_decay", 0.5),
             StartsWith(":/optimizer: has weight_decay"));
  CHECK_THAT(adam.with_attribute("/optimizer", "beta1", 0.5), StartsWith(":/optimizer: has beta1 0.5"));
  CHECK_THAT(adam.with_attribute("/optimizer", "beta2", no_number), StartsWith(":/optimizer: has beta2"));
  CHECK_THAT(adam.with_attribute("/optimizer", "epsilon", 0.0), StartsWith(":/optimizer: has epsilon"));
  for (const std::int64_t steps : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{5}, std::int64_t{7},
                                   std::int64_t{8}, std::numeric_limits<std::int64_t>::max()})
    CHECK_THAT(adam.with_attribute("/optimizer", "steps", steps),
               Contains(steps == 8 ? "/images_per_second" : ":/optimizer"));
  CHECK_THAT(adam.with_attribute("/optimizer", "steps", 6.0), Contains("steps is no integer"));
  CHECK_THAT(adam.with("/optimizer/second_moment/conv1", 3, -1e-9f),
             StartsWith(":/optimizer/second_moment/conv1: holds a negative number"));
  CHECK_THAT(adam.with("/optimizer/first_moment/conv1", 3, std::numeric_limits<float>::infinity()),
             StartsWith(":/optimizer/first_moment/conv1: holds a value that is not finite"));
  CHECK_THAT(adam.with("/weights/conv1", 0, std::numeric_limits<float>::quiet_NaN()),
             StartsWith(":/weights/conv1: holds a value that is not finite"));
}

TEST_CASE("run file: a configuration that its copies, its model or its curves contradict is found") {
  const OldRun run("vae.h5");
  CHECK_THAT(run.with_attribute("/", "config.latent", 3), Contains("is damaged") && Contains("latent = 2"));
  CHECK_THAT(run.with_attribute("/", "config.latent", 2.0), Contains("is damaged"));
  CHECK_THAT(run.with_attribute("/", "seed", std::uint64_t{1}), Contains("its attribute seed is not"));
  CHECK_THAT(run.with_option("seed", 1, 1), Contains("its attribute seed is not"));
  CHECK_THAT(run.with_option("latent", 3, 3), Contains("its model is another one"));
  CHECK_THAT(run.with_option("activation", "tanh", "tanh"), Contains("its model is another one"));
  CHECK_THAT(run.with_option("kernel", {9000}, "[9000]"),
             Contains("its model is another") || Contains("makes no model"));
  CHECK_THAT(run.with_option("epochs", 1, 1),
             StartsWith(":/epoch: has 2 entries; its configuration says 1 epoch"));
  CHECK_THAT(run.with_option("learning-rate", 1.0, 1.0), StartsWith(":/learning_rate: is "));
  CHECK_THAT(run.with_option("batch", 7, 7), StartsWith(":/images_per_second: is "));
  CHECK_THAT(run.with_option("momentum", 0.5, 0.5), StartsWith(":/optimizer: has momentum 0.9"));
  for (const nlohmann::json& wrong : std::vector<nlohmann::json>{2.5, 2.0, true, "2", -1, nullptr}) {
    const hdf5::Value copy = wrong.is_string()           ? hdf5::Value(wrong.get<std::string>())
                             : wrong.is_number_float()   ? hdf5::Value(wrong.get<double>())
                             : wrong.is_number_integer() ? hdf5::Value(wrong.get<std::int64_t>())
                                                         : hdf5::Value(wrong.dump());
    CHECK_THAT(run.with_option("latent", wrong, copy), Contains("latent"));
  }
  // What the user of a model is told is the same: nobody is sent to the command line.
  CHECK_THAT(complaint_of_user(run.copy), StartsWith(run.copy) && Contains("latent"));
}

TEST_CASE("run file: other damage of an older file") {
  const OldRun run("ae.h5");
  CHECK_THAT(run.with_attribute("/", "model", "{}"), Contains("its model: the model has no version"));
  CHECK_THAT(run.with_attribute("/", "model", "{\"version\": 1e400}"), Contains("its model"));
  CHECK_THAT(run.with_attribute("/", "kind", "evaluate"), Contains("is a file of fsconv evaluate"));
  CHECK_THAT(run.changed([](hdf5::File& file) {
    file.remove("/samples/reconstructions");
    file.write("/samples/reconstructions", Tensor<std::uint8_t>({6, 8, 9, 1}));
  }),
             StartsWith(":/samples/reconstructions: is of another shape"));
  CHECK_THAT(run.changed([](hdf5::File& file) {
    file.remove("/samples/originals");
    file.write("/samples/originals", Tensor<std::uint8_t>({17, 8, 8, 1}));
  }),
             StartsWith(":/samples/originals"));
  CHECK_THAT(run.changed([](hdf5::File& file) {
    file.remove("/train_loss");
    file.write("/train_loss", Tensor<double>({2, 1}, {1, 2}));
  }),
             StartsWith(":/train_loss: is not as long as /epoch"));
}

namespace {

template <class T>
void flip_in(hdf5::File& file, const std::string& dataset) {
  Tensor<T> values = file.read<T>(dataset);
  std::uint8_t byte = 0;
  std::memcpy(&byte, values.data(), 1);
  byte ^= 1;  // the lowest bit
  std::memcpy(values.data(), &byte, 1);
  const bool is_curve =
      file.read<std::int64_t>("/epoch").shape() == values.shape() && dataset.rfind('/') == 0;
  file.remove(dataset);
  file.write(dataset, values,
             {.dimensions = is_curve ? std::vector<std::string>{"epoch"} : std::vector<std::string>{}});
}

}  // namespace

TEST_CASE("run file: one flipped bit of any number that was written is found", "[slow]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), copy = folder.file("copy.h5");
  for (const char* old : {"ae.h5", "vae.h5"}) {
    run_to(path, read_train_config(hdf5::File::open(schema_2 + old)));
    REQUIRE(complaint(path).empty());
    const auto whole = hdf5::File::open(path);
    const auto digest = nlohmann::json::parse(whole.string_attribute("/", "digest"));
    REQUIRE(digest["datasets"].size() > 20);
    for (const auto& [name, hash] : digest["datasets"].items()) {
      if (name == "/epoch") continue;  // HDF5 gives up no scale that others have; it is damaged above
      std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
      auto file = hdf5::File::modify(copy);
      const std::string type = file.dtype(name);
      if (type == "f4") flip_in<float>(file, name);
      if (type == "f8") flip_in<double>(file, name);
      if (type == "i8") flip_in<std::int64_t>(file, name);
      if (type == "u1") flip_in<std::uint8_t>(file, name);
      file.commit();
      CHECK_THAT(complaint_of_user(copy), StartsWith(copy + ":" + name));
      const std::string said = complaint(copy);
      CHECK_THAT(said, StartsWith(copy + ":" + name));
      CHECK_THAT(said, Contains("is not what fsconv wrote"));
    }
  }
}

TEST_CASE("run file: what others add to it changes no bit of the run that goes on from it") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(folder.file("run.h5"), config);
  std::filesystem::copy_file(folder.file("run.h5"), folder.file("more.h5"));
  auto file = hdf5::File::modify(folder.file("more.h5"));
  file.write("/mine", std::vector<double>{1}, {.dimensions = {"epoch"}});
  file.write("/weights/mine", Tensor<float>({3, 1, 4, 4}));
  file.set_attribute("/", "comment", "a good one");
  file.set_attribute("/weights/conv1", "comment", "the first");
  file.commit();
  config.epochs = 2;
  run_to(folder.file("a.h5"), config, folder.file("run.h5"));
  run_to(folder.file("b.h5"), config, folder.file("more.h5"));
  const auto a = hdf5::File::open(folder.file("a.h5")), b = hdf5::File::open(folder.file("b.h5"));
  for (const char* name : {"/weights/conv1", "/weights/linear", "/optimizer/second_moment/conv2"})
    CHECK(a.read<float>(name) == b.read<float>(name));
  CHECK(a.read<double>("/test_loss") == b.read<double>("/test_loss"));
  CHECK(a.integer_attribute("/", "schema_version") == 3);
}
