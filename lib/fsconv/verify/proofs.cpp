// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/verify/claim.hpp>
#include <fsconv/verify/proofs.hpp>

namespace fsconv {
namespace {

// "beliefs/no_flip" is known as no_flip.
std::string short_name(const Obligation& obligation) {
  return obligation.name.substr(obligation.name.find_last_of('/') + 1);
}

void require_known_claims(const Obligation& obligation) {
  for (const std::string& name : obligation.claims) {
    std::vector<std::string> known;
    for (const Claim& claim : claims()) known.emplace_back(claim.name);
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw BadData(obligation.name + ".smt2", fmt::format(":claims names '{}'", name),
                    instead_of(name, known));
  }
}

// Shows a refuted belief, or says why that cannot be done.
void replay(ProofRow& row, const std::string& name) {
  const auto known = demonstrated_beliefs();
  if (std::find(known.begin(), known.end(), name) == known.end()) return;
  try {
    row.shown = demonstrate(name, row.result.counterexample);
  } catch (const Error& error) {
    row.problem = fmt::format("its counterexample {} does not replay: {}", text(row.result.counterexample),
                              error.what());
  }
}

}  // namespace

std::vector<Obligation> obligations_named(const std::vector<Obligation>& all,
                                          const std::vector<std::string>& names) {
  std::vector<Obligation> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Obligation& obligation) {
      return obligation.name == name || short_name(obligation) == name;
    });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const Obligation& obligation : all) known.push_back(short_name(obligation));
      throw InvalidArgument("proof", fmt::format("'{}' is unknown", name), instead_of(name, known));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

std::vector<Obligation> obligations_for(const std::vector<Obligation>& all,
                                        const std::vector<std::string>& claims) {
  std::vector<Obligation> chosen;
  for (const Obligation& obligation : all)
    if (std::any_of(obligation.claims.begin(), obligation.claims.end(), [&](const std::string& claim) {
          return std::find(claims.begin(), claims.end(), claim) != claims.end();
        }))
      chosen.push_back(obligation);
  return chosen;
}

std::vector<ProofRow> prove_and_replay(const ProofPlan& plan) {
  for (const Obligation& obligation : plan.obligations) require_known_claims(obligation);
  std::vector<ProofResult> results;
  {
    Progress progress("prove", static_cast<Index>(plan.obligations.size()), "statements");
    results = prove(plan, [&](Index done) { progress.advance(done); });
  }
  std::vector<ProofRow> rows;
  for (std::size_t at = 0; at < results.size(); ++at) {
    const Obligation& obligation = plan.obligations[at];
    ProofRow row;
    row.name = short_name(obligation);
    row.statement = obligation.statement;
    row.source = obligation.source;
    row.belief = obligation.belief;
    row.claims = obligation.claims;
    row.result = results[at];
    if (!is_good(row.result.verdict))
      row.problem = row.result.detail.empty() ? std::string(name(row.result.verdict)) : row.result.detail;
    else if (row.belief)
      replay(row, row.name);
    if (row.good()) row.note = row.result.detail;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string text(const Counterexample& counterexample) {
  std::string words;
  for (const auto& [variable, value] : counterexample)
    words += fmt::format("{}{}={}", words.empty() ? "" : " ", variable, value);
  return words;
}

}  // namespace fsconv
