// Training as a whole: the same bits however it is run, and files that survive whatever stops it.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/interrupt.hpp>

#include "support/interrupted_child.hpp"
#include "train/damaged.hpp"
#include "train/same_bits.hpp"

using namespace fsconv;
using test::bytes_of;
using test::run_to;
using test::same_bits;
using test::schema_2;
using test::small_config;
using test::small_vae_config;
using test::TemporaryFolder;
using test::tiled_config;

namespace {

// What the run is refused or ended with, by an error of this kind; nothing where it goes well.
template <class Kind>
std::string told(const std::string& output, const TrainConfig& config) {
  try {
    run_to(output, config);
  } catch (const Kind& error) {
    return error.what();
  }
  return "";
}

// Runs that keep everything a resumed run could forget.
std::vector<TrainConfig> demanding_configs() {
  TrainConfig sgd = small_config();
  sgd.optimizer = OptimizerKind::sgd;
  sgd.learning_rate = 1e-4;
  sgd.clip_norm = 10;
  sgd.schedule = ScheduleKind::step;
  sgd.step_every = 0.5;
  sgd.step_factor = 0.5;
  TrainConfig adamw = small_config();
  adamw.optimizer = OptimizerKind::adamw;
  adamw.weight_decay = 0.1;
  adamw.schedule = ScheduleKind::cosine;
  adamw.warmup = 1.5;
  adamw.precision = Precision::bf16;
  adamw.validation = 20;
  TrainConfig weighted = small_vae_config();
  weighted.bound = Bound::iwae;
  weighted.draws = 3;
  weighted.binarise = Binarise::fixed;
  weighted.patience = 5;
  TrainConfig tiled = tiled_config(engine::Algorithm::winograd4);
  tiled.epochs = 3;
  TrainConfig rounded = small_vae_config();
  rounded.precision = Precision::bf16;
  rounded.algorithm = engine::Algorithm::winograd2;
  return {small_config(), small_vae_config(), sgd, adamw, weighted, tiled, rounded};
}

}  // namespace

TEST_CASE("train: the loss falls, and every epoch is reported once its file is there") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  std::vector<Index> reported;
  const auto history =
      train({.config = small_config(), .output = file, .resume_from = {}, .command_line = "test"},
            {.on_epoch = [&](const EpochResult& result) {
              reported.push_back(result.epoch);
              CHECK(hdf5::File::open(file).shape("/epoch") == Shape{result.epoch});
            }});
  CHECK(reported == std::vector<Index>{1, 2, 3});
  REQUIRE(history.size() == 3);
  CHECK(history[2].test_loss < history[0].test_loss);
  CHECK(history[2].train_loss < history[0].train_loss);
  CHECK(folder.count() == 2);  // the file and the picture, no temporary ones
  CHECK(bytes_of(picture_path(file)).substr(0, 8) == "\x89PNG\r\n\x1a\n");
}

TEST_CASE("train: the same bits on 1, 2 and 3 threads, others with another seed", "[slow]") {
  for (TrainConfig config : {small_config(), small_vae_config(), tiled_config(engine::Algorithm::winograd2),
                             tiled_config(engine::Algorithm::winograd4)}) {
    const TemporaryFolder folder;
    run_to(folder.file("1.h5"), config);
    for (const int threads : {2, 3}) {
      config.threads = threads;
      run_to(folder.file("n.h5"), config);
      CHECK(same_bits(folder.file("1.h5"), folder.file("n.h5")));
    }
    config.seed = 1;
    run_to(folder.file("other.h5"), config);
    CHECK_FALSE(same_bits(folder.file("1.h5"), folder.file("other.h5")));
  }
}

TEST_CASE("train: a resumed run ends with the bits of one that was not stopped", "[slow]") {
  for (const TrainConfig& whole : demanding_configs()) {
    const TemporaryFolder folder;
    run_to(folder.file("whole.h5"), whole);

    // Stopped after the first epoch: a cosine is laid out over all of them.
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      catch_interrupts();
      try {
        train({.config = whole, .output = folder.file("part.h5"), .resume_from = {}, .command_line = "test"},
              {.on_epoch = [](const EpochResult&) { std::raise(SIGINT); }});
      } catch (const Interrupted&) {
      }
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(hdf5::File::open(folder.file("part.h5")).shape("/epoch") == Shape{1});
    CHECK_FALSE(same_bits(folder.file("whole.h5"), folder.file("part.h5")));
    const auto history = run_to(folder.file("part.h5"), whole, folder.file("part.h5"));
    CHECK(history.size() == 3);
    CHECK(same_bits(folder.file("whole.h5"), folder.file("part.h5")));
  }
}

