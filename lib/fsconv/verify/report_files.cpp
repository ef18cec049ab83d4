// The report for machines: JSON, and HDF5 with one row per check and per proof.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>

namespace fsconv {
namespace {

nlohmann::json json_of(const Strength& s) {
  return {{"for_all_sizes", {{"proofs", s.proofs}, {"seconds", s.proof_seconds}, {"proved", s.proved}}},
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
  return {{"passed", report.passed()},
          {"geometries", report.plan.geometries.size()},
          {"checks", report.checks.size()},
          {"seconds", report.seconds},
          {"proof_seconds", report.proof_seconds},
          {"claims", claims},
          {"failures", failures},
          {"proofs", proofs},
          {"proofs_skipped", report.plan.proofs_skipped},
          {"solvers", report.solvers}};
}

void write_report(const std::string& path, const VerifyReport& report, const RunInfo& info) {
  const VerifyPlan& plan = report.plan;
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);

  std::vector<std::string> cases;
  for (const Geometry& geometry : plan.geometries) cases.push_back(print_case(geometry));
  file.create_group("/geometries");
  file.write_strings("/geometries/case", cases,
                     {.dimensions = {"geometry"}, .long_name = "geometry as a case string"});

  // Names would make a large file of few words: columns hold codes, and say what they mean.
  std::vector<std::string> claims, forms;
  for (const Claim& claim : plan.claims) claims.emplace_back(claim.name);
  for (const Witness& form : plan.forms) forms.push_back(form.name);
  forms.emplace_back("-");  // of a claim about sizes alone
  const auto column = [&](auto value_of) {
    std::vector<std::uint8_t> codes;
    for (const Check& check : report.checks) codes.push_back(static_cast<std::uint8_t>(value_of(check)));
    return codes;
  };
  const auto layout = [](const char* units, const char* meaning) {
    return hdf5::Storage{.dimensions = {"check"}, .compressed = true, .units = units, .long_name = meaning};
  };
  const auto write_codes = [&](const std::string& name, const char* meaning,
                               const std::vector<std::string>& words, auto value_of) {
    file.write(name, column(value_of), layout("", meaning));
    file.set_attribute(name, "flag_meanings", fmt::format("{}", fmt::join(words, " ")));
  };

  std::vector<std::int64_t> numbers, geometries;
  std::vector<double> errors, misses;
  std::vector<std::string> details;
  for (const Check& check : report.checks) {
    numbers.push_back(static_cast<std::int64_t>(numbers.size()));
    geometries.push_back(check.geometry);
    errors.push_back(check.error);
    misses.push_back(check.log2_miss);
    details.push_back(check.detail);
  }
  file.create_group("/checks");
  file.write("/checks/check", numbers, layout("", "number of the check"));
  file.write("/checks/geometry", geometries, layout("", "position of its geometry in /geometries/case"));
  write_codes("/checks/claim", "claim", claims, [](const Check& c) { return c.claim; });
  write_codes("/checks/form", "form", forms,
              [&](const Check& c) { return c.form < 0 ? static_cast<Index>(plan.forms.size()) : c.form; });
  write_codes("/checks/method", "method", all_names<Method>(),
              [](const Check& c) { return static_cast<int>(c.method); });
  write_codes("/checks/verdict", "verdict", all_names<Verdict>(),
              [](const Check& c) { return static_cast<int>(c.verdict); });
  file.write("/checks/error_over_bound", errors, layout("1", "largest error as a fraction of its bound"));
  file.write("/checks/log2_miss", misses, layout("bit", "log2 of the probability that an error passed"));
  file.write_strings("/checks/detail", details, layout("", "what differs, or why the check was skipped"));
  file.set_attribute("/checks", "passed", std::int64_t{report.passed()});

  std::vector<std::string> names, statements, verdicts, strategies, counterexamples;
  std::vector<double> seconds;
  std::vector<std::int64_t> goals, confirmed;
  for (const ProofRow& proof : report.proofs) {
    names.push_back(proof.name);
    statements.push_back(proof.statement);
    verdicts.emplace_back(proof.good() ? std::string(name(proof.result.verdict)) : "fails: " + proof.problem);
    strategies.push_back(proof.result.decided_by);
    counterexamples.push_back(text(proof.result.counterexample));
    seconds.push_back(proof.result.seconds);
    goals.push_back(proof.result.goals);
    confirmed.push_back(proof.result.confirmed);
  }
  const auto of_proofs = [](const char* units, const char* meaning) {
    return hdf5::Storage{.dimensions = {"proof"}, .units = units, .long_name = meaning};
  };
  file.create_group("/proofs");
  file.set_attribute("/proofs", "solvers", fmt::format("{}", fmt::join(report.solvers, "; ")));
  file.set_attribute("/proofs", "skipped", report.plan.proofs_skipped);
  file.write_strings("/proofs/proof", names, of_proofs("", "name of the statement"));
  file.write_strings("/proofs/statement", statements, of_proofs("", "what is proved, or believed"));
  file.write_strings("/proofs/verdict", verdicts, of_proofs("", "proved, refuted, or what is wrong"));
  file.write_strings("/proofs/decided_by", strategies, of_proofs("", "strategies of the solver"));
  file.write_strings("/proofs/counterexample", counterexamples, of_proofs("", "smallest one of a belief"));
  file.write("/proofs/seconds", seconds, of_proofs("s", "time in solvers"));
  file.write("/proofs/goals", goals, of_proofs("1", "questions that had to be decided"));
  file.write("/proofs/confirmed", confirmed, of_proofs("1", "of these, decided alike by a second solver"));
  commit_sealed(file);
}

}  // namespace fsconv
