// The images of a run: limits, and a checksum that notices other images.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/train/training_data.hpp>

#include "train/small_run.hpp"

using namespace fsconv;

TEST_CASE("training_data: the first images of the set") {
  const TrainConfig config = test::small_config();
  const TrainingData data = load_training_data(config);
  const Dataset all = load_dataset("generated", config.seed);
  CHECK(data.train.shape() == Shape{70, 1, 28, 28});
  CHECK(data.test.shape() == Shape{20, 1, 28, 28});
  CHECK(data.format() == ImageFormat{.height = 28, .width = 28, .channels = 1});
  CHECK(data.train == all.train.images.part(0, 70));
  CHECK(data.test == all.test.images.part(0, 20));
}

TEST_CASE("training_data: colour images that are not square") {
  TrainConfig config = test::small_config();
  config.data = "generated:16x24x3";
  const TrainingData data = load_training_data(config);
  CHECK(data.train.shape() == Shape{70, 3, 16, 24});
  CHECK(data.format() == ImageFormat{.height = 16, .width = 24, .channels = 3});
  CHECK(data.checksums.all != load_training_data(test::small_config()).checksums.all);
}

TEST_CASE("training_data: the format of generated images is known before there are any") {
  for (const std::string data : {"generated", "generated:8x16x3"}) {
    TrainConfig config = test::small_config();
    config.data = data;
    CHECK(known_format(data) == load_training_data(config).format());
  }
  CHECK_FALSE(known_format("generated.npy"));
  CHECK_FALSE(known_format("mnist"));
  CHECK_THROWS_AS(known_format("generated:8x16"), InvalidArgument);
  CHECK_THROWS_AS(known_format("generated:8x1600x3"), InvalidArgument);
}

TEST_CASE("training_data: all images where no limit is given, and never more than there are") {
  TrainConfig config = test::small_config();
  config.train_images = config.test_images = 0;
  const TrainingData data = load_training_data(config);
  config.test_images = data.test.shape()[0] + 1;
  CHECK_THROWS_AS(load_training_data(config), InvalidArgument);
}

TEST_CASE("training_data: what a user should know of how the images were read") {
  CHECK(load_training_data(test::small_config()).notes.empty());
  const test::TemporaryFolder folder;
  write_npy(folder.file("x.npy"), Tensor<float>({4, 8, 8}), "f4");
  TrainConfig config = test::small_config();
  config.data = folder.file("x.npy");
  config.train_images = config.test_images = 0;
  const TrainingData data = load_training_data(config);
  CHECK(data.train.shape() == Shape{3, 1, 8, 8});
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0].find("floats in 0..1 become the bytes round(255 x)") != std::string::npos);
  CHECK(data.notes[1].find("[4, 8, 8] is taken as grey images [N, H, W]") != std::string::npos);
}

TEST_CASE("training_data: the checksum belongs to the images") {
  TrainConfig config = test::small_config();
  const std::int64_t checksum = load_training_data(config).checksums.all;
  CHECK(load_training_data(config).checksums.all == checksum);
  config.seed += 1;
  CHECK(load_training_data(config).checksums.all != checksum);
  config.seed -= 1;
  const ImageChecksums before = load_training_data(config).checksums;
  config.train_images -= 1;
  const ImageChecksums after = load_training_data(config).checksums;
  CHECK(after.all != checksum);
  CHECK(after.train != before.train);
  CHECK(after.test == before.test);
  CHECK_FALSE(after.validation);
  config.validation = 3;
  CHECK(load_training_data(config).checksums.validation);
}

TEST_CASE("training_data: validation images are the last training images and nobody else's") {
  TrainConfig config = test::small_config();
  const Dataset all = load_dataset("generated", config.seed);
  config.validation = 30;
  const TrainingData data = load_training_data(config);
  CHECK(data.validation.shape() == Shape{30, 1, 28, 28});
  CHECK(data.train.shape() == Shape{70, 1, 28, 28});
  CHECK(data.validation == all.train.images.part(all.train.images.count() - 30, 30));
  CHECK(data.checksums.all != load_training_data(test::small_config()).checksums.all);
  config.train_images = 0;
  CHECK(load_training_data(config).train.shape()[0] == all.train.images.shape()[0] - 30);
  config.train_images = 5971;  // one of them would be in both
  CHECK_THROWS_AS(load_training_data(config), InvalidArgument);
  config.validation = 6000;
  config.train_images = 0;
  CHECK_THROWS_AS(load_training_data(config), InvalidArgument);
}
