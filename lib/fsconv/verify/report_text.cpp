// The report as a table for people.
#include <algorithm>
#include <fsconv/verify/report.hpp>

namespace fsconv {
namespace {

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
      "  for all sizes    the index mathematics, by solvers           "
      "for all weights  the forms' own code gives equal polynomials\n"
      "  exact            integers; an error passes so rarely         "
      "numeric          the largest rounding error, of its bound\n";
  for (const ClaimSummary& claim : report.claims) {
    if (!claim.example.empty()) lines += fmt::format("\n{} is refuted by {}\n", claim.claim, claim.example);
    if (claim.good + claim.failed == 0 && !claim.reason.empty())
      lines += fmt::format("\n{} was not tried: {}\n", claim.claim, claim.reason);
  }
  return lines;
}

std::string values_of(const Tensor<double>& array) {
  return array.size() == 0 ? std::string("no pixels") : fmt::format("[{}]", fmt::join(array, " "));
}

std::string theorem_line(const ProofRow& proof, bool colour) {
  const ProofResult& r = proof.result;
  const char* solvers = r.confirmed == 0 ? "z3" : r.confirmed == r.goals ? "both" : "z3(+)";
  return fmt::format("  {:<26} {} {:>6.2f} s  {:<5}  {}\n", proof.name,
                     painted(proof.good() ? "proved" : to_string(r.verdict), 8, colour), r.seconds, solvers,
                     proof.statement);
}

std::string belief_line(const ProofRow& proof, bool colour) {
  std::string line = fmt::format(
      "  {:<33} {}  {}\n", proof.name,
      painted(proof.good() ? "refuted" : to_string(proof.result.verdict), 8, colour), proof.statement);
  if (proof.result.counterexample.empty()) return line;
  line += "      " + text(proof.result.counterexample);
  if (proof.shown)
    line += fmt::format(": believed {}, computed {}", values_of(proof.shown->believed),
                        values_of(proof.shown->actual));
  if (!proof.note.empty()) line += fmt::format(" ({})", proof.note);
  return line + "\n";
}

std::string proof_tables(const VerifyReport& report, bool colour) {
  std::string theorems, beliefs;
  for (const ProofRow& proof : report.proofs)
    (proof.belief ? beliefs : theorems) +=
        proof.belief ? belief_line(proof, colour) : theorem_line(proof, colour);
  std::string lines;
  if (!theorems.empty())
    lines +=
        "\nstatements about all sizes, strides, dilations and paddings (both: cvc5 agrees with z3; z3(+): on "
        "some "
        "goals)\n" +
        theorems;
  if (!beliefs.empty())
    lines += "\nbeliefs, each with its smallest counterexample on the real kernels\n" + beliefs;
  return lines;
}

std::string totals(const VerifyReport& report) {
  std::string lines = "\n";
  if (!report.checks.empty()) {
    std::vector<std::string> names;
    for (const Witness& form : report.plan.forms)
      names.push_back(form.bits == Significands{24, 24} ? form.name + " (float)" : form.name);
    lines += fmt::format("{} geometries, {} checks in {:.1f} s; forms: {}\n", report.plan.geometries.size(),
                         report.checks.size(), report.seconds, fmt::join(names, ", "));
  }
  if (!report.proofs.empty()) {
    Index confirmed = 0, goals = 0;
    for (const ProofRow& proof : report.proofs) {
      confirmed += proof.result.confirmed;
      goals += proof.result.goals;
    }
    lines += fmt::format("{} statements for all sizes in {:.1f} s: z3 decided {} goals, cvc5 agrees on {}\n",
                         report.proofs.size(), report.proof_seconds, goals, confirmed);
  }
  if (!report.plan.proofs_skipped.empty())
    lines += fmt::format("nothing was proved for all sizes: {}\n", report.plan.proofs_skipped);
  return lines;
}

std::string failures(const VerifyReport& report) {
  std::string lines;
  for (const ProofRow& proof : report.proofs)
    if (!proof.good()) {
      lines += fmt::format("\n{} FAILS ({})\n  what is wrong        {}\n", proof.name,
                           to_string(proof.result.verdict), proof.problem);
      if (!proof.result.counterexample.empty())
        lines += fmt::format("  counterexample       {}\n", text(proof.result.counterexample));
      lines += fmt::format("  to see it again      fsconv verify --proof {}{}\n", proof.name,
                           report.plan.proof_options);
    }
  for (const Failure& failure : report.failures)
    lines += fmt::format(
        "\n{} FAILS for {} ({})\n  smallest case found  {}\n  first seen at        {}\n  what differs        "
        " {}\n"
        "  to see it again      {}\n",
        failure.claim, failure.form, failure.method, failure.smallest, failure.found_at, failure.detail,
        failure.command);
  return lines;
}

}  // namespace

std::string text(const VerifyReport& report, bool colour) {
  std::string lines;
  if (!report.claims.empty()) lines += claim_table(report, colour);
  return lines + proof_tables(report, colour) + totals(report) + failures(report);
}

}  // namespace fsconv