TEST_CASE("train: by which algorithm steps were computed stands in the file, and another one is told of") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  TrainConfig config = tiled_config(engine::Algorithm::winograd2);
  config.epochs = 1;
  run_to(file, config);
  CHECK(read_train_config(hdf5::File::open(file)).algorithm == engine::Algorithm::winograd2);
  const auto steps = read_algorithms(hdf5::File::open(file));
  REQUIRE(steps.size() == 6);
  CHECK(steps[0].conv_transpose.empty());  // nobody wants the gradient of images
  CHECK(steps[1].weight_gradient.starts_with("F("));
  CHECK(steps[2].weight_gradient == "direct");  // of the linear layer

  // A run of schema 2, whose file has no digest, with what it does not say.
  const auto said_of = [&](const std::string& algorithms) {
    const std::string copy = folder.file("copy.h5");
    std::filesystem::copy_file(schema_2 + "ae.h5", copy, std::filesystem::copy_options::overwrite_existing);
    {
      hdf5::File changed = hdf5::File::modify(copy);
      changed.set_attribute("/", "algorithms", algorithms);
      changed.commit();
    }
    std::string said;
    train({.config = read_train_config(hdf5::File::open(copy)),
           .output = copy,
           .resume_from = copy,
           .command_line = "test"},
          {.say = [&](const std::string& line) { said += line + "\n"; }});
    return said;
  };
  using nlohmann::json;
  const json first = {{"conv", "direct"}, {"weight_gradient", "direct"}},
             inner = {{"conv", "direct"}, {"conv_transpose", "direct"}, {"weight_gradient", "direct"}},
             other = {{"conv", "F(2,2)"}, {"weight_gradient", "direct"}}, wrong = {{"conv", 1}};
  const auto list = [&](const json& of_first, const json& of_last) {
    return json::array({of_first, inner, inner, of_last}).dump();
  };
  CHECK(said_of(list(first, inner)).find("other algorithms") == std::string::npos);
  CHECK(said_of(list(other, inner)).find("was computed by other algorithms in #1: the bits will differ") !=
        std::string::npos);
  CHECK(said_of(list(other, first)).find("in #1, #4: ") != std::string::npos);
  for (const std::string& bad : {std::string("[]x"), std::string("{}"), list(first, 1), list(first, wrong),
                                 json::array({first}).dump()}) {
    INFO(bad);
    CHECK_THROWS_AS(said_of(bad), BadData);
  }

  // A form that is not the engine's has nothing to say.
  config.form = "im2col";
  config.algorithm = engine::Algorithm::automatic;
  run_to(file, config);
  CHECK(read_algorithms(hdf5::File::open(file)).empty());
}

TEST_CASE("train: after a signal the last epoch's file stands and the run goes on from it") {
  const TemporaryFolder folder;
  const std::string file = folder.file("stopped.h5");
  const pid_t child = fork();  // what a signal has set cannot be taken back in a process
  REQUIRE(child >= 0);
  if (child == 0) {
    catch_interrupts();
    int outcome = 1;
    try {
      train({.config = small_config(), .output = file, .resume_from = {}, .command_line = "test"},
            {.on_epoch = [](const EpochResult&) { std::raise(SIGINT); }});
    } catch (const Interrupted& stopped) {
      outcome =
          std::string(stopped.what()).find("--resume " + file + " --epochs 3") != std::string::npos ? 0 : 2;
    }
    _exit(outcome);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);

  CHECK(hdf5::File::open(file).shape("/epoch") == Shape{1});
  run_to(file, small_config(), file);
  run_to(folder.file("whole.h5"), small_config());
  CHECK(same_bits(folder.file("whole.h5"), file));
}

TEST_CASE("train: a finished run has nothing left to do, and never fewer epochs than it has") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  TrainConfig config = small_config();
  const auto history = run_to(file, config);
  const std::string before = bytes_of(file);
  CHECK(run_to(file, config, file) == history);
  CHECK(bytes_of(file) == before);
  run_to(folder.file("copy.h5"), config, file);
  CHECK(same_bits(folder.file("copy.h5"), file));
  config.epochs = 2;
  CHECK_THROWS_AS(run_to(file, config, file), InvalidArgument);
}

