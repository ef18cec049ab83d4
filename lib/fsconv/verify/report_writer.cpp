// The report as an HDF5 file with one row per check and per proof.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/report_reader.hpp>

namespace fsconv {
namespace {

// One value of every entry of a list.
template <class Entry, class F>
auto column(const std::vector<Entry>& entries, F value_of) {
  std::vector<decltype(value_of(entries.front()))> values;
  values.reserve(entries.size());
  for (const Entry& entry : entries) values.push_back(value_of(entry));
  return values;
}

void write_checks(hdf5::File& file, const RecordedVerification& of) {
  const auto layout = [](const char* units, const char* meaning) {
    return hdf5::Storage{.dimensions = {"check"}, .compressed = true, .units = units, .long_name = meaning};
  };
  // Names would make a large file of few words: columns hold codes, and say what they mean.
  const auto write_codes = [&](const std::string& name, const char* meaning,
                               const std::vector<std::string>& words, auto code_of) {
    file.write(name,
               column(of.checks,
                      [&](const RecordedCheck& check) { return static_cast<std::uint8_t>(code_of(check)); }),
               layout("", meaning));
    file.set_attribute(name, "flag_meanings", fmt::format("{}", fmt::join(words, " ")));
  };
  std::int64_t number = 0;
  file.create_group("/checks");
  file.write("/checks/check", column(of.checks, [&](const RecordedCheck&) { return number++; }),
             layout("", "number of the check"));
  file.write("/checks/geometry",
             column(of.checks, [](const RecordedCheck& check) { return std::int64_t{check.geometry}; }),
             layout("", "position of its geometry in /geometries/case"));
  write_codes("/checks/claim", "claim", of.claims, [](const RecordedCheck& check) { return check.claim; });
  write_codes("/checks/form", "form", of.forms, [](const RecordedCheck& check) { return check.form; });
  write_codes("/checks/method", "method", of.methods,
              [](const RecordedCheck& check) { return check.method; });
  write_codes("/checks/verdict", "verdict", all_names<Verdict>(),
              [](const RecordedCheck& check) { return static_cast<int>(check.verdict); });
  file.write("/checks/error_over_bound",
             column(of.checks, [](const RecordedCheck& check) { return check.error; }),
             layout("1", "largest error as a fraction of its bound"));
  file.write("/checks/log2_miss",
             column(of.checks, [](const RecordedCheck& check) { return check.log2_miss; }),
             layout("bit", "log2 of the probability that an error passed"));
  file.write_strings("/checks/detail",
                     column(of.checks, [](const RecordedCheck& check) { return check.detail; }),
                     layout("", "what differs, or why the check was skipped"));
  file.set_attribute("/checks", "passed", std::int64_t{of.passed});
  if (of.check_rows) write_places(file, "/checks", "check", *of.check_rows);
}

void write_proofs(hdf5::File& file, const RecordedVerification& of) {
  const auto texts = [&](const char* name, const char* meaning, std::string RecordedProof::*text) {
    file.write_strings(std::string("/proofs/") + name,
                       column(of.proofs, [&](const RecordedProof& proof) { return proof.*text; }),
                       {.dimensions = {"proof"}, .long_name = meaning});
  };
  const auto numbers = [&](const char* name, const char* units, const char* meaning, auto value_of) {
    file.write(std::string("/proofs/") + name, column(of.proofs, value_of),
               {.dimensions = {"proof"}, .units = units, .long_name = meaning});
  };
  file.create_group("/proofs");
  file.set_attribute("/proofs", "solvers", of.solvers);
  file.set_attribute("/proofs", "skipped", of.proofs_skipped);
  texts("proof", "name of the statement", &RecordedProof::name);
  texts("statement", "what is proved, or believed", &RecordedProof::statement);
  texts("verdict", "proved, refuted, or what is wrong", &RecordedProof::verdict);
  texts("decided_by", "strategies of the solver", &RecordedProof::decided_by);
  texts("counterexample", "smallest one of a belief", &RecordedProof::counterexample);
  numbers("seconds", "s", "time in solvers", [](const RecordedProof& proof) { return proof.seconds; });
  numbers("goals", "1", "questions that had to be decided",
          [](const RecordedProof& proof) { return std::int64_t{proof.goals}; });
  numbers("confirmed", "1", "of these, decided alike by a second solver",
          [](const RecordedProof& proof) { return std::int64_t{proof.confirmed}; });
  if (of.proof_rows) write_places(file, "/proofs", "proof", *of.proof_rows);
}

}  // namespace

RecordedVerification recorded(const VerifyReport& report) {
  const VerifyPlan& plan = report.plan;
  RecordedVerification of{.seed = plan.seed,
                          .passed = report.passed(),
                          .methods = all_names<Method>(),
                          .solvers = fmt::format("{}", fmt::join(report.solvers, "; ")),
                          .proofs_skipped = plan.proofs_skipped};
  for (const Geometry& geometry : plan.geometries) of.cases.push_back(print_case(geometry));
  for (const Claim& claim : plan.claims) of.claims.emplace_back(claim.name);
  for (const Witness& form : plan.forms) of.forms.push_back(form.name);
  of.forms.emplace_back("-");  // of a claim about sizes alone
  const auto no_form = static_cast<Index>(plan.forms.size());
  for (const Check& check : report.checks)
    of.checks.push_back({.geometry = check.geometry,
                         .claim = check.claim,
                         .form = check.form < 0 ? no_form : check.form,
                         .method = static_cast<Index>(check.method),
                         .verdict = check.verdict,
                         .error = check.error,
                         .log2_miss = check.log2_miss,
                         .detail = check.detail});
  for (const ProofRow& proof : report.proofs) {
    const ProofResult& result = proof.result;
    of.proofs.push_back({proof.name, proof.statement,
                         proof.good() ? std::string(name(result.verdict)) : "fails: " + proof.problem,
                         result.decided_by, text(result.counterexample), result.seconds, result.goals,
                         result.confirmed});
  }
  if (plan.shard) {
    of.check_rows = {column(report.checks, [](const Check& check) { return check.place; }),
                     check_count(plan)};
    of.proof_rows = report.proof_rows;
  }
  return of;
}

void write_verification(hdf5::File& file, const RecordedVerification& verification) {
  file.create_group("/geometries");
  file.write_strings("/geometries/case", verification.cases,
                     {.dimensions = {"geometry"}, .long_name = "geometry as a case string"});
  write_checks(file, verification);
  write_proofs(file, verification);
}

void write_report(const std::string& path, const VerifyReport& report, const RunInfo& info) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);
  write_verification(file, recorded(report));
  commit_sealed(file);
}

}  // namespace fsconv
