// Every input that is kept, through the targets once more, without libFuzzer: what was found stays mended.
//   fsconv_replay [--target=NAME] FOLDER    of folders NAME with inputs of that target, or of one target's inputs
// Exit status 1 and the names of the inputs where something is found.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "target.hpp"

namespace {

namespace fs = std::filesystem;
using namespace fsconv::fuzz;

constexpr double longest_seconds = 5;

int findings = 0;
std::string
    now;  // what is read, in words: a crash or a hang tells them from a signal handler, which must not make any

void tell_where(int) {
  if (write(STDERR_FILENO, now.data(), now.size()) < 0) _exit(1);
  _exit(1);
}

void replay(const Target& target, const fs::path& file) {
  now = "replay: crashed or hung on " + file.string() + "\n";
  const std::string content = fsconv::testing::content_of(file);
  const std::clock_t begin = std::clock();  // of this process alone: the machine may be busy
  std::string problem;
  try {
    run(target, std::as_bytes(std::span(content)));
  } catch (const std::exception& error) {
    problem = std::string("an exception that is none of fsconv's: ") + error.what();
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  if (seconds > longest_seconds) problem += " took " + std::to_string(seconds) + " s";
  if (problem.empty()) return;
  ++findings;
  std::fprintf(stderr, "replay: %s: %s\n", file.c_str(), problem.c_str());
}

int replay_all(const Target& target, const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) replay(target, file);
  return static_cast<int>(files.size());
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  constexpr std::string_view choice = "--target=";
  const Target* chosen = nullptr;
  if (words.size() == 2 && words[0].starts_with(choice)) chosen = find_target(words[0].substr(choice.size()));
  if (words.empty() || (words.size() == 2) != (chosen != nullptr)) {
    std::fputs("usage: fsconv_replay [--target=NAME] FOLDER\n", stderr);
    return 2;
  }
  for (const int end : {SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(end, tell_where);
  alarm(110);  // the test itself is given 120 s
  int inputs = 0;
  for (const Target& target : targets()) {
    const fs::path folder = chosen ? fs::path(words.back()) : fs::path(words.back()) / target.name;
    if (chosen != nullptr && chosen != &target) continue;
    if (!fs::is_directory(folder)) {
      std::fprintf(stderr, "replay: %s has no inputs\n", folder.c_str());
      return 2;
    }
    inputs += replay_all(target, folder);
  }
  std::printf("%d inputs, %d findings\n", inputs, findings);
  return findings == 0 && inputs > 0 ? 0 : 1;
}