TEST_CASE("train: a finished run whose picture has gone gets it back, and its file stays") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5"), picture = picture_path(file);
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(file, config);
  const std::string file_before = bytes_of(file), picture_before = bytes_of(picture);
  std::filesystem::remove(picture);
  std::vector<std::string> said;
  train({.config = config, .output = file, .resume_from = file, .command_line = "test"},
        {.say = [&](const std::string& line) { said.push_back(line); }});
  CHECK(bytes_of(file) == file_before);
  CHECK(bytes_of(picture) == picture_before);
  REQUIRE(said.size() == 2);
  CHECK(said[1] == "made " + picture + " again, which was missing");
}

TEST_CASE("train: an epoch that cannot be saved says which one is") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5"), picture = picture_path(file);
  const auto block_picture = [&](const EpochResult&) {
    std::filesystem::remove(picture);
    std::filesystem::create_directory(picture);
  };
  try {
    train({.config = small_config(), .output = file, .resume_from = {}, .command_line = "test"},
          {.on_epoch = block_picture});
    FAIL("the second epoch's picture was written");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::io);
    CHECK(std::string(error.what()) ==
          picture + ": cannot write: it is a directory; " + file + " holds 1 of 3 epochs");
  }
  CHECK(hdf5::File::open(file).shape("/epoch") == Shape{1});
  std::filesystem::remove(picture);
  run_to(file, small_config(), file);
  run_to(folder.file("whole.h5"), small_config());
  CHECK(same_bits(folder.file("whole.h5"), file));
}

TEST_CASE("train: a model is checked before its images are drawn, and Ctrl-C ends the drawing") {
  // Ctrl-C has come already: whoever begins to draw is interrupted, and whoever refuses before does not draw.
  const TemporaryFolder folder;
  const auto outcome = [&](auto change) {
    TrainConfig config = small_config();
    config.data = "generated:64x64x3";
    change(config);
    return testing::exit_status_when_interrupted(std::chrono::milliseconds(0), [&] {
      try {
        train({.config = config, .output = folder.file("run.h5"), .resume_from = {}, .command_line = "test"});
        return 0;
      } catch (const Error& error) {
        return static_cast<int>(error.code());
      }
    });
  };
  CHECK(outcome([](TrainConfig&) {}) == 130);
  CHECK(outcome([](TrainConfig& c) { c.groups = {2}; }) == 2);             // of 3 channels
  CHECK(outcome([](TrainConfig& c) { c.latent = Index{1} << 36; }) == 2);  // parameters beyond all memory
  CHECK(outcome([](TrainConfig& c) { c.channels = {Index{1} << 30, 1}; }) == 2);  // and activations
  CHECK(outcome([](TrainConfig& c) { c.data = "generated:64x64x2"; }) == 2);
  CHECK(folder.count() == 0);
  CHECK(testing::exit_status_when_interrupted(std::chrono::milliseconds(0), [] {
          return summary(small_config()).empty() ? 1 : 0;  // needs no images
        }) == 0);
}

TEST_CASE("train: no rate where no time has passed") {
  CHECK(images_per_second(10, 2) == 5);
  CHECK(images_per_second(10, 0) == 0);
  CHECK(images_per_second(10, -1) == 0);
}

TEST_CASE("train: a run is not resumed on other images") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(folder.file("run.h5"), config);
  config.epochs = 2;
  config.train_images -= 1;
  CHECK_THROWS_AS(run_to(folder.file("run.h5"), config, folder.file("run.h5")), BadData);
}

TEST_CASE(
    "train: what is not finite at the first step is not blamed on the learning rate, and may be clipped") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  config.likelihood = Likelihood::gaussian;
  config.variance = 1e-24;  // gradients of some 1e25, whose squares no float holds
  config.learning_rate = 1e-9;
  const auto ended_with = [&] { return told<Error>(folder.file("run.h5"), config); };
  const std::string what = ended_with();
  CHECK(what.find("epoch 1, step 1: the square of the gradient of ") == 0);
  CHECK(what.find(" is no longer finite; ") != std::string::npos);
  CHECK(what.find("No step has been made yet") != std::string::npos);
  CHECK(what.find("learning rate") == std::string::npos);
  config.skip_nonfinite = true;
  CHECK(ended_with().find("every step of the epoch was skipped; its losses are no longer finite; ") !=
        std::string::npos);
  config.clip_norm = 1;
  CHECK(ended_with() == "");
  config.skip_nonfinite = false;
  // What was given already is not recommended.
  config.variance = 1;
  config.likelihood = Likelihood::mse;
  config.learning_rate = 1e30;
  config.epochs = 60;
  CHECK(ended_with().find("A learning rate below 1e+30 or --warmup may keep it so") != std::string::npos);
}

