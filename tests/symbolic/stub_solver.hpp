// Solvers that do what real ones must never do, as shell scripts; and small obligations to put to them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/child_process.hpp>
#include <fsconv/symbolic/obligation.hpp>
#include <string>

#include "io/scratch.hpp"

namespace fsconv::testing {

// An executable shell script in `folder`. Returns its path.
inline std::string put_program(const ScratchFolder& folder, const std::string& name,
                               const std::string& script) {
  const std::string path = folder / name;
  put_content(path, "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

inline std::string block(const std::string& body, const std::string& status, const std::string& after = {}) {
  return "(push 1)\n" + body + "\n(set-info :status " + status + ")\n(check-sat)\n" + after + "(pop 1)\n";
}

// A theorem about integers a and b: from `hypothesis` follows `claim`.
inline std::string theorem_text(const std::string& hypothesis, const std::string& claim) {
  return "; a theorem\n(set-logic QF_NIA)\n(set-info :statement \"a test\")\n"
         "(declare-const a Int)\n(declare-const b Int)\n(assert " +
         hypothesis + ")\n" + block("; possible", "sat") +
         block("(set-info :goal \"the claim\")\n(assert (not " + claim + "))", "unsat");
}

// The belief that `claim` follows from `hypothesis`.
inline std::string belief_text(const std::string& hypothesis, const std::string& claim) {
  return "; a belief\n(set-logic QF_NIA)\n(set-info :belief \"a test\")\n"
         "(declare-const a Int)\n(declare-const b Int)\n(assert " +
         hypothesis + ")\n" + block("; possible", "sat") +
         block("(assert (not " + claim + "))", "sat", "(get-value (b a))\n");
}

}  // namespace fsconv::testing

// Ends a test case that needs a solver which is not installed, and says so.
#define FSCONV_NEED_PROGRAM(name)                      \
  if (!fsconv::find_program(name)) {                   \
    WARN("skipped: the program " name " is not here"); \
    return;                                            \
  }
