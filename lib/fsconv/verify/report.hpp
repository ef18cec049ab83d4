// What a verification found, for people and for machines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/run_log.hpp>
#include <fsconv/io/shard_files.hpp>
#include <fsconv/verify/proofs.hpp>
#include <fsconv/verify/verify.hpp>
#include <string>

namespace fsconv {

// A check that failed, made as small as it gets.
struct Failure {
  std::string claim, form, method, found_at, smallest, detail;
  std::string command;  // that shows it again
};

// How strongly a claim is known, from the strongest: each method that was tried says it in one number.
struct Strength {
  Index proofs = 0;               // for all sizes: statements that the claim rests on
  double proof_seconds = 0;       // that solvers took for them
  bool proved = true;             // all of them
  bool open = false;              // some are neither proved nor found wrong
  Index symbolic_geometries = 0;  // for all weights: geometries where the polynomials are equal
  Index exact_geometries = 0;     // exact: geometries, and
  double weakest_log2_miss = 0;   // the largest probability of missing an error, as a power of two
  Index numeric_geometries = 0;   // numeric: geometries, and
  double worst_error = 0;         // the largest error over its bound
};

// One claim over all its checks.
struct ClaimSummary {
  std::string claim, statement;
  Index checks = 0, good = 0, skipped = 0, failed = 0;
  bool belief = false;
  bool draws_numbers = true;
  Strength strength;
  std::string example;  // of a refutation: the counterexample and where it was found
  std::string reason;   // of the first check that was skipped
};

// Of a shard: its own checks and proofs, and what they come to.
struct VerifyReport {
  VerifyPlan plan;
  std::vector<Check> checks = {};
  double seconds = 0;  // of the checks
  std::vector<ClaimSummary> claims = {};
  std::vector<Failure> failures = {};  // the first of every claim and form, shrunk
  std::vector<ProofRow> proofs = {};
  ShardRows proof_rows = {};  // where they stand among the proofs of all shards
  double proof_seconds = 0;
  std::vector<std::string> solvers = {};  // what they say for --version

  bool passed() const;
};

// A claim, form or method of the plan of which nothing was tried: all was skipped, or there was nothing to try. It holds nothing.
struct Untried {
  std::string field, name;  // "claim", "transpose"
  std::string reason;       // that the first check which was skipped gave
};
// Claims, then forms, then methods, in the plan's order.
std::vector<Untried> untried(const VerifyReport& report);

// holds, refuted (a belief), undecided (a proof is open), not tried or FAILS.
std::string verdict_word(const ClaimSummary& claim);

// Runs the plan with a progress line and sums it up; failures are shrunk to the smallest case found. Proofs
// are run where there are obligations; of a shard the I-th, (I+N)-th, ... of them.
VerifyReport run_and_report(const VerifyPlan& plan, const ProofPlan& proofs = {});

// Tables that fit `width` columns (base/screen.hpp), verdicts in colour or not.
std::string text(const VerifyReport& report, std::size_t width, bool colour);
// "90 checks (and 10 skipped)" of 100, of which 10 were skipped.
std::string checks_text(Index all, Index skipped);
nlohmann::json json_of(const VerifyReport& report);

// One row per check in /checks, the geometries in /geometries, one row per statement in /proofs; see
// docs/file_formats.md. Of a shard, both tables say where their rows belong (io/shard_files.hpp).
void write_report(const std::string& path, const VerifyReport& report, const RunInfo& info);

}  // namespace fsconv
