// The processes that mpirun or srun started together, as one program: the first one speaks, and all end alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <fsconv/distributed/communicator.hpp>
#include <functional>
#include <string>
#include <vector>

namespace fsconv::cli {

// How such a process does what its words ask for, and how it tells what went wrong.
struct RankedProgram {
  std::function<int(const std::vector<std::string>&)> run;  // throws
  std::function<int(const std::exception_ptr&)> complain;   // returns the exit code
  std::function<int(int)> after_output;                     // the code, once stdout is written
};

// Whether there are others beside this process.
bool is_one_of_many();

// Runs as one of many: only the first one's words, progress and messages are heard. Commands that cannot share their work are
// refused; what goes wrong before the ranks' first message they agree upon, as on what all have; what only this rank knows
// later it tells, and ends all of them.
int run_as_one_of_many(const RankedProgram& program, const std::vector<std::string>& words);

// Those that the running command shares its work with; of other commands, this process alone.
Communicator& ranks();

// Of this command's, how many share this machine.
int processes_of_machine();

// How many threads a process takes where the user says nothing: all processors that it may use, shared out among the ranks of
// this machine; those that it is bound to where that is less.
int usual_threads();

}  // namespace fsconv::cli
