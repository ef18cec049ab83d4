// SavedRun: a run's file and its picture as one act, and what is said of them.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/train/saved_run.hpp>
#include <thread>

#include "io/scratch.hpp"
#include "support/interrupted_child.hpp"
#include "train/small_run.hpp"

using namespace fsconv;
using Catch::Matchers::Contains;
using test::bytes_of;
using test::TemporaryFolder;

namespace {

// A state of so many epochs, and samples that fill a picture of some kilobytes.
struct Fixture {
  RunRecord record{.info = {.kind = "train",
                            .command_line = "test",
                            .configuration = to_json(test::small_config()),
                            .seed = 0,
                            .threads = 1,
                            .start_time = now()}};
  TrainState state{make_model(model_spec(test::small_config(), 1, {28, 28})),
                   {},
                   {optimizer_settings(test::small_config()), {}},
                   {},
                   {}};
  ImagePairs samples{Tensor<float>({16, 1, 28, 28}), Tensor<float>({16, 1, 28, 28})};

  explicit Fixture(Index epochs = 1) {
    state.parameters = initial_parameters<float>(state.model, 0);
    state.optimizer = Optimizer<float>(optimizer_settings(test::small_config()), state.parameters);
    for (Index epoch = 1; epoch <= epochs; ++epoch) state.history.push_back({.epoch = epoch});
    for (Index at = 0; at < samples.originals.size(); ++at)
      samples.originals[at] = static_cast<float>(at * at % 251) / 251;
  }
};

bool is_png(const std::string& path) { return bytes_of(path).starts_with("\x89PNG\r\n\x1a\n"); }

}  // namespace

TEST_CASE("saved_run: a file and a picture, and what is said of them") {
  const TemporaryFolder folder;
  const std::string output = folder.file("run.h5");
  Fixture run;
  SavedRun saved(output, "");
  CHECK(saved.standing(3) == "no file was written");
  CHECK(saved.interruption(3) == "interrupted before the first step was done; no file was written");
  saved.save(run.record, run.state, run.samples);
  CHECK(hdf5::File::open(output).shape("/epoch") == Shape{1});
  CHECK(is_png(folder.file("run.png")));
  CHECK(folder.count() == 2);
  const std::string grey = bytes_of(folder.file("run.png"));
  run.samples.binarise = Binarise::fixed;  // which its rows are called by
  saved.save(run.record, run.state, run.samples);
  CHECK(bytes_of(folder.file("run.png")) != grey);
  CHECK(saved.has_picture());
  CHECK(saved.standing(3) == output + " holds 1 of 3 epochs");
  CHECK(saved.holds(1, 0));
  run.state.partial = {.step = 2, .images = 64};
  CHECK_FALSE(saved.holds(1, 2));
  saved.save(run.record, run.state, run.samples);
  CHECK(saved.standing(3) == output + " holds 1 of 3 epochs and 2 steps of epoch 2");
  run.state.partial = {};
  saved.save(run.record, run.state, run.samples);
  // The command is one when it is pasted, whatever the file is called.
  for (const auto& [name, word] :
       std::vector<std::pair<std::string, std::string>>{{"my $(touch x) run.h5", "'my $(touch x) run.h5'"},
                                                        {"-run.h5", "./-run.h5"},
                                                        {"-\xff\n'.h5", "$'./-\\xff\\x0a\\'.h5'"},
                                                        {"a'b.h5", "'a'\\''b.h5'"}}) {
    SavedRun odd("to.h5", name);
    CHECK_THAT(odd.interruption(3), Contains("--resume " + word + " --epochs 3 --output to.h5"));
    CHECK_THAT(SavedRun(name, "from.h5").interruption(3), Contains("--output " + word));
  }
  // Of an epoch that is not saved yet nothing is said.
  run.state.history.push_back({.epoch = 2});
  CHECK(saved.interruption(3) == "interrupted; " + output +
                                     " holds 1 of 3 epochs, continue with\n  fsconv train --resume " +
                                     output + " --epochs 3");
  // Found: "holds 1 of 3 epochs" of a file that somebody had removed.
  std::filesystem::remove(output);
  CHECK(saved.interruption(3) == "interrupted; " + saved.standing(3));
  CHECK_THAT(saved.standing(3), Contains(output + " has been removed"));
  saved.save(run.record, run.state, run.samples);
  CHECK(saved.standing(3) == output + " holds 2 of 3 epochs");
}

