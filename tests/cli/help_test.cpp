// The help of every subcommand, and that the examples it shows work when pasted.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;

namespace {

const std::vector<std::string> commands = {"shape",    "matrix", "apply",  "verify",      "train",
                                           "evaluate", "encode", "decode", "reconstruct", "bench"};

// The lines below "Examples:", without the remark that may stand behind one in brackets.
std::vector<std::string> examples_in(const std::string& help) {
  std::vector<std::string> lines;
  std::istringstream stream(help.substr(help.find("Examples:\n") + 10));
  for (std::string line; std::getline(stream, line);) {
    if (const auto remark = line.find("  ("); remark != std::string::npos) line.erase(remark);
    if (line.find_first_not_of(' ') != std::string::npos) lines.push_back(line);
  }
  return lines;
}

// Timings of large layers are no work for sanitizers; tests/cli/bench_test.cpp has small ones.
bool is_too_slow(const std::string& line) {
#ifdef __SANITIZE_ADDRESS__
  return line.find("fsconv bench") != std::string::npos;
#else
  return line.empty();
#endif
}

// Arguments behind the program's name, with less work where an example means minutes.
std::vector<std::string> shortened(const std::string& line) {
  std::vector<std::string> arguments = words(line);
  arguments.erase(arguments.begin());
  const auto has = [&](const char* option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  const auto add = [&](std::initializer_list<const char*> more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
  };
  if (arguments[0] == "verify" && has("--sweep")) {
    const auto size = std::find(arguments.begin(), arguments.end(), "--max-size");
    if (size != arguments.end()) *(size + 1) = "2";
  } else if (arguments[0] == "verify" && has("proof")) {
    add({"--claim", "adjoint"});
  } else if (arguments[0] == "verify" && !has("--case") && !has("--emit")) {
    add({"--geometries", "20"});
    if (!has("--method")) add({"--method", "numeric,exact,symbolic"});  // the proofs have their own example
  }
  if (arguments[0] == "bench") {
    if (!has("--rounds")) add({"--rounds", "1"});
    if (!has("--batch") && !has("--what")) add({"--batch", "2"});
  }
  if (arguments[0] == "train" && !has("--resume")) {
    add({"--train-images", "64", "--test-images", "32"});
    if (!has("--epochs")) add({"--epochs", "1"});
  }
  return arguments;
}

bool is_installed(const std::string& line) {
  return line.find("fashion-mnist") == std::string::npos ||
         std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
}

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
      for (const char* part : {"--config FILE", "--json", "--help", "Examples:\n"})
        CHECK(finished.out.find(part) != std::string::npos);
    }
}

TEST_CASE("cli help: every example works when pasted") {
  const ScratchFolder folder;
  std::filesystem::create_directory_symlink(std::string(FSCONV_SOURCE_DIR) + "/data", folder / "data");
  for (const std::string& command : commands) {
    const Finished help = run_fsconv({command, "--help"}, folder.path());
    const std::vector<std::string> examples = examples_in(help.out);
    INFO(command);
    CHECK(examples.size() >= 2);
    for (const std::string& line : examples) {
      INFO(line);
      REQUIRE((line + " ").starts_with("  fsconv " + command + " "));
      if (!is_installed(line)) {
        WARN("skipped: dataset-fashion-mnist is not installed for " + line);
        continue;
      }
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
