// Runs the fsconv program on a terminal of a chosen width, as somebody sees it who sits before it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace fsconv::testing {

struct Seen {
  int exit_code = 0;  // -1 where the time ran out
  std::string text;   // stdout and stderr as they come, carriage returns and escape sequences among them

  // The lines as they stand in the end: those that were drawn anew once, without escape sequences.
  std::vector<std::string> lines() const;
};

// The terminal says that it has so many columns, or none where `columns` is 0. Of the variables TERM, NO_COLOR and
// COLUMNS only those are set that `environment` has. Throws std::runtime_error where the system has no terminals.
Seen run_on_terminal(const std::vector<std::string>& arguments, const std::string& folder,
                     unsigned short columns,
                     const std::map<std::string, std::string>& environment = {{"TERM", "xterm"}},
                     std::chrono::seconds patience = std::chrono::seconds(240));

}  // namespace fsconv::testing
