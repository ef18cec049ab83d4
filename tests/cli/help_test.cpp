// The help of every subcommand, and that the examples it shows work when pasted.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "cli/examples.hpp"
#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;

namespace {

const std::vector<std::string> commands = {
    "shape",       "matrix", "apply",  "draw",   "verify", "data",   "train", "evaluate", "encode", "decode",
    "reconstruct", "smooth", "export", "import", "log",    "report", "bench", "merge",    "doctor", "tour"};

}  // namespace

TEST_CASE("cli help: the program alone, --help and --version list what there is") {
  const ScratchFolder folder;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--help"}, std::vector<std::string>{"help"}}) {
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
    for (const std::string& command : commands)
      CHECK(finished.out.find("\n  " + command + " ") != std::string::npos);
  }
  const Finished version = run_fsconv({"--version"}, folder.path());
  CHECK(version.exit_code == 0);
  CHECK(version.out.starts_with("fsconv "));
  CHECK(version.out.find("hdf5 ") != std::string::npos);
}

TEST_CASE("cli help: help and --help before a command show its help; more words are not left unheard") {
  const ScratchFolder folder;
  const std::string wanted = run_fsconv({"shape", "--help"}, folder.path()).out;
  CHECK(run_fsconv({"help", "shape"}, folder.path()).out == wanted);
  CHECK(run_fsconv({"--help", "shape"}, folder.path()).out == wanted);
}

TEST_CASE("cli help: every subcommand describes itself, whatever stands beside --help") {
  const ScratchFolder folder;
  for (const std::string& command : commands)
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{command, "--help"},
          std::vector<std::string>{command, "--stride", "--help"}}) {
      const Finished finished = run_fsconv(arguments, folder.path());
      INFO(description(arguments, finished));
      CHECK(finished.exit_code == 0);
      CHECK(finished.err.empty());
      CHECK(finished.out.starts_with("fsconv " + command + ": "));
      for (const char* part : {"--config FILE  ", "--json  ", "--help  ", "Examples:\n"})
        CHECK(finished.out.find(part) != std::string::npos);
    }
}

TEST_CASE("cli help: every example works when pasted", "[slow][words]") {
  for (const std::string& command : commands) {
    // Each in a folder of its own: what another command has left there is not what a user has.
    const ScratchFolder folder;
    std::filesystem::create_directory_symlink(std::string(FSCONV_SOURCE_DIR) + "/data", folder / "data");
    const Finished help = run_fsconv({command, "--help"}, folder.path());
    for (const std::string& line : preparations_in(help.out)) {
      INFO(line);
      REQUIRE(run_fsconv(shortened(line), folder.path()).exit_code == 0);
    }
    const std::vector<std::string> examples = examples_in(help.out);
    INFO(command);
    CHECK(std::count_if(examples.begin(), examples.end(), [&](const std::string& line) {
            return (line + " ").starts_with("fsconv " + command + " ");
          }) >= 2);
    for (const std::string& line : examples) {
      INFO(line);
      REQUIRE(line.starts_with("fsconv "));
      if (is_too_slow(line)) continue;
      const std::vector<std::string> arguments = shortened(line);
      const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(60)});
      INFO(description(arguments, finished));
      const bool must_fail = line.find("--mutant") != std::string::npos;
      CHECK(finished.exit_code == (must_fail ? 3 : 0));
      CHECK_FALSE(finished.out.empty());
    }
  }
}
