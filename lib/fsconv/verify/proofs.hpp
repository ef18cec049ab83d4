// Runs the proofs for all sizes, and replays on the real kernels what they refute.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/beliefs/beliefs.hpp>
#include <fsconv/symbolic/prove.hpp>
#include <optional>

namespace fsconv {

// One obligation and what became of it.
struct ProofRow {
  std::string name, statement, source;
  bool belief = false;
  std::vector<std::string> claims;  // the claims that rest on it
  ProofResult result;
  std::optional<Demonstration> shown;  // of a refuted belief: the arrays that differ
  std::string problem;                 // why it does not count; empty where it does
  std::string note;                    // what else there is to say about a good one

  bool good() const { return problem.empty(); }
  bool open() const { return result.verdict == ProofVerdict::undecided; }
};

// Those of `all` that carry one of these names or, where `claims` are given, on which one of them rests.
// Beliefs are known with and without their folder: "no_flip". Throws InvalidArgument for an unknown name.
std::vector<Obligation> obligations_named(const std::vector<Obligation>& all,
                                          const std::vector<std::string>& names);
std::vector<Obligation> obligations_for(const std::vector<Obligation>& all,
                                        const std::vector<std::string>& claims);

// Decides every obligation, with a progress line. A belief counts as refuted only if its counterexample, put
// into the kernels, gives two arrays that differ; one that this program has no kernels for is left to the
// solver. Throws what prove() throws, and BadData where an obligation names a claim that there is not.
std::vector<ProofRow> prove_and_replay(const ProofPlan& plan);

// "in=2 taps=2 down=1": the variables of a counterexample.
std::string text(const Counterexample& counterexample);

}  // namespace fsconv
