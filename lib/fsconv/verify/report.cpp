// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <fsconv/base/progress.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/report_reader.hpp>
#include <fsconv/verify/shrink.hpp>
#include <map>
#include <set>

namespace fsconv {
namespace {

const Claim& claim_of(const VerifyPlan& plan, const Check& check) {
  return plan.claims[static_cast<std::size_t>(check.claim)];
}
const Witness& form_of(const VerifyPlan& plan, const Check& check) {
  return plan.forms[static_cast<std::size_t>(std::max<Index>(check.form, 0))];
}
std::string form_name(const VerifyPlan& plan, const Check& check) {
  return check.form < 0 ? "-" : plan.forms[static_cast<std::size_t>(check.form)].name;
}
std::string case_of(const VerifyPlan& plan, const Check& check) {
  return print_case(plan.geometries[static_cast<std::size_t>(check.geometry)]);
}

void count(Strength& strength, const Check& check, bool new_geometry, bool draws_numbers) {
  switch (check.method) {
    case Method::symbolic:
      strength.symbolic_geometries += new_geometry;
      break;
    case Method::exact:
      strength.exact_geometries += new_geometry;
      if (check.log2_miss < 0)
        strength.weakest_log2_miss = strength.weakest_log2_miss == 0
                                         ? check.log2_miss
                                         : std::max(strength.weakest_log2_miss, check.log2_miss);
      break;
    case Method::numeric:
      strength.numeric_geometries += new_geometry;
      if (draws_numbers) strength.worst_error = std::max(strength.worst_error, check.error);
      break;
  }
}

std::vector<ClaimSummary> summarize(const VerifyPlan& plan, const std::vector<Check>& checks,
                                    const std::vector<ProofRow>& proofs) {
  std::vector<ClaimSummary> list;
  for (const Claim& claim : plan.claims) {
    ClaimSummary summary;
    summary.claim = claim.name;
    summary.statement = claim.statement;
    summary.belief = claim.belief;
    summary.draws_numbers = claim.draws_numbers;
    for (const ProofRow& proof : proofs)  // a refuted belief proves no claim, only itself
      if (proof.belief == claim.belief &&
          std::find(proof.claims.begin(), proof.claims.end(), claim.name) != proof.claims.end()) {
        ++summary.strength.proofs;
        summary.strength.proof_seconds += proof.result.seconds;
        summary.strength.proved = summary.strength.proved && proof.good();
        summary.strength.open = summary.strength.open || proof.open();
      }
    list.push_back(std::move(summary));
  }
  if (plan.methods.empty())  // proofs alone: claims without one were not asked for
    std::erase_if(list, [](const ClaimSummary& summary) { return summary.strength.proofs == 0; });
  std::map<std::pair<Index, Method>, Index> last;  // the geometry that was counted last
  for (const Check& check : checks) {
    ClaimSummary& summary = list[static_cast<std::size_t>(check.claim)];
    ++summary.checks;
    if (check.verdict == Verdict::skipped) {
      ++summary.skipped;
      if (summary.reason.empty()) summary.reason = check.detail;
      continue;
    }
    ++(check.good(claim_of(plan, check)) ? summary.good : summary.failed);
    const auto [counted, first] = last.try_emplace({check.claim, check.method}, check.geometry);
    count(summary.strength, check, first || counted->second != check.geometry, summary.draws_numbers);
    counted->second = check.geometry;
    if (check.verdict == Verdict::refuted && !check.detail.empty() &&
        (summary.example.empty() || check.method == Method::symbolic))
      summary.example = fmt::format("{}: {}", case_of(plan, check), check.detail);
  }
  return list;
}

std::vector<Failure> first_failures(const VerifyPlan& plan, const std::vector<Check>& checks) {
  std::vector<Failure> list;
  std::set<std::pair<Index, Index>> seen;
  for (const Check& check : checks) {
    const Claim& claim = claim_of(plan, check);
    if (check.good(claim) || !seen.insert({check.claim, check.form}).second) continue;
    const Geometry& found = plan.geometries[static_cast<std::size_t>(check.geometry)];
    const Witness& form = form_of(plan, check);
    const Geometry smallest = shrink(claim, form, check.method, found, plan.seed, plan.miss_bits);
    const Outcome outcome = check_one(claim, form, check.method, smallest, plan.seed, plan.miss_bits);
    list.push_back(
        {.claim = std::string(claim.name),
         .form = form_name(plan, check),
         .method = std::string(name(check.method)),
         .found_at = print_case(found),
         .smallest = print_case(smallest),
         .detail = outcome.detail,
         .command = fmt::format(
             "fsconv verify --case {} --claim {} {} {}", print_case(smallest), claim.name, form.selector,
             method_words(name(check.method), fmt::format("{}", plan.miss_bits), plan.seed))});
  }
  return list;
}

}  // namespace

std::string verdict_word(const ClaimSummary& claim) {
  if (claim.failed > 0) return "FAILS";
  if (!claim.strength.proved) return claim.strength.open ? "undecided" : "FAILS";
  if (claim.good == 0 && claim.strength.proofs == 0) return "not tried";
  return claim.belief ? "refuted" : "holds";
}

bool VerifyReport::passed() const {
  return failures.empty() &&
         std::all_of(proofs.begin(), proofs.end(), [](const ProofRow& row) { return row.good(); });
}

std::vector<Untried> untried(const VerifyReport& report) {
  const VerifyPlan& plan = report.plan;
  std::vector<Untried> list;
  // One that some check tried is left out; of the others the first check that was skipped says why.
  const auto add_unless_tried = [&](const char* field, std::string_view name, const char* without_checks,
                                    const auto& is_about) {
    std::string reason;
    for (const Check& check : report.checks) {
      if (!is_about(check)) continue;
      if (check.verdict != Verdict::skipped) return;
      if (reason.empty()) reason = check.detail;
    }
    list.push_back({field, std::string(name), reason.empty() ? without_checks : reason});
  };
  for (std::size_t at = 0; at < plan.claims.size(); ++at) {
    const Claim& claim = plan.claims[at];
    const bool proved = std::any_of(report.proofs.begin(), report.proofs.end(), [&](const ProofRow& row) {
      return row.belief == claim.belief &&
             std::find(row.claims.begin(), row.claims.end(), claim.name) != row.claims.end();
    });
    if (!proved)
      add_unless_tried("claim", claim.name,
                       plan.methods.empty() ? "no statement for all sizes is about it"
                                            : "none of these geometries and methods is for it",
                       [&](const Check& check) { return check.claim == static_cast<Index>(at); });
  }
  if (plan.methods.empty()) return list;  // proofs know no forms
  for (std::size_t at = 0; at < plan.forms.size(); ++at)
    add_unless_tried("form", plan.forms[at].name, "these claims are about sizes alone, which no form changes",
                     [&](const Check& check) { return check.form == static_cast<Index>(at); });
  // A method without checks of its own has those that stand in its place: another method's, or the one try that decides.
  const auto is_in_place_of = [&](const Check& check, Method asked) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(check.claim)];
    const std::size_t form = check.form < 0 ? 0 : static_cast<std::size_t>(check.form);
    const Method method = method_for(claim, plan.forms[form], asked);
    return check.method == method || decided_by_one(claim, method);
  };
  for (const Method method : plan.methods) {
    const auto is_own = [&](const Check& check) { return check.method == method; };
    const bool has_own = std::any_of(report.checks.begin(), report.checks.end(), is_own);
    add_unless_tried(
        "method", name(method), "none of these claims is checked so on these forms",
        [&](const Check& check) { return has_own ? is_own(check) : is_in_place_of(check, method); });
  }
  return list;
}

