// Training that is stopped in the middle of an epoch: it goes on to the same bits, and its file says where it stands.
// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/train/run_table.hpp>
#include <fsconv/train/train.hpp>
#include <fsconv/train/trained_run.hpp>
#include <limits>

#include "data/prepared_shapes.hpp"
#include "train/same_bits.hpp"
#include "train/small_run.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

// Images of 8x8 pixels in batches of 16: three steps an epoch, the last of six images.
TrainConfig tiny_config() {
  TrainConfig config = small_config();
  config.data = "generated:8x8x1";
  config.train_images = 38;
  config.test_images = 9;
  config.channels = {3};
  config.latent = 2;
  config.batch = 16;
  config.epochs = 2;
  return config;
}
constexpr Index steps_per_epoch = 3;

TrainConfig tiny_vae_config() {
  TrainConfig config = tiny_config();
  config.model = ModelKind::vae;
  config.validation = 10;
  config.patience = 4;
  config.beta_warmup = 1.5;
  config.schedule = ScheduleKind::step;
  config.step_every = 0.4;
  config.step_factor = 0.5;
  config.augment = Augment{.flip = true, .shift = 2};
  config.optimizer = OptimizerKind::sgd;
  config.learning_rate = 1e-4;
  config.clip_norm = 5;
  return config;
}

TrainConfig tiny_cosine_config() {
  TrainConfig config = tiny_config();
  config.optimizer = OptimizerKind::adamw;
  config.weight_decay = 0.1;
  config.schedule = ScheduleKind::cosine;
  config.warmup = 1.2;
  config.precision = Precision::bf16;
  return config;
}

