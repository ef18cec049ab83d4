// Ctrl-C in the middle: exit code 130, and files that are complete or not there.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using namespace std::chrono_literals;

namespace {

// Long enough that it cannot end by itself.
constexpr auto long_verify = "verify --geometries 20000 --output checks.h5";
constexpr auto long_train =
    "train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2 --epochs 1000000 "
    "--output run.h5";
constexpr auto after_a_second = std::chrono::seconds(1);
constexpr auto patience = std::chrono::seconds(30);

}  // namespace

TEST_CASE("cli interrupt: verify stops at once and writes nothing", "[slow]") {
  const ScratchFolder folder;
  const Finished finished =
      run_fsconv(words(long_verify), folder.path(), {.time = patience, .interrupt_after = after_a_second});
  INFO(description(words(long_verify), finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.err.find("interrupted") != std::string::npos);
  CHECK(finished.error_lines() <= 2);
  CHECK(folder.files() == 0);
}

TEST_CASE("cli interrupt: verify leaves an old report as it was", "[slow]") {
  const ScratchFolder folder;
  REQUIRE(
      run_fsconv(words("verify --method exact --case i4o3k2 --output checks.h5"), folder.path()).exit_code ==
      0);
  const std::string old = content_of(folder / "checks.h5");
  const Finished finished =
      run_fsconv(words(long_verify), folder.path(), {.time = patience, .interrupt_after = after_a_second});
  CHECK(finished.exit_code == 130);
  CHECK((content_of(folder / "checks.h5") == old));
  CHECK(folder.files() == 1);
}

TEST_CASE("cli interrupt: the wish for a checkpoint does not end a command that writes none", "[slow]") {
  const ScratchFolder folder;
  const std::vector<std::string> wished = {"sh", "-c", "\"$@\" & p=$!; sleep 1; kill -USR1 $p; wait $p",
                                           "sh"};
  const Finished finished = run_fsconv(words("verify --geometries 600 --method numeric --output checks.h5"),
                                       folder.path(), {.time = 2 * patience, .launcher = wished});
  CHECK(finished.exit_code == 0);
  CHECK(folder.files() == 1);
}

TEST_CASE("cli interrupt: matrix leaves a whole file or none, wherever it is stopped", "[slow]") {
  const ScratchFolder folder;
  const auto arguments = words("matrix --input-size 400,400 --kernel 4 --output W.mtx");
  const Finished whole = run_fsconv(arguments, folder.path(), {.time = patience});
  REQUIRE(whole.exit_code == 0);
  const auto length = std::filesystem::file_size(folder / "W.mtx");
  for (int moment = 1; moment <= 20; ++moment) {  // 50 ms, 100 ms, ...: one or the other hits the writing
    std::filesystem::remove(folder / "W.mtx");
    const Finished finished =
        run_fsconv(arguments, folder.path(), {.time = patience, .interrupt_after = 50ms * moment});
    INFO("after " << 50 * moment << " ms\n" << description(arguments, finished));
    const bool complete = std::filesystem::exists(folder / "W.mtx");
    // Before a handler is set the signal itself ends the process; a shell calls both 130.
    const bool stopped = finished.exit_code == 130 || finished.exit_code == 1000 + SIGINT;
    CHECK((stopped || finished.exit_code == 0));
    CHECK(complete == (finished.exit_code == 0));
    CHECK(folder.files() == (complete ? 1 : 0));
    if (complete) CHECK(std::filesystem::file_size(folder / "W.mtx") == length);
    if (finished.exit_code == 0) break;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      std::filesystem::remove(entry);  // what it should not have left, so that each moment is judged alone
  }
}

TEST_CASE("cli interrupt: matrix leaves its two files or neither, wherever it is stopped", "[slow]") {
  const auto arguments = words("matrix --input-size 300,300 --kernel 4 --output W.mtx --picture W.png");
  for (int moment = 1; moment <= 12; ++moment) {
    const ScratchFolder folder;
    const Finished finished =
        run_fsconv(arguments, folder.path(), {.time = patience, .interrupt_after = 60ms * moment});
    INFO("after " << 60 * moment << " ms\n" << description(arguments, finished));
    const bool stopped = finished.exit_code == 130 || finished.exit_code == 1000 + SIGINT;
    CHECK((stopped || finished.exit_code == 0));
    CHECK(folder.files() == (stopped ? 0 : 2));
    if (finished.exit_code == 0) break;
  }
}

TEST_CASE("cli interrupt: train leaves the last epoch's file, says how to go on, and goes on") {
  const ScratchFolder folder;
  // The line of epoch 3 is printed when its file is complete.
  const Finished finished =
      run_fsconv(words(long_train), folder.path(), {.time = patience, .interrupt_on = "\n    3 "});
  INFO(description(words(long_train), finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.err.find("fsconv train --resume run.h5") != std::string::npos);
  CHECK(folder.files() == 2);  // run.h5 and run.png, no temporary file

  const auto epochs = hdf5::File::open(folder / "run.h5").read<double>("/epoch").size();
  CHECK(epochs >= 3);
  const auto resume = words("train --resume run.h5 --epochs " + std::to_string(epochs + 1));
  const Finished resumed = run_fsconv(resume, folder.path(), {.time = patience});
  INFO(description(resume, resumed));
  CHECK(resumed.exit_code == 0);
  CHECK(hdf5::File::open(folder / "run.h5").read<double>("/epoch").size() == epochs + 1);
}

TEST_CASE("cli interrupt: drawing images ends at once, and what stood there is said to stand there",
          "[slow]") {
  const ScratchFolder folder;
  put_content(folder / "run.h5", "something of last week");
  const auto arguments =
      words("train --data generated:256x256x3 --channels 2 --latent 2 --force --output run.h5");
  const Finished finished =
      run_fsconv(arguments, folder.path(), {.time = patience, .interrupt_after = after_a_second});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.err == "fsconv: interrupted before the first step was done; run.h5 is as it was\n");
  CHECK(content_of(folder / "run.h5") == "something of last week");
  CHECK(folder.files() == 1);
}

TEST_CASE("cli interrupt: train in the middle of an epoch leaves a file that goes on from there", "[slow]") {
  const ScratchFolder folder;
  const auto arguments =
      words("train --data generated --channels 128,256 --batch 32 --epochs 1000 --output run.h5");
  const Finished finished =
      run_fsconv(arguments, folder.path(), {.time = patience, .interrupt_after = 3 * after_a_second});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.out.find("train loss") == std::string::npos);  // the model in words, and no epoch
  CHECK(finished.err.find("run.h5 holds 0 of 1000 epochs and ") != std::string::npos);
  CHECK(finished.err.find("fsconv train --resume run.h5 --epochs 1000") != std::string::npos);
  CHECK(folder.files() == 2);
  const auto file = hdf5::File::open(folder / "run.h5");
  CHECK(file.integer_attribute("/", "partial.epoch") == 1);
  CHECK(file.integer_attribute("/", "partial.images") == 32 * file.integer_attribute("/", "partial.step"));
}

TEST_CASE(
    "cli interrupt: a run that was stopped and resumed ends with the same weights as one that was not") {
  const ScratchFolder folder;
  const std::string start =
      "train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2 --batch 16 ";
  REQUIRE(run_fsconv(words(start + "--epochs 3 --output whole.h5"), folder.path()).exit_code == 0);
  REQUIRE(run_fsconv(words(start + "--epochs 1 --output parts.h5"), folder.path()).exit_code == 0);
  REQUIRE(run_fsconv(words("train --resume parts.h5 --epochs 3"), folder.path()).exit_code == 0);
  const auto whole = hdf5::File::open(folder / "whole.h5"), parts = hdf5::File::open(folder / "parts.h5");
  const auto names = whole.members("/weights");
  CHECK_FALSE(names.empty());
  for (const std::string& name : names) {
    INFO(name);
    if (whole.has_attribute("/weights/" + name, "CLASS")) continue;  // a dimension scale
    CHECK(whole.read<float>("/weights/" + name) == parts.read<float>("/weights/" + name));
  }
  CHECK(whole.read<double>("/test_loss") == parts.read<double>("/test_loss"));
}