TEST_CASE("train: losses of evaluation that are not finite say so") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.train_images = 32;  // one step, after which the weights are finite and the loss is not
  config.epochs = 1;
  config.likelihood = Likelihood::mse;
  config.optimizer = OptimizerKind::sgd;
  config.learning_rate = 1e15;
  config.momentum = 0;
  CHECK(told<Error>(folder.file("run.h5"), config).find("the test loss is no longer finite; ") !=
        std::string::npos);
}

TEST_CASE("train: too many images for training and validation together are told as that") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  const auto refusal = [&] { return told<InvalidArgument>(folder.file("run.h5"), config); };
  config.train_images = 6000;
  config.validation = 500;
  CHECK(refusal() == "validation: is 500; generated has 6000 training images, and --train-images takes 6000");
  config.train_images = 0;
  config.validation = 6000;
  CHECK(refusal() ==
        "validation: is 6000; generated has 6000 training images, and one at least is to train on");
  config.train_images = 7000;
  CHECK(refusal().starts_with("train-images: is 7000"));
}

TEST_CASE("train: a loss of squared errors and a KL says that it is in both") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  config.model = ModelKind::vae;
  config.likelihood = Likelihood::mse;
  run_to(folder.file("run.h5"), config);
  const hdf5::File file = hdf5::File::open(folder.file("run.h5"));
  const auto units_of = [&](const char* name) { return file.string_attribute(name, "units"); };
  CHECK(units_of("/train_loss") == "squared error + nats, per image");
  CHECK(units_of("/test_loss") == "squared error + nats, per image");
  CHECK(units_of("/test_reconstruction") == "squared error per image");
  CHECK(units_of("/test_kl") == "nats per image");
}

TEST_CASE("train: what is not finite any more ends the run, is named, and leaves the old file") {
  // Found: a rate of 10 with mse ended as complete, with infinite moments that nobody could go on from.
  for (const double rate : {10.0, 1e3, 1e30}) {
    const TemporaryFolder folder;
    const std::string file = folder.file("run.h5");
    TrainConfig config = small_config();
    config.likelihood = Likelihood::mse;
    config.epochs = 1;
    run_to(file, config);
    const std::string before = bytes_of(file);
    config.learning_rate = rate;
    config.epochs = 60;
    bool ended_well = false;
    try {
      run_to(folder.file("wild.h5"), config);
      ended_well = true;
    } catch (const Error& error) {
      const std::string what = error.what();
      CHECK(error.code() == ExitCode::runtime);
      CHECK(what.find("no longer finite") != std::string::npos);
      CHECK(what.find("epoch ") == 0);
      CHECK(what.find("step ") != std::string::npos);
    }
    CHECK(bytes_of(file) == before);
    // A file that was written can be gone on from.
    if (std::filesystem::exists(folder.file("wild.h5"))) {
      const auto epochs = hdf5::File::open(folder.file("wild.h5")).shape("/epoch").front();
      config.epochs = epochs;
      CHECK_NOTHROW(run_to(folder.file("again.h5"), config, folder.file("wild.h5")));
    }
    CHECK_FALSE((ended_well && rate == 1e30));
  }
}

TEST_CASE("train: steps that are not finite are skipped and counted where the user wants that") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.train_images = 256;
  config.likelihood = Likelihood::mse;
  config.optimizer = OptimizerKind::sgd;
  config.learning_rate =
      100;  // the first step throws the weights so far that the squares of the second overflow
  config.momentum = 0;
  config.epochs = 1;
  CHECK_THROWS_AS(run_to(folder.file("run.h5"), config), Error);
  config.skip_nonfinite = true;
  const auto history = run_to(folder.file("run.h5"), config);
  CHECK(history.front().skipped_steps > 0);
  CHECK(hdf5::File::open(folder.file("run.h5")).read<std::int64_t>("/skipped_steps")[0] ==
        history.front().skipped_steps);
  // The norm is that of the epoch's last step, whether it is taken for clipping, too, or not.
  CHECK(history.front().gradient_norm == 0);
  config.clip_norm = 1e300;
  CHECK(run_to(folder.file("clipped.h5"), config).front().gradient_norm == 0);
}

