// The report of fsconv verify in words: what is counted, what is not installed, what fails, and that it fits.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>

using namespace fsconv;

namespace {

// One claim on one geometry, and one statement and one belief by solvers.
VerifyReport small_report(const std::vector<std::string>& solvers) {
  VerifyReport report{.plan = {}};
  report.plan.geometries = {parse_case("i4o2k3")};
  report.checks.push_back({.geometry = 0, .claim = 0, .method = Method::exact, .log2_miss = -130});
  ClaimSummary claim;
  claim.claim = "transpose";
  claim.statement = "conv_transpose(y) = W^T y";
  claim.checks = claim.good = 1;
  claim.strength.exact_geometries = claim.strength.symbolic_geometries = 1;
  claim.strength.proofs = 1;
  claim.strength.weakest_log2_miss = -130;
  report.claims = {claim};
  ProofRow theorem;
  theorem.name = "gather";
  theorem.statement =
      "solving for o gives exactly the taps, whatever the sizes, the strides, the dilation and the pads";
  theorem.result.verdict = ProofVerdict::proved;
  theorem.result.goals = 1;
  theorem.result.confirmed = solvers.size() > 1 ? 1 : 0;
  ProofRow belief;
  belief.name = "no_flip";
  belief.belief = true;
  belief.statement = "the filter need not be reversed";
  belief.result.verdict = ProofVerdict::refuted;
  belief.result.counterexample = {{"in", 1}, {"taps", 2}};
  report.proofs = {theorem, belief};
  report.solvers = solvers;
  return report;
}

bool says(const std::string& text, const std::string& part) {
  std::string joined = text;  // wherever its lines are broken
  for (std::size_t at = joined.find('\n'); at != std::string::npos; at = joined.find('\n', at)) {
    const std::size_t word = joined.find_first_not_of(" \n", at);
    joined.replace(at, (word == std::string::npos ? joined.size() : word) - at, " ");
  }
  return joined.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("verify text: one thing is one thing") {
  const std::string shown = text(small_report({"Z3 version 4.8.12"}), 80, false);
  INFO(shown);
  CHECK(says(shown, "1 geometry, 1 check in"));
  CHECK(says(shown, "2 statements for all sizes"));
  CHECK(says(shown, "z3 decided 1 goal,"));
}

TEST_CASE("verify text: a second solver that is not there is said to be missing, not to agree on nothing") {
  const std::string alone = text(small_report({"Z3 version 4.8.12"}), 80, false);
  CHECK(says(alone, "cvc5 is not installed"));
  CHECK_FALSE(says(alone, "agrees on"));
  CHECK_FALSE(says(alone, "both: "));
  const std::string two = text(small_report({"Z3 version 4.8.12", "This is cvc5 version 1.0.3"}), 80, false);
  CHECK(says(two, "cvc5 agrees on 1"));
  CHECK(says(two, "both: cvc5 agrees with z3"));
  CHECK_FALSE(says(two, "not installed"));
}

TEST_CASE("verify text: every line fits, from 60 columns on, and what failed can be pasted") {
  VerifyReport report = small_report({"Z3 version 4.8.12"});
  report.claims[0].failed = 1;
  report.failures = {
      {.claim = "transpose",
       .form = "no_flip",
       .method = "exact",
       .found_at = "ic1oc1i4x4o2x2k3s2p1",
       .smallest = "i1o1k2",
       .detail = "element [0, 0, 0] is 3 instead of -4 in an array of one image and a channel of one pixel",
       .command = "fsconv verify --case ic1oc1i1o1k2 --claim transpose --mutant no_flip --method exact "
                  "--miss-bits 128 --seed 0"}};
  for (std::size_t width = 60; width < 200; width += 7)
    for (const std::string& line : split(text(report, width, true), '\n')) {
      INFO(width << ": " << line);
      CHECK(visible_size(line) <= width);
    }
  std::string pasted = text(report, 70, false);
  pasted = pasted.substr(pasted.rfind("fsconv verify"));
  for (std::size_t at = pasted.find("\\\n"); at != std::string::npos; at = pasted.find("\\\n"))
    pasted.replace(at, pasted.find_first_not_of(' ', at + 2) - at, "");
  CHECK(pasted == report.failures[0].command + "\n");
}

TEST_CASE("verify text: verdicts have their colours only where that is wanted") {
  VerifyReport report = small_report({});
  CHECK(text(report, 80, false).find('\033') == std::string::npos);
  CHECK(text(report, 80, true).find(painted("holds", Colour::good, true)) != std::string::npos);
  report.claims[0].failed = 1;
  CHECK(text(report, 80, true).find(painted("FAILS", Colour::bad, true)) != std::string::npos);
  report = small_report({});
  report.claims[0].strength.proved = false;
  report.claims[0].strength.open = true;
  CHECK(text(report, 80, true).find(painted("undecided", Colour::notable, true)) != std::string::npos);
}

TEST_CASE("verify text: what exact checks in the place of symbolic is counted") {
  VerifyPlan plan;
  plan.geometries = {parse_case("i4o2k2s2")};
  plan.claims = claims_named({"matrix", "shape"});
  plan.forms = witnesses_named(witnesses(), {"gather", "im2col"});
  plan.methods = {Method::symbolic};
  const VerifyReport report = run_and_report(plan);
  const auto made_by = [&](Method method) {
    return std::ranges::count(report.checks, method, [](const Check& check) { return check.method; });
  };
  REQUIRE(made_by(Method::symbolic) == 1);
  REQUIRE(made_by(Method::exact) == 2);
  CHECK(says(text(report, 80, false), "3 checks in"));
  CHECK(says(text(report, 80, false), "of these 1 symbolic; 2 exact in its place"));
  // Where both are asked for, or nothing needs it, there is nothing to say.
  plan.methods = {Method::exact, Method::symbolic};
  CHECK_FALSE(says(text(run_and_report(plan), 80, false), "in its place"));
  plan.methods = {Method::symbolic};
  plan.claims = claims_named({"matrix"});
  plan.forms = witnesses_named(witnesses(), {"gather"});
  CHECK_FALSE(says(text(run_and_report(plan), 80, false), "in its place"));
}
