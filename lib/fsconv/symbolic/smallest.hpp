// Finds the smallest counterexample of a false belief.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/symbolic/solver.hpp>

namespace fsconv {

struct Smallest {
  Decision decision;    // of the query below; sat where there is a counterexample
  Query query;          // the one asked for, with its bound where one was found
  bool certain = true;  // false: not proved to be smallest, since some smaller bound stayed undecided
};

// The counterexample of `query` in which the sum of the absolute values of query.values is smallest: bounds
// 0, 1, 2, ... on this sum are tried up to `largest_bound`, then none. `limits` hold for each question, and
// bounds get at most a quarter of the time; once three of them stayed undecided, the question is put without
// one. Throws as `decide` does.
Smallest find_smallest(const Solver& solver, const Query& query, const DecisionLimits& limits,
                       Index largest_bound = 64);

}  // namespace fsconv
