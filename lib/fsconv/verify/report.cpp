#include <algorithm>
#include <chrono>
#include <fsconv/base/progress.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>
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
    for (const ProofRow& proof : proofs)
      if (std::find(proof.claims.begin(), proof.claims.end(), claim.name) != proof.claims.end()) {
        ++summary.strength.proofs;
        summary.strength.proof_seconds += proof.result.seconds;
        summary.strength.proved = summary.strength.proved && proof.good();
      }
    list.push_back(std::move(summary));
  }
  if (plan.methods.empty()) {  // proofs alone: claims without one were not asked for
    std::erase_if(list, [](const ClaimSummary& summary) { return summary.strength.proofs == 0; });
    return list;
  }
  std::map<std::pair<Index, Method>, Index> last;  // the geometry that was counted last
  for (const Check& check : checks) {
    ClaimSummary& summary = list[static_cast<std::size_t>(check.claim)];
    ++summary.checks;
    if (check.verdict == Verdict::skipped) {
      ++summary.skipped;
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
    list.push_back({std::string(claim.name), form_name(plan, check), std::string(name(check.method)),
                    print_case(found), print_case(smallest), outcome.detail,
                    fmt::format("fsconv verify --case {} --claim {} {} --method {} --miss-bits {} --seed {}",
                                print_case(smallest), claim.name, form.selector, name(check.method),
                                plan.miss_bits, plan.seed)});
  }
  return list;
}

std::string verdict_word(const ClaimSummary& claim) {
  if (claim.failed > 0 || !claim.strength.proved) return "FAILS";
  if (claim.good == 0 && claim.strength.proofs == 0) return "not tried";
  return claim.belief ? "refuted" : "holds";
}

// The columns of the table, from the strongest method to the weakest.
struct Cells {
  std::string sizes = "-", weights = "-", exact = "-", numeric = "-";
};

Cells cells_of(const ClaimSummary& claim) {
  const Strength& s = claim.strength;
  Cells cells;
  if (s.proofs > 0)
    cells.sizes =
        fmt::format("{} {}, {:.1f} s", s.proofs, s.proofs == 1 ? "proof" : "proofs", s.proof_seconds);
  if (s.symbolic_geometries > 0) cells.weights = fmt::format("{} cases", s.symbolic_geometries);
  if (s.weakest_log2_miss < 0)
    cells.exact = fmt::format("2^{:.0f}", s.weakest_log2_miss);
  else if (!claim.draws_numbers && s.exact_geometries + s.numeric_geometries > 0)
    cells.exact = "counted";  // nothing is drawn and nothing rounded
  if (claim.draws_numbers && s.numeric_geometries > 0)
    cells.numeric = s.worst_error >= 1 ? "above" : fmt::format("{:.0f}%", 100 * s.worst_error);
  return cells;
}

std::string painted(const std::string& word, std::size_t width, bool colour) {
  const bool bad = word != "holds" && word != "proved" && word != "refuted" && word != "not tried";
  const char* code = bad ? "31" : word == "refuted" ? "33" : "32";
  const std::string padded = fmt::format("{:<{}}", word, width);
  return colour ? fmt::format("\033[{}m{}\033[0m", code, padded) : padded;
}

std::string claim_table(const VerifyReport& report, bool colour) {
  std::string lines =
      fmt::format("{:<16} {:<9}  {:<18} {:<15} {:<8} {:<8} {:>6} {:>7}  {}\n", "claim", "verdict",
                  "for all sizes", "for all weights", "exact", "numeric", "checks", "skipped", "statement");
  for (const ClaimSummary& claim : report.claims) {
    const Cells cells = cells_of(claim);
    lines += fmt::format("{:<16} {}  {:<18} {:<15} {:<8} {:<8} {:>6} {:>7}  {}\n", claim.claim,
                         painted(verdict_word(claim), 9, colour), cells.sizes, cells.weights, cells.exact,
                         cells.numeric, claim.checks - claim.skipped, claim.skipped, claim.statement);
  }
  lines +=
      "  for all sizes    follows from the equation, by a solver      "
      "for all weights  the forms' own code gives equal polynomials\n"
      "  exact            integers; an error passes so rarely         "
      "numeric          the largest rounding error, of its bound\n";
  for (const ClaimSummary& claim : report.claims)
    if (!claim.example.empty()) lines += fmt::format("\n{} is refuted by {}\n", claim.claim, claim.example);
  return lines;
}

std::string shape_of(const Demonstration& shown) {
  const auto values = [](const Tensor<double>& array) {
    return array.size() == 0 ? std::string("no pixels") : fmt::format("[{}]", fmt::join(array, " "));
  };
  return fmt::format("believed {}, computed {}", values(shown.believed), values(shown.actual));
}

std::string proof_table(const VerifyReport& report, bool colour) {
  std::string lines;
  const auto rows_of = [&](bool belief, auto line) {
    bool any = false;
    for (const ProofRow& proof : report.proofs) {
      if (proof.belief != belief) continue;
      if (!any)
        lines += belief ? "\nbeliefs, refuted by their smallest counterexample, replayed on the kernels\n"
                        : "\nproved for all sizes, strides, dilations and paddings\n";
      any = true;
      lines += line(proof);
    }
  };
  rows_of(false, [&](const ProofRow& proof) {
    const ProofResult& r = proof.result;
    return fmt::format("  {:<26} {} {:>6.2f} s  {:<5}  {}\n", proof.name,
                       painted(proof.good() ? "proved" : to_string(r.verdict), 8, colour), r.seconds,
                       r.confirmed == 0         ? "z3"
                       : r.confirmed == r.goals ? "both"
                                                : "z3(+)",
                       proof.statement);
  });
  rows_of(true, [&](const ProofRow& proof) {
    std::string line = fmt::format(
        "  {:<33} {}  {}\n", proof.name,
        painted(proof.good() ? "refuted" : to_string(proof.result.verdict), 8, colour), proof.statement);
    if (!proof.result.counterexample.empty())
      line += fmt::format("      {}{}\n", text(proof.result.counterexample),
                          proof.shown ? ": " + shape_of(*proof.shown) : "");
    return line;
  });
  return lines;
}

}  // namespace

