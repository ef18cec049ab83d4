// Under the limits of a shell (ulimit) a command does its work, or ends by itself with a line that says why it cannot: it
// never hangs, crashes or blames a Ctrl-C that nobody pressed.
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fsconv/base/random.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

constexpr std::size_t kilobyte = 1 << 10, megabyte = 1 << 20;
// For a machine that does much else: that it ends at all is the question.
constexpr auto patience = std::chrono::minutes(2);

constexpr auto train_line =
    "train --data generated --train-images 64 --test-images 16 --channels 4 --latent 2 --epochs 1 --threads 3 "
    "--output run.h5";

// One line of each kind of work.
const std::vector<const char*> lines = {
    "shape --input-size 4 --kernel 3",
    "shape --input-size 4 --kernel 3 --json",
    "matrix --input-size 4 --kernel 3 --print",
    "matrix --input-size 100,100 --kernel 3 --output W.npz",
    "matrix --input-size 60,60 --kernel 3 --picture W.png",
    "matrix --input-size 60,60 --kernel 3 --output W.h5",
    "apply --op conv --input x.npy --weight w.npy --output y.npy",
    "apply --op conv --form onednn --input x.npy --weight w.npy --output y.npy",
    "verify --case i4o2k3 --threads 3",
    train_line,
    "bench --case ic1oc1i8x8o4x4k4s2p1 --rounds 1 --threads 2",
};

struct InputFolder : ScratchFolder {
  InputFolder() {
    Random random(1);
    write_array(*this / "x.npy", random_reals<float>({2, 1, 40, 40}, random), "f4");
    write_array(*this / "w.npy", random_reals<float>({1, 1, 3, 3}, random), "f4");
  }
};

// The dynamic loader's own refusal, before the program has begun.
[[maybe_unused]] bool is_not_loaded(const Finished& finished) {
  return finished.exit_code == 127 &&
         finished.err.find("error while loading shared libraries") != std::string::npos;
}

bool is_refused(const Finished& finished, const std::string& word, int exit_code = 1) {
  return finished.exit_code == exit_code && finished.error_lines() == 1 &&
         finished.err.starts_with("fsconv: ") && finished.err.find(word) != std::string::npos;
}

// An array too large for a limit: exit code 2 where an option asks for it, 4 where a file does.
[[maybe_unused]] bool names_an_array(const Finished& finished, int exit_code) {
  return is_refused(finished, " elements of ", exit_code) &&
         finished.err.ends_with("do not fit the memory that ulimit -v or -d leaves\n");
}

Finished run_limited(const std::string& line, const ScratchFolder& folder, const Limit& limit) {
  return run_fsconv(words(line), folder.path(), {.time = patience, .system = {limit}});
}

}  // namespace

#ifndef FSCONV_SANITIZED  // whose shadow is terabytes of addresses
TEST_CASE("cli limits: whatever memory is left, a command does its work or says that there is none",
          "[slow]") {
  // Where the program itself, some 35 MB, finds no room the system kills it; then come the libraries it is linked to.
  struct Memory {
    const char* what;
    int resource;
    std::vector<std::size_t> megabytes;
  };
  for (const Memory& memory :
       {Memory{"addresses", RLIMIT_AS, {60, 115, 125, 130, 135, 140, 150, 170, 200, 300}},
        Memory{"data", RLIMIT_DATA, {5, 18, 25, 40, 200}}})
    for (const char* line : lines)
      for (const std::size_t megabytes : memory.megabytes) {
        const InputFolder folder;
        const Finished finished = run_limited(line, folder, {memory.resource, megabytes * megabyte});
        INFO(megabytes << " MB of " << memory.what << "\n" << description(words(line), finished));
        CHECK((finished.exit_code == 0 || is_refused(finished, "out of memory") ||
               names_an_array(finished, 2) || is_not_loaded(finished)));
        if (finished.exit_code != 0) CHECK(folder.files() == 2);  // no half of a result
      }
}

TEST_CASE("cli limits: an array for which a limit leaves no room is named with its size") {
  const ScratchFolder folder;
  write_array(folder / "x.npy", Tensor<float>({1, 1, 4096, 4096}), "f4");
  write_array(folder / "w.npy", Tensor<float>({1, 1, 3, 3}), "f4");
  const std::string apply = "apply --op conv --input x.npy --weight w.npy --output y.npy";
  for (const auto& [resource, megabytes] : {std::pair{RLIMIT_AS, 200}, std::pair{RLIMIT_DATA, 100}}) {
    const Finished finished = run_limited(apply, folder, {resource, megabytes * megabyte});
    INFO(description(words(apply), finished));
    CHECK(names_an_array(finished, 4));
    CHECK(finished.err.find("x.npy: 16777216 elements of 8 bytes") != std::string::npos);
    CHECK(folder.files() == 2);
  }
}

