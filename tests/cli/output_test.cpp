// Output that cannot be written: exit code 5, one line, the old file untouched and no temporary file left.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/random.hpp>
#include <fsconv/io/array_file.hpp>
#include <map>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

namespace fs = std::filesystem;

// A line that writes OUTPUT, and the name it wants for it. Each of the files is larger than the limit below.
struct Writer {
  const char* line;
  const char* name;    // of the file
  const char* inside;  // of the file, behind a colon
};

constexpr std::size_t full_disk = 4096;
constexpr auto train_line =
    "train --data generated --train-images 16 --test-images 16 --channels 2 --latent 2 --epochs 1 --force "
    "--output OUTPUT";

const std::vector<Writer> writers = {
    {"apply --op conv --input x.npy --weight w.npy --output OUTPUT", "out.npy", ""},
    {"apply --op conv --input x.npy --weight w.npy --output OUTPUT", "out.h5", ":/result"},
    {"matrix --input-size 40,40 --kernel 3 --output OUTPUT", "W.npz", ""},
    {"matrix --input-size 40,40 --kernel 3 --output OUTPUT", "W.mtx", ""},
    {"matrix --input-size 40,40 --kernel 3 --output OUTPUT", "W.h5", ""},
    {"matrix --input-size 60,60 --kernel 5 --channels 2,2 --picture OUTPUT", "W.png", ""},
    {"draw ic1oc1i9x9o5x5k3s2p1 -o OUTPUT", "d.svg", ""},
    {"draw ic1oc1i9x9o5x5k3s2p1 -o OUTPUT", "d.png", ""},
    {"draw ic1oc1i6o3k3s2p1 -o OUTPUT", "d.gif", ""},
    {"draw ic1oc1i6o3k3s2p1 -o OUTPUT", "d.html", ""},
    {"verify --case i4o2k3 --output OUTPUT", "checks.h5", ""},
    {train_line, "run.h5", ""},
};

// The folder that the lines run in: their inputs, as large as the outputs need.
struct InputFolder : ScratchFolder {
  InputFolder() {
    Random random(1);
    write_array(*this / "x.npy", random_reals<double>({1, 1, 40, 40}, random), "f8");
    write_array(*this / "w.npy", Tensor<double>({1, 1, 3, 3}), "f8");
  }
};

std::vector<std::string> arguments_for(const Writer& writer, const std::string& file) {
  std::vector<std::string> arguments = words(writer.line);
  for (std::string& argument : arguments)
    if (argument == "OUTPUT") argument = file + writer.inside;
  return arguments;
}

// Every file of the folder with its content; links and folders with none.
std::map<std::string, std::string> state_of(const ScratchFolder& folder) {
  std::map<std::string, std::string> state;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    state[entry.path().filename().string()] =
        entry.is_regular_file() && !entry.is_symlink() ? content_of(entry.path().string()) : "";
  return state;
}

void check_fails(const ScratchFolder& folder, const std::vector<std::string>& arguments,
                 const std::string& names, const ProcessLimits& limits = {}) {
  const auto before = state_of(folder);
  const Finished finished = run_fsconv(arguments, folder.path(), limits);
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 5);
  CHECK(finished.error_lines() == 1);
  CHECK(finished.err.find(names) != std::string::npos);
  const auto after = state_of(folder);
  std::string changes;
  for (const auto& [name, content] : after) {
    const auto old = before.find(name);
    if (old == before.end())
      changes += name + " is new ";
    else if (old->second != content)
      changes += name + " has changed ";
  }
  CHECK(changes == "");
  CHECK(after.size() == before.size());
}

}  // namespace

TEST_CASE("cli output: a path that cannot be written") {
  for (const Writer& writer : writers) {
    const InputFolder folder;
    const bool makes_folders = std::string(writer.line).starts_with("train");
    if (!makes_folders)
      check_fails(folder, arguments_for(writer, std::string("missing/") + writer.name), "missing/");
    check_fails(folder, arguments_for(writer, std::string("x.npy/") + writer.name),
                "x.npy");  // a file as folder
    fs::create_directory(folder / writer.name);
    check_fails(folder, arguments_for(writer, writer.name), writer.name);
    fs::remove(folder / writer.name);
    fs::create_symlink("/dev/full", folder / writer.name);
    check_fails(folder, arguments_for(writer, writer.name), writer.name);
  }
}

TEST_CASE("cli output: a disk that fills up leaves nothing behind") {
  for (const Writer& writer : writers) {
    const InputFolder folder;
    // Of a run the picture is written first.
    const std::string first = writer.line == train_line ? "run.png" : writer.name;
    check_fails(folder, arguments_for(writer, writer.name), first, {.file_bytes = full_disk});
  }
}

