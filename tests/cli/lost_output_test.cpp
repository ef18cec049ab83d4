// stdout and stderr that are full, closed, or have nobody at the other end: a result that is lost is no success, and
// words that are lost are no failure.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fsconv/base/random.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

constexpr auto patience = std::chrono::minutes(2);
constexpr int closed = -1;

constexpr auto train_line =
    "train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2 --epochs 3 --output run.h5";
constexpr auto failing_line = "verify --case i4o2k3 --mutant no_flip";

// All of them print something on stdout and succeed.
const std::vector<const char*> lines = {
    "--help",
    "--version",
    "help shape",
    "train --help",
    "shape --input-size 4 --kernel 3",
    "shape --input-size 4 --kernel 3 --json",
    "matrix --input-size 4 --kernel 3 --print",
    "draw ic1oc1i6o3k3s2p1 -o drawing.svg",
    "tour --list",
    "matrix --input-size 60,60 --kernel 3",
    "apply --op conv --input x.npy --weight w.npy --output y.npy",
    "verify --case i4o2k3",
    "verify --case i4o2k3 --json",
    "train --data generated --train-images 16 --test-images 16 --summary",
    train_line,
    "bench --case ic1oc1i8x8o4x4k4s2p1 --rounds 1",
    "doctor",
};

struct InputFolder : ScratchFolder {
  InputFolder() {
    Random random(1);
    write_array(*this / "x.npy", random_reals<double>({1, 1, 9, 9}, random), "f8");
    write_array(*this / "w.npy", random_reals<double>({1, 1, 3, 3}, random), "f8");
  }
};

// A descriptor of this process, for the time of a test.
class Open {
 public:
  explicit Open(const char* path, int how = O_WRONLY) : Open(::open(path, how | O_CLOEXEC | O_NOCTTY)) {}
  explicit Open(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor >= 0); }
  ~Open() { ::close(descriptor_); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// The end of a pipe whose reader has gone.
int pipe_without_reader() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  return ends[1];
}

// A terminal that has gone away: to write there is an error.
int terminal_that_is_gone() {
  const int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE((keyboard >= 0 && ::grantpt(keyboard) == 0 && ::unlockpt(keyboard) == 0));
  const int screen = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ::close(keyboard);
  return screen;
}

Finished run_with(const std::string& line, const ScratchFolder& folder,
                  const std::map<int, int>& descriptors) {
  return run_fsconv(words(line), folder.path(),
                    {.time = patience, .descriptors = descriptors, .ignored_signals = {SIGHUP}});
}

bool names_stdout(const Finished& finished) {
  return finished.err.find("fsconv: standard output: cannot write: ") != std::string::npos;
}

std::size_t epochs_of(const ScratchFolder& folder) {
  return hdf5::File::open(folder / "run.h5").read<double>("/epoch").size();
}

}  // namespace

TEST_CASE("cli lost output: a result that cannot be written is an I/O error of every command", "[slow]") {
  const Open full("/dev/full");
  for (const int where : {full.get(), closed})
    for (const char* line : lines) {
      const InputFolder folder;
      const Finished finished = run_with(line, folder, {{STDOUT_FILENO, where}});
      INFO((where == closed ? "closed" : "full") << "\n" << description(words(line), finished));
      CHECK(finished.exit_code == 5);
      CHECK(names_stdout(finished));
      CHECK(finished.error_lines() <= 2);  // and where the files of a training are
      if (line == train_line) CHECK(epochs_of(folder) == 3);
    }
}

TEST_CASE("cli lost output: a reader that has gone is told nothing, and long work goes on", "[slow]") {
  const Open pipe(pipe_without_reader());
  for (const char* line : lines) {
    const InputFolder folder;
    const Finished finished = run_with(line, folder, {{STDOUT_FILENO, pipe.get()}});
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 5);
    CHECK_FALSE(names_stdout(finished));
    if (line == train_line) CHECK(epochs_of(folder) == 3);
  }
}