bool VerifyReport::passed() const {
  return failures.empty() &&
         std::all_of(proofs.begin(), proofs.end(), [](const ProofRow& row) { return row.good(); });
}

VerifyReport run_and_report(const VerifyPlan& plan, const ProofPlan& proofs) {
  const auto seconds_since = [](auto start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  VerifyReport report{plan, {}, 0, {}, {}};
  if (!proofs.obligations.empty()) {
    const auto start = std::chrono::steady_clock::now();
    report.proofs = prove_and_replay(proofs);
    report.proof_seconds = seconds_since(start);
  }
  const auto start = std::chrono::steady_clock::now();
  if (!plan.methods.empty()) {
    Progress progress("verify", static_cast<Index>(plan.geometries.size()), "geometries");
    report.checks = verify(plan, [&](Index done) { progress.advance(done); });
  }
  report.claims = summarize(plan, report.checks, report.proofs);
  report.failures = first_failures(plan, report.checks);
  report.seconds = seconds_since(start);
  return report;
}

std::string text(const VerifyReport& report, bool colour) {
  std::string lines;
  if (!report.claims.empty()) lines += claim_table(report, colour);
  lines += proof_table(report, colour);
  if (!report.checks.empty()) {
    std::vector<std::string> names;
    for (const Witness& form : report.plan.forms)
      names.push_back(form.bits == 24 ? form.name + " (float)" : form.name);
    lines += fmt::format("\n{} geometries, {} checks in {:.1f} s; forms: {}\n", report.plan.geometries.size(),
                         report.checks.size(), report.seconds, fmt::join(names, ", "));
  }
  if (!report.proofs.empty()) {
    Index confirmed = 0, goals = 0;
    for (const ProofRow& proof : report.proofs) {
      confirmed += proof.result.confirmed;
      goals += proof.result.goals;
    }
    lines += fmt::format(
        "{}{} statements for all sizes in {:.1f} s: z3 decided {} goals, cvc5 agrees on {}\n",
        report.checks.empty() ? "\n" : "", report.proofs.size(), report.proof_seconds, goals, confirmed);
  }
  for (const ProofRow& proof : report.proofs)
    if (!proof.good())
      lines += fmt::format(
          "\n{} FAILS ({})\n  what is wrong        {}\n  to see it again      fsconv verify --method proof "
          "--proof {}\n",
          proof.name, to_string(proof.result.verdict), proof.problem, proof.name);
  for (const Failure& failure : report.failures)
    lines += fmt::format(
        "\n{} FAILS for {} ({})\n  smallest case found  {}\n  first seen at        {}\n  what differs        "
        " {}\n"
        "  to see it again      {}\n",
        failure.claim, failure.form, failure.method, failure.smallest, failure.found_at, failure.detail,
        failure.command);
  return lines;
}

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
                         {"verdict", to_string(proof.result.verdict)},
                         {"good", proof.good()},
                         {"seconds", proof.result.seconds},
                         {"decided_by", proof.result.decided_by},
                         {"goals", proof.result.goals},
                         {"confirmed_by_cvc5", proof.result.confirmed},
                         {"counterexample", counterexample},
                         {"claims", proof.claims},
                         {"problem", proof.problem}};
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
                      {"example", claim.example}});
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
          {"proofs", proofs}};
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
    return hdf5::Layout{.dimensions = {"check"}, .compressed = true, .units = units, .long_name = meaning};
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
  write_codes("/checks/method", "method", {"numeric", "exact", "symbolic"},
              [](const Check& c) { return static_cast<int>(c.method); });
  write_codes("/checks/verdict", "verdict", {"holds", "refuted", "fails", "skipped"},
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
    verdicts.emplace_back(proof.good() ? to_string(proof.result.verdict) : "fails: " + proof.problem);
    strategies.push_back(proof.result.decided_by);
    counterexamples.push_back(text(proof.result.counterexample));
    seconds.push_back(proof.result.seconds);
    goals.push_back(proof.result.goals);
    confirmed.push_back(proof.result.confirmed);
  }
  const auto of_proofs = [](const char* units, const char* meaning) {
    return hdf5::Layout{.dimensions = {"proof"}, .units = units, .long_name = meaning};
  };
  file.create_group("/proofs");
  file.write_strings("/proofs/proof", names, of_proofs("", "name of the statement"));
  file.write_strings("/proofs/statement", statements, of_proofs("", "what is proved, or believed"));
  file.write_strings("/proofs/verdict", verdicts, of_proofs("", "proved, refuted, or what is wrong"));
  file.write_strings("/proofs/decided_by", strategies, of_proofs("", "strategies of the solver"));
  file.write_strings("/proofs/counterexample", counterexamples, of_proofs("", "smallest one of a belief"));
  file.write("/proofs/seconds", seconds, of_proofs("s", "time in solvers"));
  file.write("/proofs/goals", goals, of_proofs("1", "questions that had to be decided"));
  file.write("/proofs/confirmed", confirmed, of_proofs("1", "of these, decided alike by a second solver"));
  file.commit();
}

}  // namespace fsconv