TEST_CASE("saved_run: a run that goes on elsewhere is named where it is") {
  const TemporaryFolder folder;
  const std::string from = folder.file("from.h5"), to = folder.file("to.h5");
  Fixture run(2);
  SavedRun(from, "").save(run.record, run.state, run.samples);
  SavedRun saved(to, from);
  CHECK_FALSE(saved.is_own());
  CHECK(saved.standing(5) == from + " is as it was");
  saved.found(2);
  CHECK_THAT(saved.interruption(5), Contains(from + " holds 2 of 5 epochs") &&
                                        Contains("--resume " + from + " --epochs 5 --output " + to));
  run.state.history.push_back({.epoch = 3});
  saved.save(run.record, run.state, run.samples);
  CHECK_THAT(saved.interruption(5),
             Contains(to + " holds 3 of 5 epochs") && Contains("--resume " + to + " --epochs 5"));
  CHECK(SavedRun(folder.file("./from.h5"), from).is_own());
  std::ofstream(folder.file("old.h5")) << "something";
  CHECK(SavedRun(folder.file("old.h5"), "").standing(5) == folder.file("old.h5") + " is as it was");
}

TEST_CASE("saved_run: where one of the two cannot be written, neither is") {
  const Fixture old, next(2);
  const auto save = [](const TemporaryFolder& folder, const Fixture& run) {
    SavedRun(folder.file("run.h5"), "").save(run.record, run.state, run.samples);
  };
  for (const bool there : {false, true}) {
    const TemporaryFolder measured;
    save(measured, old);
    const auto picture = std::filesystem::file_size(measured.file("run.png")),
               file = std::filesystem::file_size(measured.file("run.h5"));
    REQUIRE(picture + 1000 < file);
    // A disk that is full before the picture is complete; one that has room for it, and not for the file.
    for (const std::uintmax_t limit : {picture / 2, (picture + file) / 2}) {
      const TemporaryFolder folder;
      if (there) save(folder, old);
      const std::string file_before = there ? bytes_of(folder.file("run.h5")) : "",
                        picture_before = there ? bytes_of(folder.file("run.png")) : "";
      CHECK(testing::exit_status_with_file_limit(limit, [&] {
              try {
                save(folder, next);
                return 0;
              } catch (const IoError&) {
                return 5;
              }
            }) == 5);
      CHECK(folder.count() == (there ? 2 : 0));
      CHECK(bytes_of(folder.file("run.h5")) == file_before);
      CHECK(bytes_of(folder.file("run.png")) == picture_before);
    }
  }
}

TEST_CASE("saved_run: Ctrl-C before it is saved leaves neither of the two") {
  const TemporaryFolder folder;
  CHECK(testing::exit_status_when_interrupted(std::chrono::milliseconds(0), [&] {
          const Fixture run;
          SavedRun saved(folder.file("run.h5"), "");
          try {
            saved.save(run.record, run.state, run.samples);
            return 1;
          } catch (const Interrupted&) {
            return saved.standing(3) == "no file was written" ? 130 : 2;
          }
        }) == 130);
  CHECK(folder.count() == 0);
}

TEST_CASE("saved_run: where a folder has the picture's name, the file is not written either") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("run.png"));
  const Fixture run;
  SavedRun saved(folder.file("run.h5"), "");
  CHECK_THROWS_AS(saved.save(run.record, run.state, run.samples), IoError);
  CHECK(saved.standing(3) == "no file was written");
  CHECK_FALSE(std::filesystem::exists(folder.file("run.h5")));
}

TEST_CASE("saved_run: neither the file nor its picture replaces data that is read") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("data"));
  for (const char* name : {"data/0.png", "data/1.png", "other.png"})
    write_png(folder.file(name), {4, 4, 1, std::vector<std::uint8_t>(16, 7)});
  std::filesystem::create_symlink("data/1.png", folder.file("link.png"));
  std::filesystem::create_hard_link(folder.file("data/0.png"), folder.file("hard.h5"));
  const auto check_output = [&](const std::string& name) {
    SavedRun(folder.file(name), "").check_output({"generated", folder.file("data")}, true);
  };
  CHECK_THROWS_WITH(check_output("data/0.h5"),
                    Contains("has its picture in") && Contains("data/0.png, which is what is tested with"));
  CHECK_THROWS_WITH(check_output("link.h5"), Contains("has its picture in"));
  CHECK_THROWS_WITH(check_output("hard.h5"), Contains("hard.h5 is what is tested with"));
  CHECK_NOTHROW(check_output("other.h5"));
  // Nor does the picture lie down among them, to be trained on the next time.
  std::filesystem::create_directory_symlink("data", folder.file("elsewhere"));
  std::filesystem::create_directory(folder.file("outside"));
  write_png(folder.file("outside/2.png"), {4, 4, 1, std::vector<std::uint8_t>(16, 7)});
  std::filesystem::create_directory_symlink("../outside", folder.file("data/linked"));
  std::filesystem::create_symlink("data/new.png", folder.file("dangling.png"));
  for (const char* name :
       {"data/run.h5", "data/deeper/run.h5", "elsewhere/run.h5", "outside/run.h5", "dangling.h5"}) {
    INFO(name);
    CHECK_THROWS_WITH(check_output(name), Contains("would lie among the pictures of"));
  }
  // What begins with a dot is no picture of a folder.
  CHECK_NOTHROW(check_output("data/.runs/run.h5"));
  CHECK_NOTHROW(check_output("data/.run.h5"));
  CHECK_NOTHROW(check_output("data.h5"));
  CHECK_NOTHROW(check_output("data2/run.h5"));
}

