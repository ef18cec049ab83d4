// The configuration of a training run: what is refused, and that it survives as JSON.
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/train/config.hpp>
#include <limits>

using namespace fsconv;

namespace {

// The option that is to blame once `change` has been made to a good configuration.
template <class Change>
std::string blamed(Change&& change) {
  TrainConfig config;
  change(config);
  try {
    check(config);
  } catch (const InvalidArgument& error) {
    return error.field();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("config: the default is good") {
  CHECK(blamed([](TrainConfig&) {}) == "nothing");
}

TEST_CASE("config: bad values are blamed on their option") {
  CHECK(blamed([](auto& c) { c.model = "vae2"; }) == "model");
  CHECK(blamed([](auto& c) { c.loss = "l1"; }) == "loss");
  CHECK(blamed([](auto& c) { c.form = "fft"; }) == "form");
  CHECK(blamed([](auto& c) { c.precision = "fp16"; }) == "precision");
  CHECK(blamed([](auto& c) { c.precision = "bf16", c.form = "gather"; }) == "precision");
  CHECK(blamed([](auto& c) { c.precision = "bf16"; }) == "nothing");
  CHECK(blamed([](auto& c) { c.epochs = 0; }) == "epochs");
  CHECK(blamed([](auto& c) { c.batch = 0; }) == "batch");
  CHECK(blamed([](auto& c) { c.batch = -5; }) == "batch");
  CHECK(blamed([](auto& c) { c.threads = 0; }) == "threads");
  CHECK(blamed([](auto& c) { c.train_images = -1; }) == "train-images");
  CHECK(blamed([](auto& c) { c.test_images = -1; }) == "test-images");
  CHECK(blamed([](auto& c) { c.learning_rate = 0; }) == "learning-rate");
  CHECK(blamed([](auto& c) { c.learning_rate = -1; }) == "learning-rate");
  CHECK(blamed([](auto& c) { c.learning_rate = std::numeric_limits<double>::quiet_NaN(); }) ==
        "learning-rate");
  CHECK(blamed([](auto& c) { c.learning_rate = std::numeric_limits<double>::infinity(); }) ==
        "learning-rate");
  CHECK(blamed([](auto& c) { c.channels = {}; }) == "channels");
}

TEST_CASE("config: one entry per layer, or one for all") {
  TrainConfig config;
  config.channels = {8, 16, 32};
  config.kernel = {5, 3, 3};
  config.padding = {1};
  const auto specs = layers(config);
  REQUIRE(specs.size() == 3);
  CHECK(specs[0] == LayerSpec{8, 5, 2, 1});
  CHECK(specs[2] == LayerSpec{32, 3, 2, 1});
  CHECK(blamed([](auto& c) { c.channels = {1, 2, 3}, c.kernel = {3, 3}; }) == "kernel");
  CHECK(blamed([](auto& c) { c.channels = {1, 2}, c.stride = {2, 2, 2}; }) == "channels");
  CHECK(blamed([](auto& c) { c.padding = {1, 1, 1}; }) == "channels");
}

TEST_CASE("config: JSON brings every option back") {
  TrainConfig config;
  config.data = "generated";
  config.train_images = 7;
  config.channels = {5};
  config.padding = {2};
  config.tied = false;
  config.loss = "mse";
  config.learning_rate = 0.1;  // no finite binary fraction
  config.seed = std::numeric_limits<std::uint64_t>::max();
  const auto text = to_json(config).dump();
  const TrainConfig back = config_from_json(nlohmann::json::parse(text), "test");
  CHECK(to_json(back) == to_json(config));
  CHECK(back.learning_rate == config.learning_rate);
  CHECK(back.seed == config.seed);
  CHECK(back.padding == config.padding);
  CHECK_FALSE(back.tied);
}

TEST_CASE("config: JSON of something else is bad data") {
  CHECK_THROWS_AS(config_from_json(nlohmann::json::object(), "file"), BadData);
  nlohmann::json json = to_json(TrainConfig());
  json["channels"] = "many";
  CHECK_THROWS_AS(config_from_json(json, "file"), BadData);
}

TEST_CASE("config: a file from before there was a choice of precision is one of fp32") {
  TrainConfig config;
  config.precision = "bf16";
  nlohmann::json json = to_json(config);
  CHECK(config_from_json(json, "file").precision == "bf16");
  json.erase("precision");
  CHECK(config_from_json(json, "file").precision == "fp32");
  json.erase("form");
  CHECK_THROWS_AS(config_from_json(json, "file"), BadData);
}