TEST_CASE("cli output: a disk that fills up leaves the old file as it was") {
  for (const Writer& writer : writers) {
    const InputFolder folder;
    const auto arguments = arguments_for(writer, writer.name);
    const Finished first = run_fsconv(arguments, folder.path());
    INFO(description(arguments, first));
    REQUIRE(first.exit_code == 0);
    REQUIRE(fs::file_size(folder / writer.name) > full_disk);  // or the limit would not be met
    check_fails(folder, arguments, writer.name, {.file_bytes = full_disk});
  }
}

TEST_CASE("cli output: a disk that fills up during a resumed run leaves the run as it was") {
  const InputFolder folder;
  const auto arguments = arguments_for({train_line, "run.h5", ""}, "run.h5");
  REQUIRE(run_fsconv(arguments, folder.path()).exit_code == 0);
  check_fails(folder, words("train --resume run.h5 --epochs 2"), "run.h5", {.file_bytes = full_disk});
  CHECK(run_fsconv(words("train --resume run.h5 --epochs 2"), folder.path()).exit_code == 0);
}

TEST_CASE("cli output: a disk with room for the picture and not for the run leaves both as they were") {
  const InputFolder folder;
  const auto arguments = arguments_for({train_line, "run.h5", ""}, "run.h5");
  REQUIRE(run_fsconv(arguments, folder.path()).exit_code == 0);
  const auto picture = fs::file_size(folder / "run.png"), run = fs::file_size(folder / "run.h5");
  REQUIRE(picture < run);
  check_fails(folder, words("train --resume run.h5 --epochs 2"), "run.h5 holds 1 of 2 epochs",
              {.file_bytes = (picture + run) / 2});
}

TEST_CASE("cli output: of a matrix and its picture neither is written where one cannot be") {
  const InputFolder folder;
  fs::create_symlink("/dev/full", folder / "full.png");
  fs::create_symlink("/dev/full", folder / "full.npz");
  check_fails(folder, words("matrix --input-size 9,9 --kernel 3 --output W.npz --picture full.png"),
              "full.png");
  check_fails(folder, words("matrix --input-size 9,9 --kernel 3 --output full.npz --picture W.png"),
              "full.npz");
}

TEST_CASE("cli output: a run whose picture has gone gets it back") {
  const InputFolder folder;
  REQUIRE(run_fsconv(arguments_for({train_line, "run.h5", ""}, "run.h5"), folder.path()).exit_code == 0);
  fs::remove(folder / "run.png");
  const auto resume = words("train --resume run.h5 --epochs 1");
  const Finished finished = run_fsconv(resume, folder.path());
  INFO(description(resume, finished));
  CHECK(finished.exit_code == 0);
  CHECK(finished.err.find("made run.png again") != std::string::npos);
  CHECK(content_of(folder / "run.png").starts_with("\x89PNG"));
}

TEST_CASE("cli output: a link that leads to nothing is followed") {
  for (const Writer& writer : writers) {
    const InputFolder folder;
    fs::create_directory(folder / "results");
    fs::create_symlink("results/" + std::string(writer.name), folder / writer.name);
    const auto arguments = arguments_for(writer, writer.name);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 0);
    CHECK(fs::is_symlink(folder / writer.name));
    CHECK(fs::file_size(folder / ("results/" + std::string(writer.name))) > full_disk);
  }
}

TEST_CASE("cli output: verify and train find out before the work, not after it") {
  // Minutes of work, or it would not matter: that they are refused within the time says it was not done.
  for (const char* line : {"verify --geometries 100000 --output missing/checks.h5",
                           "verify --geometries 100000 --output folder.h5",
                           "train --data generated --epochs 1000 --output folder.h5"}) {
    const InputFolder folder;
    fs::create_directory(folder / "folder.h5");
    check_fails(folder, words(line), ".h5", {.time = std::chrono::seconds(5)});
  }
}

TEST_CASE("cli output: a picture that cannot be written is found out before the first epoch") {
  const InputFolder folder;
  fs::create_directory(folder / "run.png");
  check_fails(folder, words("train --data generated --epochs 1000 --output run.h5"), "run.png",
              {.time = std::chrono::seconds(10)});
}

TEST_CASE("cli output: one line on stdout tells where the result is, /dev/full there is an error") {
  const InputFolder folder;
  const auto arguments = words("apply --op conv --input x.npy --weight w.npy --output out.npy");
  const Finished finished = run_fsconv(arguments, folder.path());
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.starts_with("out.npy  [1, 1, 38, 38] f8"));
  fs::create_symlink("/dev/full", folder / "full.npy");
  check_fails(folder, words("apply --op conv --input x.npy --weight w.npy --output full.npy"),
              "No space left");
}
