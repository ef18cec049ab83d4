// The file of a training run: what it holds, and that a damaged one is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/train/training_data.hpp>
#include <limits>

#include "train/small_run.hpp"

using namespace fsconv;
using test::run_to;
using test::small_config;
using test::TemporaryFolder;

namespace {

TrainConfig short_config() {
  TrainConfig config = small_config();
  config.epochs = 1;
  return config;
}

// A run of one epoch whose file has been changed; going on from it must fail.
template <class Damage>
void check_refused(Damage&& damage) {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  run_to(file, short_config());
  {
    hdf5::File changed = hdf5::File::modify(file);
    damage(changed);
    changed.commit();
  }
  CHECK_THROWS_AS(run_to(file, small_config(), file), BadData);
}

}  // namespace

TEST_CASE("checkpoint: curves, weights, moments and samples") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const auto history = run_to(path, small_config());
  const hdf5::File file = hdf5::File::open(path);

  CHECK(file.read<std::int64_t>("/epoch") == Tensor<std::int64_t>({3}, {1, 2, 3}));
  CHECK(file.read<double>("/test_loss")[2] == history[2].test_loss);
  CHECK(file.read<double>("/train_loss")[0] == history[0].train_loss);
  CHECK(file.string_attribute("/test_loss", "units") == "nats per image");
  CHECK(file.string_attribute("/seconds", "units") == "s");
  CHECK_FALSE(file.string_attribute("/images_per_second", "long_name").empty());

  CHECK(file.shape("/weights/conv1") == Shape{3, 1, 4, 4});
  CHECK(file.shape("/weights/conv2") == Shape{4, 3, 4, 4});
  CHECK(file.shape("/weights/linear") == Shape{5, 4, 7, 7});
  CHECK(file.shape("/weights/linear_transpose_bias") == Shape{4, 7, 7});
  CHECK_FALSE(file.exists("/weights/conv1_transpose"));  // tied: it is conv1
  CHECK(file.shape("/optimizer/second_moment/conv2") == Shape{4, 3, 4, 4});
  CHECK(file.integer_attribute("/optimizer", "steps") == 9);  // three epochs of three batches

  CHECK(file.shape("/samples/originals") == Shape{16, 28, 28, 1});
  CHECK(file.dtype("/samples/reconstructions") == "u1");
  CHECK(to_json(read_train_config(file)) == to_json(small_config()));
}

TEST_CASE("checkpoint: samples are the bytes of the test images") {
  const TemporaryFolder folder;
  run_to(folder.file("run.h5"), short_config());
  const auto originals = hdf5::File::open(folder.file("run.h5")).read<std::uint8_t>("/samples/originals");
  const auto images = load_training_data(short_config()).test;
  CHECK(std::equal(originals.begin(), originals.end(),
                   images.in_place()));  // one channel: the order is the same
}

TEST_CASE("checkpoint: missing, misshapen and not finite content is refused", "[slow]") {
  check_refused([](hdf5::File& file) { file.remove("/weights/conv2"); });
  check_refused([](hdf5::File& file) { file.remove("/train_loss"); });
  check_refused([](hdf5::File& file) {
    file.remove("/weights/conv1");
    file.write("/weights/conv1", Tensor<float>({3, 1, 4, 5}));
  });
  check_refused([](hdf5::File& file) {
    file.remove("/optimizer/first_moment/conv1");
    Tensor<float> broken({3, 1, 4, 4});
    broken[7] = std::numeric_limits<float>::quiet_NaN();
    file.write("/optimizer/first_moment/conv1", broken);
  });
  check_refused([](hdf5::File& file) { file.set_attribute("/optimizer", "steps", std::int64_t{-1}); });
  check_refused([](hdf5::File& file) { file.set_attribute("/optimizer", "name", std::string("sgd")); });
  check_refused([](hdf5::File& file) { file.remove("/learning_rate"); });
}

TEST_CASE("checkpoint: a variational run has its parts, its best state and its model") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  const auto history = run_to(path, test::small_vae_config());
  const hdf5::File file = hdf5::File::open(path);
  for (const char* series : {"/train_reconstruction", "/train_kl", "/test_reconstruction", "/test_kl",
                             "/beta", "/validation_loss", "/learning_rate", "/gradient_norm"})
    CHECK(file.shape(series) == Shape{3});
  CHECK(file.read<double>("/test_kl")[1] == history[1].test_kl);
  CHECK(file.read<double>("/beta")[0] == Approx(2.0 / 3));  // an epoch of a warm-up that takes one and a half
  CHECK(file.read<double>("/beta")[2] == 1);
  CHECK(file.shape("/best/weights/mean") == file.shape("/weights/mean"));
  CHECK(file.shape("/weights/conv1_transpose_gain") == Shape{3});
  CHECK(nlohmann::json::parse(file.string_attribute("/", "model"))["steps"].size() == 11);
  CHECK(to_json(read_train_config(file)) == to_json(test::small_vae_config()));
}

TEST_CASE("checkpoint: a trained model is read as it was trained, and other files are refused") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  run_to(path, short_config());
  const TrainedModel trained = read_trained_model(path, Weights::best);
  CHECK_FALSE(trained.is_best);  // no validation images, so the last state
  CHECK(trained.epoch == 1);
  CHECK(trained.model.images().size == Shape{28, 28});
  CHECK(trained.parameters[0].value == hdf5::File::open(path).read<float>("/weights/conv1"));
  {
    hdf5::File other = hdf5::File::create(folder.file("other.h5"));
    other.set_attribute("/", "kind", std::string("verify"));
    other.commit();
  }
  CHECK_THROWS_AS(read_trained_model(folder.file("other.h5"), Weights::best), BadData);
  CHECK_THROWS_AS(read_trained_model(folder.file("missing.h5"), Weights::best), IoError);
}

TEST_CASE("checkpoint: a truncated file and no HDF5 file are refused") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  run_to(file, short_config());
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  CHECK_THROWS_AS(run_to(file, small_config(), file), BadData);
  std::ofstream(file) << "epoch,loss";
  CHECK_THROWS_AS(run_to(file, small_config(), file), BadData);
  CHECK_THROWS_AS(run_to(file, small_config(), folder.file("missing.h5")), IoError);
}

// Written by fsconv of 2026-11-23: train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2
// --epochs 1 --untied --loss mse --threads 1.
TEST_CASE("checkpoint: a file of schema 1 can still be used and resumed") {
  const std::string old = FSCONV_SOURCE_DIR "/tests/vectors/run_schema_1.h5";
  const TrainedModel trained = read_trained_model(old, Weights::best);
  CHECK(trained.config.tie == "none");
  CHECK(likelihood_of(trained.config) == Likelihood::mse);
  CHECK(trained.epoch == 1);
  CHECK(trained.parameters.size() == 8);  // two maps and their transposes apart, each with a bias

  const TemporaryFolder folder;
  TrainConfig config = trained.config;
  config.epochs = 2;
  const auto history = run_to(folder.file("on.h5"), config, old);
  REQUIRE(history.size() == 2);
  CHECK(history[0].test_loss == hdf5::File::open(old).read<double>("/test_loss")[0]);
  CHECK(history[1].test_loss < history[0].test_loss);
  const hdf5::File resumed = hdf5::File::open(folder.file("on.h5"));
  CHECK(resumed.integer_attribute("/", "schema_version") == 3);
  CHECK(resumed.read<double>("/learning_rate") ==
        Tensor<double>({2}, std::vector<double>(2, config.learning_rate)));
  CHECK(read_trained_model(folder.file("on.h5"), Weights::last).epoch == 2);  // it can be read again
}