TEST_CASE("saved_run: the picture of a run that goes on replaces no other file") {
  const TemporaryFolder folder;
  const std::string output = folder.file("run.h5"), picture = folder.file("run.png");
  const Fixture run;
  SavedRun(output, "").save(run.record, run.state, run.samples);
  const auto check_output = [&](bool force) { SavedRun(output, output).check_output({"generated"}, force); };
  CHECK_NOTHROW(check_output(false));
  std::filesystem::remove(picture);
  CHECK_NOTHROW(check_output(false));
  std::ofstream(picture) << "notes";
  CHECK_THROWS_WITH(check_output(false), Contains("run.png, where another file is"));
  CHECK_NOTHROW(check_output(true));
  for (const char* other : {"run.h5", "other.h5"}) {
    INFO(other);
    std::filesystem::remove(picture);
    std::filesystem::copy_file(output, folder.file("other.h5"), std::filesystem::copy_options::skip_existing);
    std::filesystem::create_symlink(other, picture);
    CHECK_THROWS_WITH(check_output(false), Contains("has its picture in"));
  }
  std::filesystem::remove(picture);
  std::filesystem::create_symlink("run.h5", picture);
  CHECK_THROWS_WITH(check_output(true), Contains("which leads to the same file"));
}

TEST_CASE("saved_run: of two runs under one name the second loses nothing of the first") {
  const TemporaryFolder folder;
  const std::string output = folder.file("run.h5");
  const Fixture run, next(2);
  for (const bool there : {false, true}) {
    INFO(there);
    SavedRun one(output, ""), other(output, "");
    one.save(run.record, run.state, run.samples);
    const std::string first = bytes_of(output), picture = bytes_of(folder.file("run.png"));
    CHECK_THROWS_WITH(other.save(next.record, next.state, next.samples),
                      Contains("was written by another program"));
    CHECK(other.standing(3) == output + " holds what another program has written meanwhile");
    CHECK(other.interruption(3) == "interrupted; " + other.standing(3));
    CHECK(bytes_of(output) == first);
    CHECK(bytes_of(folder.file("run.png")) == picture);
    CHECK(folder.count() == 2);
    CHECK_NOTHROW(one.save(next.record, next.state, next.samples));  // again and again
    // The number of a file that has gone may soon be another one's.
    SavedRun resumed(output, output);
    for (int others = 0; others < 5; ++others) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // clocks of files tick that slowly
      SavedRun(output, "").save(next.record, next.state, next.samples);
      CHECK_THROWS_AS(resumed.save(run.record, run.state, run.samples), IoError);
      CHECK_THAT(resumed.interruption(3), !Contains("--resume"));
    }
    CHECK_THROWS_AS(one.save(next.record, next.state, next.samples), IoError);
    one = SavedRun(output, "");
    std::filesystem::rename(output, folder.file("kept.h5"));
    CHECK_NOTHROW(one.save(next.record, next.state, next.samples));  // taken away on purpose
    std::filesystem::remove(folder.file("kept.h5"));
  }
}

TEST_CASE("saved_run: outputs that cannot be written again and again are refused") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& name) {
    try {
      SavedRun(folder.file(name), "").check_output({"generated"}, false);
      return std::string("none");
    } catch (const IoError& error) {
      return std::string(error.what());
    }
  };
  REQUIRE(::mkfifo(folder.file("pipe.h5").c_str(), 0600) == 0);
  REQUIRE(::mkfifo(folder.file("picture.png").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/full", folder.file("full.h5"));
  std::filesystem::create_symlink("/dev/null", folder.file("null.h5"));
  std::filesystem::create_symlink("/dev/null", folder.file("null.png"));
  std::filesystem::create_directory(folder.file("folder.h5"));
  CHECK_THAT(refusal("pipe.h5"), Contains("pipe.h5: cannot write: it is a pipe"));
  CHECK_THAT(refusal("picture.h5"), Contains("picture.png: cannot write: it is a pipe"));
  CHECK_THAT(refusal("full.h5"), Contains("full.h5: cannot write: it is a device"));
  CHECK_THAT(refusal("folder.h5"), Contains("folder.h5: cannot write: it is a directory"));
  CHECK_THAT(refusal("a/b/run.h5"), Contains("there is no folder"));
  CHECK(refusal("null.h5") == "none");
  CHECK(refusal("new.h5") == "none");
  CHECK(refusal("a/run.h5") == "none");
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
}
