// A verification: what failed, with the command that shows it again; then every claim by form and method.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/report/sections.hpp>
#include <fsconv/train/summary_layout.hpp>
#include <fsconv/verify/claim.hpp>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace fsconv::report {

namespace {

using Verification = RecordedVerification;
constexpr std::size_t most_failures = 100;

const std::string& word(const std::vector<std::string>& words, Index at) {
  return words[static_cast<std::size_t>(at)];
}

struct Tally {
  Index holds = 0, refuted = 0, skipped = 0, bad = 0;
  double worst_error = 0, weakest_miss = -INFINITY;
  std::optional<double> rounding;  // the worst error where it is one of rounding: of reals that were drawn
  std::string reason;              // of the first that was skipped
};

void count(Tally& tally, const Verification& of, const RecordedCheck& check) {
  if (of.is_bad(check))
    ++tally.bad;
  else if (check.verdict == Verdict::skipped)
    ++tally.skipped;
  else if (check.verdict == Verdict::refuted)
    ++tally.refuted;
  else
    ++tally.holds;
  if (check.verdict == Verdict::skipped && tally.reason.empty()) tally.reason = check.detail;
  if (std::isfinite(check.error)) tally.worst_error = std::max(tally.worst_error, check.error);
  const Claim* const claim = known_claim(of.claims[static_cast<std::size_t>(check.claim)]);
  const bool rounds = of.methods[static_cast<std::size_t>(check.method)] == name(Method::numeric) &&
                      (claim == nullptr || claim->draws_numbers);
  if (rounds && check.verdict != Verdict::skipped && std::isfinite(check.error))
    tally.rounding = std::max(tally.rounding.value_or(0), check.error);
  if (check.verdict != Verdict::skipped && check.log2_miss < 0)
    tally.weakest_miss = std::max(tally.weakest_miss, check.log2_miss);
}

Cell rounding_cell(const Tally& tally) {
  return tally.rounding ? number_cell(*tally.rounding, 3) : Cell{"–", Cell::Kind::number};
}

Cell verdict_of(const Tally& tally) {
  if (tally.bad > 0) return verdict_cell("FAILS", false);
  if (tally.holds > 0) return verdict_cell("holds", true);
  if (tally.refuted > 0) return verdict_cell("refuted", true);
  return {"not tried"};
}

void add_failures(Page& page, const Verification& of) {
  std::vector<const RecordedCheck*> bad;
  for (const RecordedCheck& check : of.checks)
    if (of.is_bad(check)) bad.push_back(&check);
  if (bad.empty()) return;
  page.subheading("What failed");
  // The smallest geometry of every claim and form says most.
  std::stable_sort(bad.begin(), bad.end(), [&](const auto* a, const auto* b) {
    return word(of.cases, a->geometry).size() < word(of.cases, b->geometry).size();
  });
  if (bad.size() > most_failures)
    page.say(fmt::format("The {} with the shortest geometries of {} failures; the file has all.",
                         most_failures, with_commas(static_cast<Index>(bad.size()))));
  Table failures{.caption = "Checks that failed, each with the command that tries it again",
                 .head = {"claim", "form", "method", "what differs", "command"},
                 .rows = {},
                 .filterable = true};
  for (std::size_t at = 0; at < std::min(bad.size(), most_failures); ++at) {
    const RecordedCheck& check = *bad[at];
    failures.rows.push_back({{word(of.claims, check.claim), Cell::Kind::bad},
                             {word(of.forms, check.form)},
                             {word(of.methods, check.method)},
                             {check.detail},
                             {of.command(check), Cell::Kind::code}});
  }
  page.add(table(failures));
}

void add_claims(Page& page, const Verification& of) {
  if (of.claims.empty()) return;  // proofs alone
  page.subheading("Claims");
  std::vector<Tally> tallies(of.claims.size());
  for (const RecordedCheck& check : of.checks)
    count(tallies[static_cast<std::size_t>(check.claim)], of, check);
  std::vector<std::size_t> order(of.claims.size());
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::stable_partition(order.begin(), order.end(), [&](std::size_t at) { return tallies[at].bad > 0; });
  Table claims{
      .caption =
          "Failures first; numeric: the largest error as a part of what rounding may do; missed: the largest probability that an error passed unseen",
      .head = {"claim", "verdict", "checks", "failed", "skipped", "numeric", "missed", "what it says"},
      .rows = {}};
  draw::BarChart errors{.title = "Largest rounding error of each claim",
                        .description = "As a fraction of the bound that is derived for it: 1 and more fails.",
                        .label = "largest error over its bound",
                        .bars = {}};
  for (const std::size_t at : order) {
    const Tally& tally = tallies[at];
    const Claim* claim = known_claim(of.claims[at]);
    claims.rows.push_back(
        {{of.claims[at]},
         verdict_of(tally),
         count_cell(tally.holds + tally.refuted + tally.bad),
         count_cell(tally.bad),
         count_cell(tally.skipped),
         rounding_cell(tally),
         std::isfinite(tally.weakest_miss)
             ? Cell{fmt::format("2^{:.0f}", tally.weakest_miss), Cell::Kind::number}
             : Cell{"–", Cell::Kind::number},
         {claim ? std::string(claim->statement) : "a claim that this fsconv does not know"}});
    // Errors of beliefs are wanted.
    if (claim && !claim->belief && tally.bad == 0 && tally.rounding.value_or(0) > 0)
      errors.bars.push_back({of.claims[at], *tally.rounding});
  }
  page.add(table(claims));
  if (!errors.bars.empty()) page.bars(std::move(errors));
}

void add_forms(Page& page, const Verification& of) {
  if (of.checks.empty()) return;
  std::map<std::tuple<Index, Index, Index>, Tally> tallies;
  for (const RecordedCheck& check : of.checks)
    count(tallies[{check.claim, check.form, check.method}], of, check);
  Table forms{.caption = "Every claim by form and method",
              .head = {"claim", "form", "method", "verdict", "checks", "failed", "skipped", "numeric",
                       "first reason to skip"},
              .rows = {},
              .filterable = true};
  std::vector<std::vector<Cell>> good;
  for (const auto& [key, tally] : tallies) {
    const auto& [claim, form, method] = key;
    std::vector<Cell> row{{word(of.claims, claim)},
                          {word(of.forms, form)},
                          {word(of.methods, method)},
                          verdict_of(tally),
                          count_cell(tally.holds + tally.refuted + tally.bad),
                          count_cell(tally.bad),
                          count_cell(tally.skipped),
                          rounding_cell(tally),
                          {tally.reason}};
    (tally.bad > 0 ? forms.rows : good).push_back(std::move(row));
  }
  const bool all_good = forms.rows.empty();
  forms.rows.insert(forms.rows.end(), good.begin(), good.end());
  page.subheading("Claims by form and method");
  // Whoever reads on looks for something else, unless something failed.
  constexpr std::size_t short_table = 12;
  page.add(all_good && forms.rows.size() > short_table
               ? folded(fmt::format("{}: {}", forms.caption,
                                    counted(static_cast<Index>(forms.rows.size()), "row")),
                        {table(forms)})
               : table(forms));
}

void add_proofs(Page& page, const Verification& of) {
  if (of.proofs.empty()) {
    if (!of.proofs_skipped.empty()) page.say("Nothing was proved for all sizes: " + of.proofs_skipped + ".");
    return;
  }
  page.subheading("Statements about all sizes");
  Table proofs{.caption = "Decided by " + (of.solvers.empty() ? std::string("solvers") : of.solvers) +
                          "; failures first",
               .head = {"statement", "verdict", "seconds", "goals", "confirmed", "what it says",
                        "smallest counterexample"},
               .rows = {},
               .filterable = true};
  std::vector<std::vector<Cell>> good;
  for (const RecordedProof& proof : of.proofs) {
    std::vector<Cell> row{{proof.name},
                          verdict_cell(proof.verdict, proof.good()),
                          number_cell(proof.seconds, 3),
                          count_cell(proof.goals),
                          count_cell(proof.confirmed),
                          {proof.statement},
                          {proof.counterexample}};
    (proof.good() ? good : proofs.rows).push_back(std::move(row));
  }
  proofs.rows.insert(proofs.rows.end(), good.begin(), good.end());
  page.add(table(proofs));
}

nlohmann::json json_of_verification(const Result<Verification>& result, Index bad) {
  const Verification& of = result.of;
  nlohmann::json json = json_of(result.origin), by_form = nlohmann::json::array(),
                 failures = nlohmann::json::array(), proofs = nlohmann::json::array();
  std::map<std::tuple<Index, Index, Index>, Tally> tallies;
  for (const RecordedCheck& check : of.checks) {
    count(tallies[{check.claim, check.form, check.method}], of, check);
    if (of.is_bad(check) && failures.size() < most_failures)
      failures.push_back({{"claim", word(of.claims, check.claim)},
                          {"form", word(of.forms, check.form)},
                          {"method", word(of.methods, check.method)},
                          {"case", word(of.cases, check.geometry)},
                          {"detail", check.detail},
                          {"command", of.command(check)}});
  }
  for (const auto& [key, tally] : tallies)
    by_form.push_back({{"claim", word(of.claims, std::get<0>(key))},
                       {"form", word(of.forms, std::get<1>(key))},
                       {"method", word(of.methods, std::get<2>(key))},
                       {"holds", tally.holds},
                       {"refuted", tally.refuted},
                       {"failed", tally.bad},
                       {"skipped", tally.skipped},
                       {"worst_error_over_bound", tally.worst_error}});
  for (const RecordedProof& proof : of.proofs)
    proofs.push_back({{"name", proof.name},
                      {"statement", proof.statement},
                      {"verdict", proof.verdict},
                      {"good", proof.good()},
                      {"seconds", proof.seconds},
                      {"goals", proof.goals},
                      {"confirmed", proof.confirmed},
                      {"counterexample", proof.counterexample}});
  json["passed"] = of.passed;
  json["geometries"] = of.cases.size();
  json["checks"] = of.checks.size();
  json["skipped"] = of.skipped();
  json["failed"] = bad;
  json["failures"] = failures;
  json["by_form"] = by_form;
  json["proofs_skipped"] = of.proofs_skipped;
  json["proofs"] = proofs;
  return json;
}

// Of what was tried and is as it should be: a belief is refuted by a check or by a counterexample to its statement.
std::string success(const Verification& of, const std::set<Index>& tried) {
  const auto is_belief = [&](Index claim) {
    const Claim* const known = known_claim(of.claims[static_cast<std::size_t>(claim)]);
    return known != nullptr && known->belief;
  };
  const auto is_refuted = [](const RecordedProof& proof) { return proof.verdict == "refuted"; };
  const bool beliefs = std::ranges::any_of(tried, is_belief) || std::ranges::any_of(of.proofs, is_refuted);
  const bool claims = !std::ranges::all_of(tried, is_belief) || !std::ranges::all_of(of.proofs, is_refuted);
  return !beliefs ? "every claim holds"
         : claims ? "every claim holds and every belief is refuted"
                  : "every belief is refuted";
}

}  // namespace

