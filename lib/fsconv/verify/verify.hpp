// Runs claims x forms x methods over geometries.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/shard.hpp>
#include <fsconv/verify/claim.hpp>
#include <functional>
#include <optional>
#include <vector>

namespace fsconv {

struct VerifyPlan {
  std::vector<Geometry> geometries;
  std::vector<Claim> claims;
  std::vector<Witness> forms;
  std::vector<Method> methods;
  std::uint64_t seed = 0;
  double miss_bits = 128;  // exact: rounds are added until an error is missed with probability 2^-miss_bits
  int threads = 1;
  std::string proof_options = {};   // of the command line, for the commands that show a failed proof again
  std::string proofs_skipped = {};  // why nothing is proved for all sizes, where that was asked for
  std::optional<Shard> shard =
      {};  // the part of the checks and statements that is done; all where there is none
};

// One row of the report. The indices point into the plan; `form` is -1 for a claim about sizes alone.
struct Check {
  Index place = 0;  // among the checks of all shards
  Index geometry = 0;
  Index claim = 0;
  Index form = -1;
  Method method = Method::exact;
  Verdict verdict = Verdict::holds;
  double error = 0;
  double log2_miss = 0;
  std::string detail =
      {};  // of failures, and of the first refutation and skip of each claim, form and method

  bool good(const Claim& of) const;  // holds, or is refuted where that is wanted, or is skipped with a reason
};

// How many checks all shards have together: as many of each geometry, whatever it is.
Index check_count(const VerifyPlan& plan);

// The geometries that the plan's shard has checks of. A shard takes whole geometries, the I-th, (I+N)-th, ..., for the checks of
// one share what they compute; where there are fewer of them than shards, it takes checks in the same manner.
std::vector<Index> geometries_in_shard(const VerifyPlan& plan);

// All checks of the shard, in a fixed order that does not depend on the threads. `done` is told the number of geometries
// that are finished, from any thread. Ctrl-C throws Interrupted between two tries.
std::vector<Check> verify(const VerifyPlan& plan, const std::function<void(Index)>& done);

}  // namespace fsconv
