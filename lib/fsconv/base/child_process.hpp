// Runs another program to its end or to its limits, whichever comes first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fsconv/base/index.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

struct ChildLimits {
  double seconds = 0;              // wall clock; 0: none
  Index address_space = 0;         // bytes; 0: none
  Index output = Index{16} << 20;  // bytes of out and err together
  std::stop_token stop = {};       // the child is killed soon after a request
};

struct ChildResult {
  int exit_status = 0;     // where no signal ended it
  int signal = 0;          // that ended it, or 0
  bool timed_out = false;  // at most one of the three: why it was killed
  bool stopped = false;
  bool flooded = false;  // its output grew beyond the limit
  std::string out, err;  // what it wrote until then
  double seconds = 0;    // wall clock

  bool succeeded() const { return signal == 0 && exit_status == 0; }
};

// The executable file of this name: itself where the name has a slash, else the first one on PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

// Runs command[0] with its arguments (no shell sees them) and `input` on its stdin. It gets a process group
// of its own, which is killed with SIGKILL at a limit, at Ctrl-C, and when the child itself has ended:
// nothing outlives this call. The child inherits environment and folder, and no open files. Safe to call from
// several threads at once. Throws IoError if there is no such program or it cannot be started, Interrupted
// after Ctrl-C.
ChildResult run_child(const std::vector<std::string>& command, std::string_view input = {},
                      const ChildLimits& limits = {});

// fork, with all signals blocked in both processes until it has returned; in the child they stay blocked, so that no
// handler of this process ever runs there. -1 and errno where the system refuses.
int fork_quietly();

// A parent that ignored SIGCHLD hands this on, and then the system keeps no record of how children end: from now on it
// does.
void keep_records_of_children();

// How it ended, for messages: "exited with status 2", "crashed with signal 11 (Segmentation fault)".
std::string ending(const ChildResult& result);

}  // namespace fsconv
