// Decides one query with an external SMT solver, trying several strategies in turn.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/symbolic/obligation.hpp>
#include <fsconv/symbolic/solver_reply.hpp>
#include <stop_token>

namespace fsconv {

struct SolverPrograms {
  std::string z3 = "z3";
  std::string cvc5 = "cvc5";
};

// A way to run a solver. Nonlinear integer arithmetic is undecidable: what one strategy settles at once keeps
// another busy for ever.
struct Strategy {
  std::string name;  // "z3 qfnia seed 1"
  std::vector<std::string> arguments;
  std::string check_sat;   // in place of (check-sat)
  std::string limit = {};  // before a number of milliseconds: the argument that limits each (check-sat)
};

struct Solver {
  std::string program;
  std::vector<Strategy> strategies;
};

Solver z3_solver(const SolverPrograms& programs = {});
Solver cvc5_solver(const SolverPrograms& programs = {});

struct DecisionLimits {
  double seconds = 60;  // wall clock, for the whole query
  double slice = 1;     // of it for each strategy in the first round; four times as long in each next
  Index memory = Index{4} << 30;  // bytes of address space; 0: no limit
  std::stop_token stop = {};
};

struct Decision {
  Answer answer = Answer::unknown;
  std::string strategy = {};  // that answered; empty if none did
  double seconds = 0;
  std::map<std::string, Index> values = {};  // of query.values, where the answer is sat
  std::string problem = {};                  // where it is unknown: what became of each strategy
};

// The slices keep a strategy that hangs from holding up the one that knows. A strategy that fails other than
// by running out of time is not tried again: it would fail again. Throws Interrupted after Ctrl-C, and Error
// (runtime) with the reason if no strategy decides and the program could not be started or broke down
// (solver_reply.hpp) under one of them: then nobody knows whether the question is hard.
Decision decide(const Solver& solver, const Query& query, const DecisionLimits& limits = {});

// What one run of the program says on several queries, with its first strategy: it starts once, and forgets
// each query before it reads the next. For the many that are answered sooner than a program starts.
struct Together {
  std::vector<Answer> answers;  // one for each text; unknown is for decide()
  double seconds = 0;
};

// `texts` as in Query; values are not asked for. Each has limits.slice, all of them have limits.seconds. A
// run that ends otherwise than by itself or for want of time, or that prints anything but one answer for each
// query, is not believed: all answers are unknown. After one that broke down the first query is put alone.
// Throws as `decide` does.
Together decide_together(const Solver& solver, const std::vector<std::string>& texts,
                         const DecisionLimits& limits = {});

}  // namespace fsconv
