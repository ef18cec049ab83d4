// The report as tables for people.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/beliefs/demonstration.hpp>
#include <fsconv/verify/report.hpp>

namespace fsconv {
namespace {

// How the report is shown.
struct Page {
  std::size_t width;
  bool colour;

  std::string verdict(std::string_view word) const {
    const bool good = word == "holds" || word == "proved" || word == "refuted";
    const bool open = word == "not tried" || word == "undecided";
    return painted(word, good ? Colour::good : open ? Colour::notable : Colour::bad, colour);
  }
  std::string lines(const std::string& text, std::size_t hanging = 0) const {
    return wrapped_text(text, width, hanging);
  }
};

// How strongly a claim is known by each method, from the strongest to the weakest.
Table::Cells cells_of(const ClaimSummary& claim, const Page& page) {
  const Strength& s = claim.strength;
  std::string proof = "-", symbolic = "-", exact = "-", numeric = "-";
  if (s.proofs > 0) proof = fmt::format("{}", s.proofs);
  if (s.symbolic_geometries > 0) symbolic = fmt::format("{}", s.symbolic_geometries);
  if (s.weakest_log2_miss < 0)
    exact = fmt::format("2^{:.0f}", s.weakest_log2_miss);
  else if (!claim.draws_numbers && s.exact_geometries + s.numeric_geometries > 0)
    exact = "counted";  // nothing is drawn and nothing rounded
  if (claim.draws_numbers && s.numeric_geometries > 0)
    numeric = s.worst_error >= 1 ? "above" : fmt::format("{:.0f}%", 100 * s.worst_error);
  return {claim.claim,
          page.verdict(verdict_word(claim)),
          proof,
          symbolic,
          exact,
          numeric,
          fmt::format("{}", claim.checks - claim.skipped),
          fmt::format("{}", claim.skipped),
          claim.statement};
}

std::string claim_table(const VerifyReport& report, const Page& page) {
  Table table({{"claim"},
               {"verdict"},
               {"proof", Align::right},
               {"symbolic", Align::right},
               {"exact", Align::right},
               {"numeric", Align::right},
               {"checks", Align::right},
               {"skipped", Align::right},
               {"statement", Align::wrapped}},
              page.width);
  for (const ClaimSummary& claim : report.claims) table.add(cells_of(claim, page));
  std::string lines = table.text() + "\n";
  for (const char* meaning :
       {"proof     for all sizes: the statements by solvers that the claim rests on",
        "symbolic  for all weights: the geometries on which the forms' own code was run on polynomials",
        "exact     integers: the probability, at most, that an error passes; counted: nothing is drawn",
        "numeric   reals: the largest error, of the bound for rounding"})
    lines += page.lines(fmt::format("  {}", meaning), 12);
  for (const ClaimSummary& claim : report.claims) {
    if (!claim.example.empty())
      lines += "\n" + page.lines(fmt::format("{} is refuted by {}", claim.claim, claim.example), 2);
    if (claim.good + claim.failed == 0 && !claim.reason.empty())
      lines += "\n" + page.lines(fmt::format("{} was not tried: {}", claim.claim, claim.reason), 2);
  }
  return lines;
}

std::string values_of(const Tensor<double>& array) {
  return array.size() == 0 ? std::string("no pixels") : belief::numbers(array);
}

// Whether this solver was there: the report has what it said of its version.
bool is_there(const VerifyReport& report, std::string_view solver) {
  return std::any_of(report.solvers.begin(), report.solvers.end(),
                     [&](const std::string& version) { return version.find(solver) != std::string::npos; });
}

constexpr std::string_view second_solver = "cvc5";

std::string theorem_table(const VerifyReport& report, const Page& page) {
  const bool two = is_there(report, second_solver);
  Table table(
      {{"statement"}, {"verdict"}, {"seconds", Align::right}, {"by"}, {"what it says", Align::wrapped}},
      page.width, 2);
  for (const ProofRow& proof : report.proofs) {
    if (proof.belief) continue;
    const ProofResult& r = proof.result;
    const char* solvers = !two || r.confirmed == 0 ? "z3" : r.confirmed == r.goals ? "both" : "z3(+)";
    table.add({proof.name, page.verdict(proof.good() ? "proved" : name(r.verdict)),
               fmt::format("{:.2f}", r.seconds), solvers, proof.statement});
  }
  return "\n" +
         page.lines(
             two ? "statements about all sizes, strides, dilations and paddings (both: cvc5 agrees with z3; "
                   "z3(+): on some goals)"
                 : "statements about all sizes, strides, dilations and paddings (by z3 alone: cvc5 is not "
                   "installed, or does not work)") +
         table.text();
}

std::string belief_text(const ProofRow& proof, const Page& page) {
  std::string lines = page.lines(
      fmt::format("  {}  {}  {}", proof.name,
                  page.verdict(proof.good() ? "refuted" : name(proof.result.verdict)), proof.statement),
      6);
  if (proof.result.counterexample.empty()) return lines;
  std::string example = "      " + text(proof.result.counterexample);
  if (proof.shown)
    example += fmt::format(": believed {}, computed {}", values_of(proof.shown->believed),
                           values_of(proof.shown->actual));
  if (!proof.note.empty()) example += fmt::format(" ({})", proof.note);
  return lines + page.lines(example, 6);
}

std::string proof_tables(const VerifyReport& report, const Page& page) {
  const auto any = [&](bool belief) {
    return std::any_of(report.proofs.begin(), report.proofs.end(),
                       [&](const ProofRow& proof) { return proof.belief == belief; });
  };
  std::string lines;
  if (any(false)) lines += theorem_table(report, page);
  if (any(true))
    lines += "\n" + page.lines("beliefs, each with its smallest counterexample on the real kernels");
  for (const ProofRow& proof : report.proofs)
    if (proof.belief) lines += belief_text(proof, page);
  return lines;
}

// What was not checked by the method that was asked for (method_for() in trials.hpp).
std::string exact_in_place(const VerifyReport& report, const Page& page) {
  const auto asked_for = [&](Method method) {
    return std::find(report.plan.methods.begin(), report.plan.methods.end(), method) !=
           report.plan.methods.end();
  };
  if (!asked_for(Method::symbolic) || asked_for(Method::exact)) return "";
  const auto made = [&](Method method) {
    return std::count_if(report.checks.begin(), report.checks.end(), [&](const Check& check) {
      return check.method == method && check.verdict != Verdict::skipped;
    });
  };
  if (made(Method::exact) == 0) return "";
  return page.lines(
      fmt::format("of these {} symbolic; {} exact in its place, where the form is no template or the claim "
                  "has no weights",
                  made(Method::symbolic), made(Method::exact)),
      2);
}

std::string totals(const VerifyReport& report, const Page& page) {
  std::string lines = "\n";
  if (report.plan.shard)
    lines += page.lines(fmt::format("shard {} alone: {} of {}, {} of {}", report.plan.shard->text(),
                                    report.checks.size(), counted(check_count(report.plan), "check"),
                                    report.proofs.size(), counted(report.proof_rows.of_all, "statement")),
                        2);
  if (!report.checks.empty()) {
    std::vector<std::string> names;
    for (const Witness& form : report.plan.forms)
      names.push_back(form.bits == Significands{24, 24} ? form.name + " (float)" : form.name);
    Index skipped = 0;
    for (const ClaimSummary& claim : report.claims) skipped += claim.skipped;
    const std::size_t geometries =
        report.plan.shard ? geometries_in_shard(report.plan).size() : report.plan.geometries.size();
    lines += page.lines(fmt::format("{}, {} in {:.1f} s; forms: {}",
                                    counted(static_cast<Index>(geometries), "geometry", "geometries"),
                                    checks_text(static_cast<Index>(report.checks.size()), skipped),
                                    report.seconds, fmt::join(names, ", ")),
                        2);
    lines += exact_in_place(report, page);
  }
  if (!report.proofs.empty()) {
    Index confirmed = 0, goals = 0;
    for (const ProofRow& proof : report.proofs) {
      confirmed += proof.result.confirmed;
      goals += proof.result.goals;
    }
    lines += page.lines(
        fmt::format(
            "{} for all sizes in {:.1f} s: z3 decided {}, {}",
            counted(static_cast<Index>(report.proofs.size()), "statement"), report.proof_seconds,
            counted(goals, "goal"),
            is_there(report, second_solver)
                ? fmt::format("cvc5 agrees on {} in the time that it has", confirmed)
                : "cvc5 is not installed (Debian package cvc5), or does not work: no second solver agrees"),
        2);
  }
  if (!report.plan.proofs_skipped.empty())
    lines += page.lines(fmt::format("nothing was proved for all sizes: {}", report.plan.proofs_skipped), 2);
  return lines;
}

std::string failures(const VerifyReport& report, const Page& page) {
  constexpr std::size_t hanging = 23;
  constexpr std::string_view again = "  to see it again      ";
  const std::string fails = page.verdict("FAILS");
  std::string lines;
  for (const ProofRow& proof : report.proofs)
    if (!proof.good()) {
      lines += fmt::format("\n{} {} ({})\n", proof.name, fails, name(proof.result.verdict));
      lines += page.lines(fmt::format("  what is wrong        {}", proof.problem), hanging);
      if (!proof.result.counterexample.empty())
        lines +=
            page.lines(fmt::format("  counterexample       {}", text(proof.result.counterexample)), hanging);
      lines += command_text(again,
                            fmt::format("fsconv verify --proof {}{}", proof.name, report.plan.proof_options),
                            page.width, hanging + 2);
    }
  for (const Failure& failure : report.failures) {
    lines +=
        fmt::format("\n{} {} for {} ({})\n  smallest case found  {}\n  first seen at        {}\n",
                    failure.claim, fails, failure.form, failure.method, failure.smallest, failure.found_at);
    lines += page.lines(fmt::format("  what differs         {}", failure.detail), hanging);
    lines += command_text(again, failure.command, page.width, hanging + 2);
  }
  return lines;
}

}  // namespace

std::string checks_text(Index all, Index skipped) {
  return counted(all - skipped, "check") + (skipped > 0 ? fmt::format(" (and {} skipped)", skipped) : "");
}

std::string text(const VerifyReport& report, std::size_t width, bool colour) {
  const Page page{width, colour};
  std::string lines;
  if (!report.claims.empty()) lines += claim_table(report, page);
  return lines + proof_tables(report, page) + totals(report, page) + failures(report, page);
}

}  // namespace fsconv
