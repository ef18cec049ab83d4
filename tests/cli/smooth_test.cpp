// fsconv smooth: what it prints, the file it writes, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <nlohmann/json.hpp>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

struct Runs : TrainedFolder {
  Runs() {
    train("ae.h5", "--latent 6");
    train("shuffled.h5", "--latent 6 --decoder subpixel");
  }
};

const Runs& runs() {
  static const Runs folder;
  return folder;
}

}  // namespace

TEST_CASE("cli smooth: the index falls, the loss is that of evaluate, and the file is a run") {
  const TrainedFolder& folder = runs();
  const auto json = folder.json("smooth ae.h5 --data generated --images 30 --output even.h5 --force");
  REQUIRE(json["layers"].size() == 2);
  for (const auto& layer : json["layers"]) {
    CHECK(layer["before"]["index"].get<double>() > 0.1);
    CHECK(layer["after"]["index"].get<double>() < 1e-5);
    CHECK(layer["shared_with_encoder"] == true);
  }
  const auto before = folder.json("evaluate ae.h5 --images 30"),
             after = folder.json("evaluate even.h5 --images 30");
  const auto& loss = json["losses"]["reconstruction"];
  CHECK(loss["before"] == before["reconstruction"]["mean"]);
  CHECK(loss["after"] == after["reconstruction"]["mean"]);
  CHECK(loss["before"] != loss["after"]);
  folder.run("encode even.h5 --images 5 --output codes.npy");
  CHECK(nlohmann::json::parse(folder.run("smooth even.h5 --json"))["layers"][0]["relative_change"]
            .get<double>() < 1e-6);
  // Only the filters, of one layer.
  const auto one = folder.json("smooth ae.h5 --layers conv1 --onto resize");
  CHECK(one["layers"].size() == 1);
  CHECK(one["onto"] == "resize");
  CHECK(one["epoch"] == before["epoch"]);
  CHECK(one["weights"] == before["weights"]);
  CHECK_FALSE(one.contains("losses"));
}

TEST_CASE("cli smooth: where the weights came from is not forgotten") {
  const TrainedFolder& folder = runs();
  folder.run(
      "train --data generated --init ae.h5 --latent 6 --channels 4,8 --train-images 60 --test-images 30 "
      "--epochs 1 --output finer.h5");
  folder.run("smooth finer.h5 --output evener.h5 --force");
  const auto origin = [&](const char* file) {
    const hdf5::File run = hdf5::File::open(folder / file);
    return run.string_attribute("/", "initial_weights") + run.string_attribute("/", "initial_sha256");
  };
  CHECK(origin("evener.h5") == origin("finer.h5"));
  // Nor is it, when the training goes on, that they were smoothed.
  folder.run("train --resume evener.h5 --epochs 2 --output longer.h5");
  CHECK(folder.run("log finer.h5 longer.h5 --diff").find("+ smooth = fsconv smooth finer.h5") !=
        std::string::npos);
}

TEST_CASE("cli smooth: what it refuses, in a line or two, with no file changed") {
  CHECK(first_unrefused(runs(), {
                                    {"smooth", 2, {"RUN"}},
                                    {"smooth ae.h5 --layers linear", 2, {"linear", "conv1"}},
                                    {"smooth ae.h5 --onto magic", 2, {"equal-sums", "resize"}},
                                    {"smooth ae.h5 --images 3", 2, {"--data"}},
                                    {"smooth ae.h5 --force", 2, {"--output"}},
                                    {"smooth ae.h5 --output ae.h5 --force", 2, {"what is read"}},
                                    {"smooth ae.h5 --output shuffled.h5", 2, {"there already", "--force"}},
                                    {"smooth ae.h5 --output x.png", 2, {"x.png"}},
                                    {"smooth ae.h5 --output nowhere/x.h5", 5, {"nowhere"}},
                                    {"smooth shuffled.h5", 2, {"no transposed convolution with a stride"}},
                                    {"smooth nothing.h5", 5, {"nothing.h5"}},
                                }) == "");
}
