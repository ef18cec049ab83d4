// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/symbolic/smallest.hpp>
#include <optional>

namespace fsconv {
namespace {

Query with_bound(Query query, Index bound) {
  std::string sum;
  for (const std::string& value : query.values) sum += fmt::format(" (abs {})", value);
  if (query.values.size() > 1) sum = fmt::format(" (+{})", sum);
  query.text = replace_check_sat(query.text, fmt::format("(assert (<={} {}))\n(check-sat)", sum, bound));
  return query;
}

// The sum of absolute values, or nothing where it does not fit.
std::optional<Index> size_of(const std::map<std::string, Index>& values) {
  Index sum = 0;
  for (const auto& [name, value] : values) {
    Index negated = 0;
    if (__builtin_sub_overflow(Index{0}, value, &negated)) return std::nullopt;
    if (__builtin_add_overflow(sum, std::max(value, negated), &sum)) return std::nullopt;
  }
  return sum;
}

constexpr Index bounds_at_once = 8;

// What one run of the solver says on several bounds.
std::vector<Answer> answers_from(const Solver& solver, const Query& query, Index first, Index last,
                                 const DecisionLimits& limits, double& seconds) {
  std::vector<std::string> texts;
  for (Index bound = first; bound <= last; ++bound) texts.push_back(with_bound(query, bound).text);
  Together together = decide_together(solver, texts, limits);
  seconds += together.seconds;
  return together.answers;
}

}  // namespace

Smallest find_smallest(const Solver& solver, const Query& query, const DecisionLimits& limits,
                       Index largest_bound) {
  constexpr int most_undecided = 3;
  DecisionLimits short_limits = limits;
  short_limits.seconds = limits.seconds / 4;
  double seconds = 0;
  int undecided = 0;
  std::vector<Answer> foreseen;  // of the bounds from `first`: most of them are denied, and soon
  Index first = 0;
  for (Index bound = 0; bound <= largest_bound && undecided < most_undecided; ++bound) {
    Smallest found{{}, with_bound(query, bound), undecided == 0};
    if (bound == first + static_cast<Index>(foreseen.size())) {
      first = bound;
      foreseen = answers_from(solver, query, bound, std::min(largest_bound, bound + bounds_at_once - 1),
                              short_limits, seconds);
    }
    if (foreseen[static_cast<std::size_t>(bound - first)] == Answer::unsat) continue;
    found.decision = decide(solver, found.query, short_limits);
    found.decision.seconds = seconds += found.decision.seconds;
    if (found.decision.answer == Answer::unknown) ++undecided;
    if (found.decision.answer != Answer::sat) continue;
    const auto size = size_of(found.decision.values);
    if (!size || *size > bound || (*size < bound && undecided == 0)) {
      found.decision.answer = Answer::unknown;
      found.decision.problem =
          fmt::format("{} contradicts itself: its values add up to {}, the smallest possible sum being {}",
                      found.decision.strategy, size ? fmt::to_string(*size) : "more than 64 bits", bound);
    }
    return found;
  }
  Smallest any{decide(solver, query, limits), query, false};
  any.decision.seconds += seconds;
  return any;
}

}  // namespace fsconv