// In a child process, for a signal that has been caught cannot be taken back: `signal` comes after step number `at` (1, 2, ...
// of this call). Returns its exit code, and what it said in the file `told`. On one thread: of threads that tests before this one
// have started, a copy of the process has none.
int signalled(TrainConfig config, const std::string& output, const std::string& resume_from, Index at,
              int signal, const std::string& told = {}) {
  config.threads = 1;
  const pid_t child = fork();
  if (child == 0) {
    catch_interrupts();
    catch_checkpoint_requests();
    std::ofstream log(told.empty() ? "/dev/null" : told);
    Index step = 0;
    int code = 0;
    try {
      train({.config = config,
             .output = output,
             .resume_from = resume_from,
             .command_line = "test",
             .force = true},
            {.say = [&](const std::string& line) { log << line << "\n"; },
             .on_step =
                 [&](Index, Index) {
                   if (++step == at) std::raise(signal);
                 }});
    } catch (const Error& error) {
      log << error.what() << "\n";
      code = static_cast<int>(error.code());
    }
    log.close();
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

PartialEpoch partial_of(const std::string& path) { return read_partial_epoch(hdf5::File::open(path)); }

Index epochs_of(const std::string& path) { return hdf5::File::open(path).shape("/epoch").at(0); }

}  // namespace

TEST_CASE("partial epoch: a run that is stopped after any of its steps goes on to the same bits", "[slow]") {
  for (const TrainConfig& config : {tiny_config(), tiny_vae_config(), tiny_cosine_config()}) {
    const TemporaryFolder folder;
    run_to(folder.file("whole.h5"), config);
    for (Index step = 1; step <= 2 * steps_per_epoch; ++step) {
      const std::string part = folder.file("part.h5");
      INFO("step " << step);
      const int signal = step % 3 == 0 ? SIGINT : step % 3 == 1 ? SIGTERM : SIGHUP;
      REQUIRE(signalled(config, part, "", step, signal) == 130);
      REQUIRE(epochs_of(part) == (step - 1) / steps_per_epoch);
      REQUIRE(partial_of(part).step == (step - 1) % steps_per_epoch + 1);
      CHECK_FALSE(same_bits(folder.file("whole.h5"), part));
      CHECK(folder.count() == 4);  // two runs with their pictures, and nothing that was left
      run_to(part, config, part);
      CHECK(same_bits(folder.file("whole.h5"), part));
      CHECK(partial_of(part).step == 0);
      CHECK(hdf5::File::open(part).integer_attribute("/", "schema_version") == schema_version);
    }
  }
}

TEST_CASE("partial epoch: a run that is stopped again and again, on other threads and into another file") {
  TrainConfig config = tiny_vae_config();
  config.epochs = 3;
  const TemporaryFolder folder;
  run_to(folder.file("whole.h5"), config);
  std::string from;
  for (Index stop = 1; stop <= 4; ++stop) {
    const std::string to = folder.file(std::to_string(stop) + ".h5");
    REQUIRE(signalled(config, to, from, 2, SIGTERM) == 130);
    CHECK(epochs_of(to) * steps_per_epoch + partial_of(to).step == 2 * stop);
    from = to;
  }
  config.threads = 3;
  run_to(folder.file("end.h5"), config, from);
  CHECK(same_bits(folder.file("whole.h5"), folder.file("end.h5")));
  // The seconds of the parts add up.
  const auto times = hdf5::File::open(folder.file("end.h5")).read<double>("/seconds");
  CHECK(times[1] >= partial_of(folder.file("2.h5")).seconds);
}

TEST_CASE("partial epoch: SIGUSR1 writes the file, and training goes on") {
  const TrainConfig config = tiny_config();
  const TemporaryFolder folder;
  run_to(folder.file("whole.h5"), config);
  const std::string file = folder.file("run.h5"), told = folder.file("told");
  CHECK(signalled(config, file, "", 4, SIGUSR1, told) == 0);
  CHECK(same_bits(folder.file("whole.h5"), file));
  CHECK_THAT(bytes_of(told),
             Contains("checkpoint: " + file + " holds 1 of 2 epochs and 1 step of epoch 2\n"));
  // What it wrote meanwhile, a process that was killed at once leaves.
  CHECK(signalled(config, file, "", 5, SIGKILL) == 1000 + SIGKILL);
  CHECK(epochs_of(file) == 1);
  CHECK(partial_of(file).step == 0);
}

TEST_CASE("partial epoch: whoever stops a run is told how it goes on") {
  const TrainConfig config = tiny_config();
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5"), told = folder.file("told");
  CHECK(signalled(config, file, "", 5, SIGTERM, told) == 130);
  CHECK_THAT(bytes_of(told), Contains("interrupted; " + file +
                                      " holds 1 of 2 epochs and 2 steps of epoch 2, continue with\n"
                                      "  fsconv train --resume " +
                                      file + " --epochs 2\n"));
  // Without a further step there is nothing to write.
  const std::string before = bytes_of(file);
  std::filesystem::remove(picture_path(file));
  std::filesystem::create_directory(picture_path(file));  // a file cannot be written here any more
  CHECK(signalled(config, folder.file("other.h5"), "", 1, SIGTERM) == 130);
  CHECK(signalled(config, file, file, 1, SIGTERM, told) == 5);
  CHECK(bytes_of(file) == before);
}

TEST_CASE("partial epoch: what a stopped run may and may not be resumed with") {
  TrainConfig config = tiny_config();
  const TemporaryFolder folder;
  const std::string part = folder.file("part.h5");
  REQUIRE(signalled(config, part, "", 4, SIGTERM) == 130);  // epoch 1, step 1 of epoch 2
  config.epochs = 1;
  CHECK_THROWS_WITH(run_to(part, config, part), Contains("epochs") && Contains("1 and part of the next"));
  CHECK_THROWS_WITH(train({.config = config, .output = part, .resume_from = {}, .command_line = "test"}),
                    Contains("holds a run of 1 epoch and 1 step"));
  config.epochs = 4;
  run_to(folder.file("whole.h5"), config);
  run_to(folder.file("end.h5"), config, part);
  CHECK(same_bits(folder.file("whole.h5"), folder.file("end.h5")));
  config.train_images = 37;
  CHECK_THROWS_AS(run_to(folder.file("end.h5"), config, part), BadData);
}

TEST_CASE("partial epoch: steps that were skipped are counted on") {
  TrainConfig config = small_config();
  config.likelihood = Likelihood::mse;
  config.optimizer = OptimizerKind::sgd;
  config.learning_rate = 100;
  config.momentum = 0;
  config.skip_nonfinite = true;
  config.train_images = 256;  // eight steps, the first of which throws the weights far off
  config.epochs = 1;
  const TemporaryFolder folder;
  const auto history = run_to(folder.file("whole.h5"), config);
  REQUIRE(history.front().skipped_steps > 0);
  for (const Index step : {1, 4, 8}) {
    const std::string part = folder.file("part.h5");
    REQUIRE(signalled(config, part, "", step, SIGTERM) == 130);
    run_to(part, config, part);
    CHECK(same_bits(folder.file("whole.h5"), part));
  }
}

TEST_CASE("partial epoch: images that stay in their file") {
  const TemporaryFolder folder;
  TrainConfig config = tiny_config();
  test::prepare_shapes(folder.file("data.h5"), 38, 9);
  config.data = folder.file("data.h5");
  config.train_images = config.test_images = 0;
  run_to(folder.file("whole.h5"), config);
  const std::string part = folder.file("part.h5");
  REQUIRE(signalled(config, part, "", 2, SIGTERM) == 130);
  run_to(part, config, part);
  CHECK(same_bits(folder.file("whole.h5"), part));
}

TEST_CASE("partial epoch: who reads the file uses the weights that are there and says whose they are") {
  TrainConfig config = tiny_vae_config();
  const TemporaryFolder folder;
  const std::string first = folder.file("first.h5"), second = folder.file("second.h5");
  REQUIRE(signalled(config, first, "", 2, SIGTERM) == 130);
  REQUIRE(signalled(config, second, "", 5, SIGTERM) == 130);

  // No epoch has ended, so that no state is the best.
  for (const Weights weights : {Weights::best, Weights::last}) {
    const TrainedRun run = open_run(first, weights);
    CHECK(run.epoch_text() == "epoch 0 and 2 steps of the next, the last");
    CHECK(run.trained.partial_step == 2);
    CHECK(run.trained.parameters[0].value == hdf5::File::open(first).read<float>("/weights/conv1"));
  }
  const TrainedRun best = open_run(second, Weights::best), last = open_run(second, Weights::last);
  CHECK(best.epoch_text() == "epoch 1, the best");
  CHECK(best.trained.partial_step == 0);
  CHECK(last.epoch_text() == "epoch 1 and 2 steps of the next, the last");
  CHECK_FALSE(best.trained.parameters[0].value == last.trained.parameters[0].value);

  const LoggedRun logged = read_logged_run(second);
  CHECK(logged.progress() == "epoch 1 of 2 and 2 steps of the next, not finished");
  CHECK(json_of({logged}, {})[0]["partial_epoch"]["step"] == 2);
  CHECK(json_of({logged}, {})[0]["partial_epoch"]["images"] == 32);
  CHECK(read_logged_run(first).progress() == "epoch 0 of 2 and 2 steps of the next, not finished");
  CHECK(further_rows(logged, logged, {}, 80).empty());
  CHECK(to_json(read_train_config(hdf5::File::open(second))) == to_json(config));
}

TEST_CASE("partial epoch: a damaged one is refused") {
  const TemporaryFolder folder;
  TrainConfig config = tiny_config();
  const std::string file = folder.file("run.h5"), copy = folder.file("copy.h5");
  REQUIRE(signalled(config, file, "", 5, SIGTERM) == 130);
  const auto complaint = [&](const std::string& attribute, const hdf5::Value& value, bool sealed_again) {
    std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing);
    {
      hdf5::File changed = hdf5::File::modify(copy);
      changed.set_attribute("/", attribute, value);
      if (sealed_again) seal(changed);
      changed.commit();
    }
    try {
      run_to(copy, config, copy);
    } catch (const BadData& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(complaint("comment", "a good one", false).empty());
  // By the digest, whatever it is.
  const auto original = hdf5::File::open(file);
  for (const std::string& name : original.attributes("/"))
    if (name.starts_with("partial.")) {
      const hdf5::Value other = std::holds_alternative<double>(original.attribute("/", name))
                                    ? hdf5::Value(original.number_attribute("/", name) + 1)
                                    : hdf5::Value(original.integer_attribute("/", name) + 1);
      CHECK_THAT(complaint(name, other, false), Contains(name) && Contains("is not what fsconv wrote"));
    }
  // By what the parts say of each other.
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(complaint("partial.step", 4, true), StartsWith(copy));
  CHECK_THAT(complaint("partial.step", 1, true), Contains("its attribute partial.images is 32"));
  CHECK_THAT(complaint("partial.step", -1, true), Contains("its attribute partial.step is -1"));
  CHECK_THAT(complaint("partial.epoch", 3, true), Contains("its attribute partial.epoch does not follow"));
  CHECK_THAT(complaint("partial.images", 31, true), Contains("its attribute partial.images is 31"));
  CHECK_THAT(complaint("partial.images", 33, true), Contains("its attribute partial.images is 33"));
  CHECK_THAT(complaint("partial.skipped_steps", 1, true), StartsWith(copy));
  CHECK_THAT(complaint("partial.skipped_steps", 3, true), Contains("partial.skipped_steps is 3"));
  CHECK_THAT(complaint("partial.objective", no_number, true),
             Contains("its attribute partial.objective is nan"));
  CHECK_THAT(complaint("partial.gradient_norm", -1.0, true), Contains("partial.gradient_norm is -1"));
  CHECK_THAT(complaint("partial.seconds", -1.0, true), Contains("partial.seconds is -1"));
  CHECK_THAT(complaint("partial.step", "two", true), Contains("partial.step"));
}