TEST_CASE("train: the best state by validation is kept beside the last one, and patience ends a run") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  TrainConfig config = small_vae_config();
  config.learning_rate = 0.2;  // soon as good as it gets
  config.epochs = 40;
  config.patience = 2;
  config.beta_warmup = 0;
  const auto history = run_to(file, config);
  REQUIRE(history.size() < 40);
  std::size_t best = 0;
  for (std::size_t at = 0; at < history.size(); ++at)
    if (*history[at].validation_loss < *history[best].validation_loss) best = at;
  CHECK(history.size() == best + 1 + 2);  // two epochs without a better one
  const TrainedModel trained = read_trained_model(file, Weights::best),
                     last = read_trained_model(file, Weights::last);
  CHECK(trained.is_best);
  CHECK(trained.epoch == static_cast<Index>(best) + 1);
  CHECK(last.epoch == static_cast<Index>(history.size()));
  CHECK_FALSE(trained.parameters[0].value == last.parameters[0].value);

  // The best weights are those of a run that ended there; and a stopped run stays stopped.
  config.patience = 0;
  config.epochs = static_cast<Index>(best) + 1;
  run_to(folder.file("short.h5"), config);
  CHECK(read_trained_model(folder.file("short.h5"), Weights::last).parameters[0].value ==
        trained.parameters[0].value);
  config.patience = 2;
  config.epochs = 40;
  CHECK(run_to(file, config, file) == history);
}

TEST_CASE("train: another run's file is not replaced unless one says so") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(file, config);
  const std::string before = bytes_of(file);
  try {
    train({.config = config, .output = file, .resume_from = {}, .command_line = "test"});
    FAIL("replaced");
  } catch (const InvalidArgument& error) {
    CHECK(error.field() == "output");
    CHECK(std::string(error.what()).find("a run of 1 epoch") != std::string::npos);
    CHECK(std::string(error.what()).find("--force") != std::string::npos);
  }
  CHECK(bytes_of(file) == before);
  std::ofstream(folder.file("other.png")) << "a picture of somebody else's";
  CHECK_THROWS_AS(
      train({.config = config, .output = folder.file("other.h5"), .resume_from = {}, .command_line = "test"}),
      InvalidArgument);
}

TEST_CASE("train: every decoder, bound and likelihood trains, in both precisions and in another form",
          "[slow]") {
  const TemporaryFolder folder;
  const auto trains = [&](auto change) {
    TrainConfig config = small_config();
    config.train_images = 40;
    config.epochs = 1;
    change(config);
    const auto history = run_to(folder.file("run.h5"), config);
    CHECK(std::isfinite(history.front().test_loss));
    CHECK(history.front().test_loss == Approx(history.front().test_reconstruction + history.front().test_kl));
    CHECK(history.front().test_kl >= 0);
  };
  trains([](TrainConfig& c) { c.decoder = Decoder::subpixel; });
  trains([](TrainConfig& c) { c.decoder = Decoder::resize; });
  trains([](TrainConfig& c) { c.latent = 0; });
  trains([](TrainConfig& c) { c.stride = {{3, 2}}; });
  trains([](TrainConfig& c) { c.gated = true; });
  trains([](TrainConfig& c) { c.residual = 1; });
  trains([](TrainConfig& c) { c.form = "im2col"; });
  for (const Likelihood likelihood :
       {Likelihood::bernoulli, Likelihood::continuous_bernoulli, Likelihood::gaussian})
    for (const Bound bound : {Bound::elbo, Bound::iwae})
      for (const Precision precision : {Precision::fp32, Precision::bf16})
        trains([&](TrainConfig& c) {
          c.model = ModelKind::vae;
          c.likelihood = likelihood;
          if (likelihood == Likelihood::gaussian) c.variance = std::nullopt;
          c.bound = bound;
          c.draws = 3;
          c.precision = precision;
        });
}

TEST_CASE("train: outputs that cannot be written are refused at once") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(run_to(folder.file("run.txt"), small_config()), InvalidArgument);
  CHECK_THROWS_AS(run_to(folder.file(""), small_config()), InvalidArgument);
  std::ofstream(folder.file("file")) << "no folder";
  CHECK_THROWS_AS(run_to(folder.file("file/run.h5"), small_config()), IoError);
  std::filesystem::create_directory(folder.file("folder.h5"));
  CHECK_THROWS_AS(run_to(folder.file("folder.h5"), small_config()), IoError);
  REQUIRE(::mkfifo(folder.file("pipe.h5").c_str(), 0600) == 0);
  CHECK_THROWS_AS(run_to(folder.file("pipe.h5"), small_config()), IoError);
}
