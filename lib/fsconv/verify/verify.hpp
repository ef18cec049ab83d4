// Runs claims x forms x methods over geometries.
#pragma once

#include <fsconv/verify/claim.hpp>
#include <functional>
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
};

// One row of the report. The indices point into the plan; `form` is -1 for a claim about sizes alone.
struct Check {
  Index geometry;
  Index claim;
  Index form;
  Method method;
  Verdict verdict;
  double error;
  double log2_miss;
  std::string detail;  // of failures, and of the first refutation and skip of each claim, form and method

  bool good(
      const Claim& claim) const;  // holds, or is refuted where that is wanted, or is skipped with a reason
};

// The method that checks a claim on a form where `asked` was asked for: a form that is no template, and a
// claim without weights, have nothing symbolic; exact integers take its place.
Method method_for(const Claim& claim, const Witness& form, Method asked);

// All checks in a fixed order that does not depend on the threads. `done` is told the number of geometries
// that are finished, from any thread. Ctrl-C throws Interrupted between geometries.
std::vector<Check> verify(const VerifyPlan& plan, const std::function<void(Index)>& done);

// One check, repeatable: the same seed draws the same numbers.
Outcome check_one(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                  std::uint64_t seed, double miss_bits = 128);

// The smallest geometry found, by taking away axes, channels, groups and pixels one by one, for which the
// claim still fails the same way. Returns `geometry` itself if nothing can be taken away.
Geometry shrink(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                std::uint64_t seed, double miss_bits = 128);

}  // namespace fsconv
