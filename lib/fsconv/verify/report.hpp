// What a verification found: a table for people, JSON for machines, HDF5 with one row per check.
#pragma once

#include <fsconv/io/run_log.hpp>
#include <fsconv/verify/verify.hpp>
#include <string>

namespace fsconv {

struct Failure {
  std::string claim, form, method, found_at, smallest, detail;
  std::string command;  // that shows it again
};

// One claim over all its checks.
struct ClaimSummary {
  std::string claim, statement;
  Index checks = 0, good = 0, skipped = 0, failed = 0;
  bool belief = false;
  double worst_error = 0;  // numeric: the largest error over its bound
  double weakest_log2_miss =
      0;                // exact: the largest probability of missing an error, as a power of two; 0: no exact
  std::string example;  // of a refutation: the counterexample and where it was found
};

struct VerifyReport {
  VerifyPlan plan;
  std::vector<Check> checks;
  double seconds = 0;
  std::vector<ClaimSummary> claims;
  std::vector<Failure> failures;  // the first of every claim and form, shrunk

  bool passed() const { return failures.empty(); }
};

// Runs the plan with a progress line and sums it up; failures are shrunk to the smallest case found.
VerifyReport run_and_report(const VerifyPlan& plan);

std::string text(const VerifyReport& report, bool colour);
nlohmann::json json_of(const VerifyReport& report);

// One row per check in /checks, the geometries in /geometries; see docs/file_formats.md.
void write_report(const std::string& path, const VerifyReport& report, const RunInfo& info);

}  // namespace fsconv