void add_verification(Page& page, const Result<Verification>& result) {
  const Verification& of = result.of;
  const Index bad = std::count_if(of.checks.begin(), of.checks.end(),
                                  [&](const RecordedCheck& check) { return of.is_bad(check); });
  const Index open = std::count_if(of.proofs.begin(), of.proofs.end(),
                                   [](const RecordedProof& proof) { return !proof.good(); });
  // What was skipped says nothing, and a claim of which all was skipped has not been tried.
  std::set<Index> tried;
  for (const RecordedCheck& check : of.checks)
    if (check.verdict != Verdict::skipped) tried.insert(check.claim);
  const Index made = static_cast<Index>(of.checks.size()) - of.skipped();
  std::string untried;
  for (Index claim = 0; claim < static_cast<Index>(of.claims.size()); ++claim)
    if (!tried.contains(claim))
      untried += (untried.empty() ? "" : ", ") + of.claims[static_cast<std::size_t>(claim)];
  std::vector<std::string> parts;
  if (made > 0 || of.proofs.empty())
    parts.push_back(fmt::format("{} {} of {} on {}", with_commas(made), made == 1 ? "check" : "checks",
                                counted(static_cast<Index>(tried.size()), "claim"),
                                counted(static_cast<Index>(of.cases.size()), "geometry", "geometries")));
  if (!of.proofs.empty())
    parts.push_back(counted(static_cast<Index>(of.proofs.size()), "statement") + " about all sizes");
  const std::string size = fmt::format("{}{}", fmt::join(parts, ", and "),
                                       untried.empty() ? "" : fmt::format("; not tried: {}", untried));
  // What a shard of a run says it says of its part alone.
  const std::string label = result.origin.label + (of.check_rows ? " (one shard of the run)" : "");
  if (of.passed && bad == 0 && made == 0 && of.proofs.empty())
    page.verdict(false, fmt::format("{}: nothing was tried. {}.", label, size));
  else if (of.passed && bad == 0)
    page.verdict(true, fmt::format("{}: {}, in {}.", label, success(of, tried), size));
  else
    page.verdict(
        false, fmt::format("{} FAILS: {}{} failed, of {}.", label, with_commas(bad),
                           open > 0 ? fmt::format(" checks and {}", counted(open, "statement")) : "", size));
  page.heading("Verification: " + result.origin.label);
  add_failures(page, of);
  add_claims(page, of);
  add_forms(page, of);
  add_proofs(page, of);
  page.json()["files"].push_back(json_of_verification(result, bad));
}

}  // namespace fsconv::report
