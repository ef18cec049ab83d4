// The report as JSON, for machines.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/verify/report.hpp>

namespace fsconv {
namespace {

nlohmann::json json_of(const Strength& s) {
  return {{"for_all_sizes",
           {{"proofs", s.proofs}, {"seconds", s.proof_seconds}, {"proved", s.proofs > 0 && s.proved}}},
          {"for_all_weights", {{"geometries", s.symbolic_geometries}}},
          {"exact", {{"geometries", s.exact_geometries}, {"log2_miss_probability", s.weakest_log2_miss}}},
          {"numeric", {{"geometries", s.numeric_geometries}, {"worst_error_over_bound", s.worst_error}}}};
}

nlohmann::json json_of(const ProofRow& proof) {
  nlohmann::json counterexample = nlohmann::json::object();
  for (const auto& [variable, value] : proof.result.counterexample) counterexample[variable] = value;
  nlohmann::json json = {{"name", proof.name},
                         {"statement", proof.statement},
                         {"belief", proof.belief},
                         {"verdict", name(proof.result.verdict)},
                         {"good", proof.good()},
                         {"seconds", proof.result.seconds},
                         {"decided_by", proof.result.decided_by},
                         {"goals", proof.result.goals},
                         {"confirmed_by_cvc5", proof.result.confirmed},
                         {"counterexample", counterexample},
                         {"claims", proof.claims},
                         {"problem", proof.problem},
                         {"note", proof.note}};
  if (proof.shown)
    json["replayed"] = {
        {"setting", proof.shown->setting},
        {"believed", std::vector<double>(proof.shown->believed.begin(), proof.shown->believed.end())},
        {"computed", std::vector<double>(proof.shown->actual.begin(), proof.shown->actual.end())},
        {"lesson", proof.shown->lesson}};
  return json;
}

}  // namespace

nlohmann::json json_of(const VerifyReport& report) {
  nlohmann::json claims = nlohmann::json::array(), failures = nlohmann::json::array();
  for (const ClaimSummary& claim : report.claims)
    claims.push_back({{"claim", claim.claim},
                      {"statement", claim.statement},
                      {"verdict", verdict_word(claim)},
                      {"checks", claim.checks},
                      {"good", claim.good},
                      {"skipped", claim.skipped},
                      {"failed", claim.failed},
                      {"strength", json_of(claim.strength)},
                      {"example", claim.example},
                      {"not_tried_because", claim.good + claim.failed == 0 ? claim.reason : ""}});
  for (const Failure& failure : report.failures)
    failures.push_back({{"claim", failure.claim},
                        {"form", failure.form},
                        {"method", failure.method},
                        {"found_at", failure.found_at},
                        {"smallest", failure.smallest},
                        {"detail", failure.detail},
                        {"command", failure.command}});
  nlohmann::json proofs = nlohmann::json::array();
  for (const ProofRow& proof : report.proofs) proofs.push_back(json_of(proof));
  nlohmann::json json = {{"passed", report.passed()},
                         {"geometries", report.plan.geometries.size()},
                         {"checks", report.checks.size()},
                         {"skipped", std::ranges::count(report.checks, Verdict::skipped, &Check::verdict)},
                         {"seconds", report.seconds},
                         {"proof_seconds", report.proof_seconds},
                         {"claims", claims},
                         {"failures", failures},
                         {"proofs", proofs},
                         {"proofs_skipped", report.plan.proofs_skipped},
                         {"solvers", report.solvers}};
  if (report.plan.shard) json["shard"] = report.plan.shard->text();
  return json;
}

}  // namespace fsconv
