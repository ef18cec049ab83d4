// Pipes in place of files: written directly, waited for as long as nobody presses Ctrl-C, and refused where they make
// no sense.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <thread>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using namespace std::chrono_literals;

namespace {

// A line that writes one pipe of this name.
struct Writer {
  const char* line;
  const char* pipe;
};

const std::vector<Writer> writers = {
    {"matrix --input-size 40,40 --kernel 3 --output W.mtx", "W.mtx"},
    {"matrix --input-size 40,40 --kernel 3 --output W.npz", "W.npz"},
    {"matrix --input-size 40,40 --kernel 3 --output W.h5", "W.h5"},
    {"matrix --input-size 200,200 --kernel 3 --picture W.png", "W.png"},
    {"draw ic1oc1i9x9o5x5k3s2p1 -o d.svg", "d.svg"},
    {"draw ic1oc1i6o3k3s2p1 -o d.gif", "d.gif"},
    {"verify --case i4o2k3 --output checks.h5", "checks.h5"},
    {"apply --op conv --input x.npy --weight w.npy --output y.npy", "y.npy"},
    {"apply --op conv --input x.npy --weight w.npy --output y.h5:/y", "y.h5"},
};

struct PipeFolder : ScratchFolder {
  explicit PipeFolder(const std::string& pipe) {
    write_array(*this / "x.npy", Tensor<double>({1, 1, 40, 40}), "f8");
    write_array(*this / "w.npy", Tensor<double>({1, 1, 3, 3}), "f8");
    if (::mkfifo((*this / pipe).c_str(), 0600) != 0) throw std::runtime_error("no pipe");
  }
};

}  // namespace

TEST_CASE("cli pipes: a reader gets what a file would hold") {
  for (const Writer& writer : writers) {
    const PipeFolder folder(writer.pipe), files("unused");
    std::string seen;
    std::thread reader([&] { seen = content_of(folder / writer.pipe); });
    const Finished finished = run_fsconv(words(writer.line), folder.path());
    reader.join();
    INFO(description(words(writer.line), finished));
    CHECK(finished.exit_code == 0);
    CHECK(std::filesystem::is_fifo(folder / writer.pipe));
    CHECK(folder.files() == 3);
    REQUIRE(run_fsconv(words(writer.line), files.path()).exit_code == 0);
    const std::string whole = content_of(files / writer.pipe);
    CHECK(seen.size() == whole.size());
    CHECK(seen.substr(0, 8) == whole.substr(0, 8));
    // Reports hold times; everything else is the same to the byte.
    if (std::string(writer.line).find("verify") == std::string::npos) CHECK((seen == whole));
  }
}

TEST_CASE("cli pipes: Ctrl-C ends the wait for a reader", "[slow]") {
  for (const Writer& writer : writers) {
    const PipeFolder folder(writer.pipe);
    const Finished finished = run_fsconv(words(writer.line), folder.path(), {.interrupt_after = 1s});
    INFO(description(words(writer.line), finished));
    CHECK(finished.exit_code == 130);
    CHECK(finished.error_lines() == 1);
    CHECK(folder.files() == 3);
  }
}

TEST_CASE("cli pipes: Ctrl-C ends the wait for a reader who does not read", "[slow]") {
  const PipeFolder folder("W.mtx");
  const int reader = ::open((folder / "W.mtx").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  const auto arguments = words("matrix --input-size 100,100 --kernel 3 --output W.mtx");
  const Finished finished = run_fsconv(arguments, folder.path(), {.interrupt_after = 1s});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 130);
  ::close(reader);
}

TEST_CASE("cli pipes: train refuses at once to write its files into one") {
  for (const char* pipe : {"run.h5", "run.png"}) {
    const PipeFolder folder(pipe);
    const auto arguments = words("train --data generated --epochs 1000 --output run.h5");
    const Finished finished = run_fsconv(arguments, folder.path(), {.time = 5s});
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 5);
    CHECK(finished.err == "fsconv: " + std::string(pipe) +
                              ": cannot write: it is a pipe, and the file is written again and again: name a "
                              "regular file\n");
    CHECK(folder.files() == 3);
  }
}

TEST_CASE("cli pipes: as inputs they are refused, and nobody is waited for") {
  for (const char* line :
       {"apply --op conv --input PIPE.npy --weight w.npy --output y.npy",
        "apply --op conv --input x.npy --weight PIPE.h5:/w --output y.npy",
        "matrix --input-size 9,9 --kernel 3 --weight PIPE.npz:w", "train --data PIPE --output run.h5",
        "train --data PIPE.npy --output run.h5", "train --resume PIPE.h5",
        "train --config PIPE.h5 --output run.h5", "verify --config PIPE", "evaluate PIPE.h5",
        "encode PIPE.h5 --output codes.h5", "reconstruct PIPE.h5 --output x.png"}) {
    std::vector<std::string> arguments = words(line);
    std::string pipe;
    for (std::string& argument : arguments)
      if (argument.starts_with("PIPE")) {
        argument = "pipe" + argument.substr(4);
        pipe = argument.substr(0, argument.find(':'));
      }
    const PipeFolder folder(pipe);
    const Finished finished = run_fsconv(arguments, folder.path(), {.time = 5s});
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 5);
    CHECK(finished.error_lines() == 1);
    CHECK(finished.err.find(pipe) != std::string::npos);
    CHECK(finished.err.find("regular file") != std::string::npos);
    CHECK(folder.files() == 3);
  }
}