VerifyReport run_and_report(const VerifyPlan& plan, const ProofPlan& proofs) {
  const auto seconds_since = [](auto start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  VerifyReport report{.plan = plan};
  ProofPlan share = proofs;
  share.obligations.clear();
  report.proof_rows.of_all = static_cast<Index>(proofs.obligations.size());
  for (Index at = 0; at < report.proof_rows.of_all; ++at)
    if (plan.shard.value_or(Shard{}).takes(at)) {
      report.proof_rows.places.push_back(at);
      share.obligations.push_back(proofs.obligations[static_cast<std::size_t>(at)]);
    }
  if (!share.obligations.empty()) {
    const auto start = std::chrono::steady_clock::now();
    report.proofs = prove_and_replay(share);
    for (const std::string& program : {proofs.programs.z3, proofs.programs.cvc5})
      if (const std::string version = solver_version(program); !version.empty())
        report.solvers.push_back(version);
    report.proof_seconds = seconds_since(start);
  }
  const auto start = std::chrono::steady_clock::now();
  if (!plan.methods.empty()) {
    Progress progress("verify", static_cast<Index>(geometries_in_shard(plan).size()), "geometries");
    report.checks = verify(plan, [&](Index done) { progress.advance(done); });
  }
  report.claims = summarize(plan, report.checks, report.proofs);
  report.failures = first_failures(plan, report.checks);
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace fsconv
