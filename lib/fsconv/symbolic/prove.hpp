// Proves theorems and refutes beliefs, each for all sizes at once, with external solvers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/symbolic/obligation.hpp>
#include <fsconv/symbolic/solver.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

enum class ProofVerdict {
  proved,           // a theorem: all its goals hold, and its hypotheses are possible
  refuted,          // a belief: here is a counterexample, as there should be
  vacuous,          // hypotheses contradict each other, so whatever follows from them says nothing
  false_statement,  // a theorem with a counterexample
  not_refuted,      // a belief without one: it is true
  undecided,        // z3 gave up, or did not decide in time
  disagreement,     // z3 and cvc5 contradict each other
};

constexpr auto names_of(ProofVerdict) {
  return NameTable<ProofVerdict, 7>{"verdict",
                                    {{{ProofVerdict::proved, "proved"},
                                      {ProofVerdict::refuted, "refuted"},
                                      {ProofVerdict::vacuous, "vacuous"},
                                      {ProofVerdict::false_statement, "false statement"},
                                      {ProofVerdict::not_refuted, "not refuted"},
                                      {ProofVerdict::undecided, "undecided"},
                                      {ProofVerdict::disagreement, "disagreement"}}}};
}

// Whether it is the good end: proved or refuted.
bool is_good(ProofVerdict verdict);

struct ProofResult {
  std::string name;
  ProofVerdict verdict = ProofVerdict::undecided;
  double seconds = 0;      // in solvers
  std::string decided_by;  // the strategies of z3 that decided: "z3 smt, z3 qfnia"
  Index goals = 0;         // what was decided, beside the possibility of hypotheses
  Index confirmed = 0;     // of those, how many cvc5 decided alike
  std::vector<std::pair<std::string, Index>> counterexample;  // in the order of (get-value ...)
  std::string detail;  // one line: what went wrong, or that a counterexample need not be smallest
};

struct ProofPlan {
  std::vector<Obligation> obligations;
  SolverPrograms programs = {};
  int threads = 1;
  double time_limit = 60;         // seconds for each question to z3
  bool cross_check = true;        // put each question to cvc5, too, where it is installed
  double cross_check_limit = 4;   // seconds for each question to cvc5
  Index memory = Index{4} << 30;  // bytes for each solver; 0: no limit
};

// The program's first line for `--version`; its name where it says nothing, "" where it is not found.
std::string solver_version(const std::string& program);

// One result for each obligation, in their order whatever the threads. `done(1)` is called after each, from
// any thread. z3 decides. cvc5 only confirms or contradicts; what it cannot decide in its short time is not
// confirmed. Throws Error (runtime) if z3 is not found or one of both does not run (decide() says when),
// InvalidArgument for limits or threads that are not positive, Interrupted after Ctrl-C.
std::vector<ProofResult> prove(const ProofPlan& plan, const std::function<void(Index)>& done = {});

}  // namespace fsconv