TEST_CASE("cli limits: little memory is enough for little work") {
  for (const std::size_t which : {0u, 3u, 4u, 9u}) {
    const InputFolder folder;
    const Finished finished = run_limited(lines[which], folder, {RLIMIT_AS, 400 * megabyte});
    INFO(description(words(lines[which]), finished));
    CHECK(finished.exit_code == 0);
  }
}

// The sanitizer's search for leaks is a thread.
TEST_CASE("cli limits: the program starts no thread before it is told to") {
  // A thread that cannot be had would be noticed: in a library's start by its message or by the program's end.
  for (const char* line : {"--version", "shape --input-size 4 --kernel 3"}) {
    const ScratchFolder folder;
    const Finished finished =
        run_fsconv(words(line), folder.path(), {.time = patience, .refused = Refused::threads_and_processes});
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
  }
}

#endif

TEST_CASE("cli limits: where threads are refused fewer do the same work, with the same bits") {
  const InputFolder usual, refused;
  REQUIRE(run_fsconv(words(train_line), usual.path(), {.time = patience}).exit_code == 0);
  const Finished finished =
      run_fsconv(words(train_line), refused.path(), {.time = patience, .refused = Refused::threads});
  INFO(description(words(train_line), finished));
  REQUIRE(finished.exit_code == 0);
  const auto a = hdf5::File::open(usual / "run.h5"), b = hdf5::File::open(refused / "run.h5");
  for (const char* name : {"/train_loss", "/test_loss"}) CHECK(a.read<double>(name) == b.read<double>(name));

  const auto verify = words("verify --case i4o2k3s2 --threads 4 --json");
  const Finished with = run_fsconv(verify, usual.path(), {.time = patience}),
                 without = run_fsconv(verify, usual.path(), {.time = patience, .refused = Refused::threads});
  CHECK(with.exit_code == 0);
  CHECK(without.exit_code == 0);
}

TEST_CASE("cli limits: threads that must run at the same time are refused in a line") {
  const ScratchFolder folder;
  const auto line = words("bench --case ic1oc1i8x8o4x4k4s2p1 --rounds 1 --threads 2");
  const Finished finished = run_fsconv(line, folder.path(), {.time = patience, .refused = Refused::threads});
  INFO(description(line, finished));
  CHECK(is_refused(finished, "threads"));
}

TEST_CASE("cli limits: a stack that is too small is refused, one that is not is enough for all work",
          "[slow]") {
  for (const char* line : lines) {
    const InputFolder small, enough;
    const Finished refused = run_limited(line, small, {RLIMIT_STACK, 64 * kilobyte});
    INFO(description(words(line), refused));
    CHECK(is_refused(refused, "stack"));
    CHECK(small.files() == 2);
    const Finished finished = run_limited(line, enough, {RLIMIT_STACK, megabyte});
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 0);
  }
}

TEST_CASE("cli limits: where the processor time runs out the program says so, and what it wrote is whole",
          "[slow]") {
  const ScratchFolder folder;
  const auto line = words(
      "train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2 --epochs 1000000 "
      "--output run.h5");
  const Finished finished = run_limited(
      "train --data generated --train-images 64 --test-images 16 --channels 2 --latent 2 --epochs 1000000 "
      "--output run.h5",
      folder, {RLIMIT_CPU, 2});
  INFO(description(line, finished));
  CHECK(is_refused(finished, "processor time"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    CHECK(entry.path().extension() != ".tmp");
  if (finished.out.find("\n    1 ") != std::string::npos)
    CHECK(hdf5::File::open(folder / "run.h5").read<double>("/epoch").size() >= 1);
}

#ifndef FSCONV_SANITIZED  // which opens files of its own
TEST_CASE("cli limits: with few open files a command does its work or names what it cannot open", "[slow]") {
  for (const char* line : lines)
    for (const std::size_t files : {4, 5, 6, 8, 12}) {
      const InputFolder folder;
      const Finished finished = run_limited(line, folder, {RLIMIT_NOFILE, files});
      INFO(files << " files\n" << description(words(line), finished));
      const bool told = (finished.exit_code == 5 || finished.exit_code == 1) && finished.error_lines() == 1;
      // Who runs the tests may leave files open that count, too; then the loader finds none.
      CHECK((finished.exit_code == 0 || told || is_not_loaded(finished)));
      if (finished.exit_code != 0) CHECK(folder.files() == 2);
    }
}
#endif
