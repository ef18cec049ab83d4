// Training as a whole: the same bits however it is run, and files that survive whatever stops it.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/interrupt.hpp>

#include "train/small_run.hpp"

using namespace fsconv;
using test::bytes_of;
using test::run_to;
using test::small_config;
using test::TemporaryFolder;

namespace {

// Whether two files hold the same weights, moments and losses, bit by bit. Times are bound to differ.
bool same_bits(const std::string& one, const std::string& other) {
  const hdf5::File a = hdf5::File::open(one), b = hdf5::File::open(other);
  for (const char* series : {"/train_loss", "/test_loss"})
    if (!(a.read<double>(series) == b.read<double>(series))) return false;
  for (const std::string group : {"/weights", "/optimizer/first_moment", "/optimizer/second_moment"}) {
    if (a.members(group) != b.members(group)) return false;
    for (const std::string& name : a.members(group)) {
      const std::string path = group + "/" + name;
      if (!(a.read<float>(path) == b.read<float>(path))) return false;
    }
  }
  return a.integer_attribute("/optimizer", "steps") == b.integer_attribute("/optimizer", "steps");
}

}  // namespace

TEST_CASE("train: the loss falls, and every epoch is reported once its file is there") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  std::vector<Index> reported;
  const auto history =
      train({.config = small_config(), .output = file, .resume_from = {}, .command_line = "test"},
            [&](const EpochResult& result) {
              reported.push_back(result.epoch);
              CHECK(hdf5::File::open(file).shape("/epoch") == Shape{result.epoch});
            });
  CHECK(reported == std::vector<Index>{1, 2, 3});
  REQUIRE(history.size() == 3);
  CHECK(history[2].test_loss < history[0].test_loss);
  CHECK(history[2].train_loss < history[0].train_loss);
  CHECK(folder.count() == 2);  // the file and the picture, no temporary ones
  CHECK(bytes_of(picture_path(file)).substr(0, 8) == "\x89PNG\r\n\x1a\n");
}

TEST_CASE("train: the same bits on 1, 2 and 3 threads, others with another seed") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
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

TEST_CASE("train: a resumed run ends with the bits of one that was not stopped") {
  const TemporaryFolder folder;
  const TrainConfig whole = small_config();
  run_to(folder.file("whole.h5"), whole);

  TrainConfig part = whole;
  part.epochs = 1;
  run_to(folder.file("part.h5"), part);
  CHECK_FALSE(same_bits(folder.file("whole.h5"), folder.file("part.h5")));
  const auto history = run_to(folder.file("part.h5"), whole, folder.file("part.h5"));
  CHECK(history.size() == 3);
  CHECK(same_bits(folder.file("whole.h5"), folder.file("part.h5")));
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
            [](const EpochResult&) { std::raise(SIGINT); });
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

TEST_CASE("train: a run is not resumed on other images") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(folder.file("run.h5"), config);
  config.epochs = 2;
  config.train_images -= 1;
  CHECK_THROWS_AS(run_to(folder.file("run.h5"), config, folder.file("run.h5")), BadData);
}

TEST_CASE("train: a loss that is no number ends the run with an error and leaves the old file") {
  const TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  TrainConfig config = small_config();
  config.epochs = 1;
  run_to(file, config);
  const std::string before = bytes_of(file);
  config.learning_rate = 1e30;
  try {
    run_to(file, config);
    FAIL("trained with a learning rate of 1e30");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::runtime);
  }
  CHECK(bytes_of(file) == before);
  CHECK(folder.count() == 2);
}

TEST_CASE("train: outputs that cannot be written are refused at once") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(run_to(folder.file("run.txt"), small_config()), InvalidArgument);
  CHECK_THROWS_AS(run_to(folder.file(""), small_config()), InvalidArgument);
  std::ofstream(folder.file("file")) << "no folder";
  CHECK_THROWS_AS(run_to(folder.file("file/run.h5"), small_config()), IoError);
  std::filesystem::create_directory(folder.file("folder.h5"));
  CHECK_THROWS_AS(run_to(folder.file("folder.h5"), small_config()), IoError);
}
