// Smoothing a trained run: which weights, how far they move, and a file that everything reads.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/train/smooth.hpp>

#include "train/small_run.hpp"

using namespace fsconv;
using checkerboard::Onto;

namespace {

ImageRequest some_images() { return {.images = 8}; }

}  // namespace

TEST_CASE("smooth: the strided transposed convolutions of a model, each weight once") {
  const auto weights = [](ModelSpec spec) { return smoothable_weights(make_model(spec)); };
  const LayerSpec strided{.channels = 3, .kernel = 4, .stride = 2, .padding = 1},
      plain{.channels = 3, .kernel = 3, .stride = 1, .padding = 1};
  ModelSpec spec{.image_size = {8, 8},
                 .layers = {strided, plain, strided},
                 .latent = 4,
                 .tied = {true, true, true, true}};
  CHECK(weights(spec) == std::vector<std::string>{"conv3", "conv1"});
  spec.tied = {false, true, true, false};
  CHECK(weights(spec) == std::vector<std::string>{"conv3", "conv1_transpose"});
  spec.tied = {false, false, false, false};
  spec.decoder = Decoder::resize;
  CHECK(weights(spec).empty());
  const Model model = make_model(spec);
  Parameters<float> parameters = initial_parameters<float>(model, 1);
  CHECK_THROWS_WITH(smooth(model, parameters, Onto::equal_sums), Catch::Contains("run"));
}

TEST_CASE("smooth: projects what is named, says how far, and names what it cannot") {
  const ModelSpec spec{.image_size = {8, 8},
                       .layers = {{.channels = 3, .kernel = 4, .stride = 2, .padding = 1},
                                  {.channels = 2, .kernel = 2, .stride = 2, .padding = 0}},
                       .latent = 4,
                       .tied = {true, false, true}};
  const Model model = make_model(spec);
  const Parameters<float> before = initial_parameters<float>(model, 1);
  for (const Onto onto : {Onto::equal_sums, Onto::resize}) {
    Parameters<float> after = before;
    const auto layers = smooth(model, after, onto);
    REQUIRE(layers.size() == 2);
    CHECK(layers[0].weight == "conv2_transpose");
    CHECK_FALSE(layers[0].encodes);
    CHECK(layers[1].weight == "conv1");
    CHECK(layers[1].encodes);
    for (const SmoothedLayer& layer : layers) {
      CHECK(layer.before.index > 0.1);
      CHECK(layer.after.index < 1e-5);  // floats: 2^-24 of taps, over sums of few of them
      double moved = 0, size = 0;
      for (std::size_t at = 0; at < before.size(); ++at) {
        if (before[at].name != layer.weight) continue;
        for (Index tap = 0; tap < before[at].value.size(); ++tap) {
          moved += std::pow(static_cast<double>(after[at].value[tap] - before[at].value[tap]), 2);
          size += std::pow(static_cast<double>(before[at].value[tap]), 2);
        }
      }
      CHECK(layer.change == Approx(std::sqrt(moved / size)).epsilon(1e-5));
    }
    for (std::size_t at = 0; at < before.size(); ++at)
      if (before[at].name != "conv1" && before[at].name != "conv2_transpose")
        CHECK(after[at].value == before[at].value);
  }
  Parameters<float> one = before;
  CHECK(smooth(model, one, Onto::equal_sums, {"conv1"}).size() == 1);
  for (std::size_t at = 0; at < before.size(); ++at)
    CHECK((one[at].value == before[at].value) == (before[at].name != "conv1"));
  for (const char* wrong : {"conv2", "linear", "conv1_bias", "conv9", ""}) {
    Parameters<float> untouched = before;
    CHECK_THROWS_WITH(smooth(model, untouched, Onto::equal_sums, {"conv1", wrong}),
                      Catch::Contains("conv2_transpose or conv1"));
    for (std::size_t at = 0; at < before.size(); ++at) CHECK(untouched[at].value == before[at].value);
  }
}