TEST_CASE("cli lost output: more than any buffer holds is lost with the same words") {
  const Open full("/dev/full");
  const ScratchFolder folder;
  const auto line = "matrix --input-size 126 --kernel 1 --print";
  REQUIRE(run_with(line, folder, {}).out.size() > 20'000);
  const Finished finished = run_with(line, folder, {{STDOUT_FILENO, full.get()}});
  INFO(description(words(line), finished));
  CHECK(finished.exit_code == 5);
  CHECK(names_stdout(finished));
  CHECK(finished.error_lines() == 1);
}

TEST_CASE("cli lost output: a failed claim nobody has read is an I/O error, a user's mistake stays one") {
  const Open full("/dev/full");
  const ScratchFolder folder;
  const Finished read = run_with(failing_line, folder, {});
  INFO(description(words(failing_line), read));
  REQUIRE(read.exit_code == 3);
  const Finished lost = run_with(failing_line, folder, {{STDOUT_FILENO, full.get()}});
  CHECK(lost.exit_code == 5);
  CHECK(names_stdout(lost));
  for (const char* line : {"shape", "nonsense", "shape --input-size 4 --kernel 3 --stride 0"}) {
    const Finished mistaken = run_with(line, folder, {{STDOUT_FILENO, full.get()}});
    CHECK(mistaken.exit_code == 2);
    CHECK_FALSE(names_stdout(mistaken));
  }
  // Nothing was to be printed: nothing is lost.
  const Finished quiet = run_with("shape", folder, {{STDOUT_FILENO, closed}});
  CHECK(quiet.exit_code == 2);
}

TEST_CASE("cli lost output: what cannot be said on stderr changes nothing", "[slow]") {
  const Open full("/dev/full"), pipe(pipe_without_reader()), terminal(terminal_that_is_gone());
  for (const int where : {full.get(), pipe.get(), terminal.get(), closed}) {
    for (const char* line : lines) {
      const InputFolder folder, usual;
      const Finished finished = run_with(line, folder, {{STDERR_FILENO, where}});
      INFO("descriptor " << where << "\n" << description(words(line), finished));
      CHECK(finished.exit_code == 0);
      CHECK_FALSE(finished.out.empty());
      if (line == train_line) CHECK(epochs_of(folder) == 3);
    }
    const ScratchFolder folder;
    CHECK(run_with("shape", folder, {{STDERR_FILENO, where}}).exit_code == 2);
    CHECK(run_with(failing_line, folder, {{STDERR_FILENO, where}}).exit_code == 3);
    CHECK(run_with("apply --op conv --input none.npy --weight none.npy --output y.npy", folder,
                   {{STDERR_FILENO, where}})
              .exit_code == 5);
  }
}

TEST_CASE("cli lost output: a terminal that has gone away does not end the training") {
  const Open terminal(terminal_that_is_gone());
  const ScratchFolder folder;
  const Finished finished =
      run_with(train_line, folder, {{STDOUT_FILENO, terminal.get()}, {STDERR_FILENO, terminal.get()}});
  CHECK(finished.exit_code == 5);
  CHECK(epochs_of(folder) == 3);
}

TEST_CASE("cli lost output: a file does not get the number of a closed stream, and words within it") {
  const InputFolder usual;
  const auto line = "apply --op conv --input x.npy --weight w.npy --output y.npy";
  REQUIRE(run_with(line, usual, {}).exit_code == 0);
  for (const std::map<int, int>& streams : {std::map<int, int>{{0, closed}, {1, closed}, {2, closed}},
                                            {{0, closed}, {2, closed}},
                                            {{1, closed}, {2, closed}},
                                            {{0, closed}}}) {
    const InputFolder folder;
    const Finished finished = run_with(line, folder, streams);
    CHECK(finished.exit_code == (streams.contains(STDOUT_FILENO) ? 5 : 0));
    CHECK(content_of(folder / "y.npy") == content_of(usual / "y.npy"));
    CHECK(folder.files() == 3);
    CHECK(run_with(train_line, folder, streams).exit_code == (streams.contains(STDOUT_FILENO) ? 5 : 0));
    CHECK(epochs_of(folder) == 3);
  }
}
