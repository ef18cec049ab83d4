// Runs the fsconv program as a user does: a process with arguments, a folder to work in and limits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fsconv::testing {

// As `ulimit` sets it, hard and soft: a resource of setrlimit() and its bytes, seconds or files.
struct Limit {
  int resource;
  std::size_t most;
};

// What the system answers "try again" to, as it does to a user who has too many processes.
enum class Refused { nothing, threads, threads_and_processes };

// What happens once a text stands on stdout or stderr: to the process of this id.
struct Moment {
  std::string seen;
  std::function<void(int)> act;
};

struct ProcessLimits {
  std::chrono::milliseconds time{10'000};      // killed after that; four times as long under AddressSanitizer
  std::optional<std::size_t> file_bytes = {};  // no file may grow beyond: what a full disk does to a writer
  std::optional<std::chrono::milliseconds> interrupt_after = {};  // SIGINT that long after the start
  std::string interrupt_on = {};                                  // SIGINT once this text stands on stdout
  std::vector<Moment> moments = {};                               // one after the other
  std::vector<std::string> launcher = {};  // what is to start the program, as mpirun, and its words
  std::vector<Limit> system = {};
  std::map<int, int> descriptors =
      {};  // what 0, 1 or 2 is in place of the usual: an open descriptor; -1: closed
  std::vector<int> ignored_signals = {};
  Refused refused = Refused::nothing;
};

struct Finished {
  int exit_code = 0;  // 1000 + the signal where one ended the process, -1 where the time ran out
  std::string out, err;

  // Of stderr, but for what long work says of itself every ten seconds: on a busy machine all work is long.
  std::size_t error_lines() const;
};

// Runs the program with these arguments (no shell sees them) in `folder`, its input empty.
// Throws std::runtime_error where the system cannot.
Finished run_fsconv(const std::vector<std::string>& arguments, const std::string& folder,
                    const ProcessLimits& limits = {});

// "fsconv" and its arguments as exec wants them, as long as this lives.
class ProgramArguments {
 public:
  explicit ProgramArguments(std::vector<std::string> arguments, std::vector<std::string> launcher = {})
      : texts_(std::move(arguments)) {
    if (launcher.empty())
      launcher = {"fsconv"};
    else
      launcher.emplace_back(FSCONV_PROGRAM);
    texts_.insert(texts_.begin(), launcher.begin(), launcher.end());
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  ProgramArguments(const ProgramArguments&) = delete;
  ProgramArguments& operator=(const ProgramArguments&) = delete;
  char** pointers() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// What a sanitized program is told, in this process's environment, for those who start it by other means than
// run_fsconv().
void set_up_sanitizers();

// The arguments of a pasted line: split at spaces.
std::vector<std::string> words(const std::string& line);

// What a test shows when it fails.
std::string description(const std::vector<std::string>& arguments, const Finished& finished);

}  // namespace fsconv::testing