TEST_CASE("smooth: the file is a run with both states smoothed and all else as it was", "[slow]") {
  const test::TemporaryFolder folder;
  const std::string run = folder.file("run.h5"), smoothed = folder.file("smoothed.h5");
  test::run_to(run, test::small_vae_config());
  write_smoothed_run(smoothed, run, Onto::equal_sums, {}, "fsconv smooth", 1);
  for (const Weights weights : {Weights::best, Weights::last}) {
    const TrainedRun before = open_run(run, weights), after = open_run(smoothed, weights);
    CHECK(after.trained.epoch == before.trained.epoch);
    Parameters<float> expected = before.trained.parameters;
    smooth(before.trained.model, expected, Onto::equal_sums);
    for (std::size_t at = 0; at < expected.size(); ++at) {
      INFO(expected[at].name);
      CHECK(after.trained.parameters[at].value == expected[at].value);
    }
  }
  const hdf5::File old = hdf5::File::open(run), file = hdf5::File::open(smoothed);
  CHECK(file.read<double>("/test_loss") == old.read<double>("/test_loss"));
  CHECK(file.read<float>("/optimizer/first_moment/conv1") ==
        old.read<float>("/optimizer/first_moment/conv1"));
  CHECK(file.read<std::uint8_t>("/samples/originals") == old.read<std::uint8_t>("/samples/originals"));
  CHECK(file.read<std::uint8_t>("/samples/reconstructions") !=
        old.read<std::uint8_t>("/samples/reconstructions"));
  CHECK(file.string_attribute("/", "command_line") == "fsconv smooth");
  CHECK(file.string_attribute("/", "configuration") == old.string_attribute("/", "configuration"));
  // The threads do not matter, and it can be trained on and smoothed again.
  write_smoothed_run(folder.file("again.h5"), smoothed, Onto::resize, {"conv1"}, "fsconv smooth", 2);
  TrainConfig longer = test::small_vae_config();
  ++longer.epochs;
  CHECK(test::run_to(folder.file("more.h5"), longer, smoothed).size() == 4);
  // A run of the first schema becomes one of today's.
  write_smoothed_run(folder.file("old.h5"), FSCONV_SOURCE_DIR "/tests/vectors/run_schema_1.h5",
                     Onto::equal_sums, {}, "", 1);
  CHECK(open_run(folder.file("old.h5"), Weights::last).trained.epoch == 1);
}

TEST_CASE("smooth: the report says what moved, and the loss before and after in pairs") {
  const test::TemporaryFolder folder;
  test::run_to(folder.file("run.h5"), test::small_vae_config());
  const TrainedRun before = open_run(folder.file("run.h5"), Weights::best);
  TrainedRun after = before;
  SmoothReport report{.run = "run.h5",
                      .epoch = before.trained.epoch,
                      .is_best = before.trained.is_best,
                      .layers = smooth(before.trained.model, after.trained.parameters, Onto::equal_sums),
                      .before = {},
                      .after = {}};
  CHECK_THAT(text(report, 80), Catch::Contains("conv1 *") && Catch::Contains("shared with the encoder") &&
                                   !Catch::Contains("standard error"));
  const ShownImages images = load_images(before, some_images());
  report.before = evaluate(before, images, 0, 1, Precision::fp32);
  report.after = evaluate(after, images, 0, 1, Precision::fp32);
  const nlohmann::json json = json_of(report);
  CHECK(json["layers"].size() == report.layers.size());
  const auto& elbo = json["losses"]["elbo"];
  CHECK(elbo["difference"].get<double>() ==
        Approx(elbo["after"].get<double>() - elbo["before"].get<double>()).margin(1e-6));
  CHECK(elbo["difference"].get<double>() != 0);
  CHECK_THAT(text(report, 80), Catch::Contains("-ELBO") && Catch::Contains("standard error"));
  for (const std::size_t width : {40, 80, 120})
    for (const std::string& line : split(text(report, width), '\n')) CHECK(line.size() <= width);
  report.layers[0].before.index = std::numeric_limits<double>::infinity();
  CHECK(json_of(report)["layers"][0]["before"]["index"].is_null());
  CHECK_THAT(text(report, 80), Catch::Contains("infinite"));
}
