// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/symbolic/prove.hpp>
#include <fsconv/symbolic/smallest.hpp>
#include <optional>

namespace fsconv {
namespace {

// What the solvers say on one query.
struct Finding {
  Decision first;
  std::optional<Decision> second;
  std::optional<Decision> premises;  // of a goal: whether it denies something possible
  std::vector<std::pair<std::string, Index>> counterexample;
  bool smallest = true;
};

struct Solvers {
  Solver first;
  std::optional<Solver> second;
  std::optional<Solver> second_again;  // its first strategy last: where that one has been tried already
  DecisionLimits limits, second_limits;
};

// What is known about a query before it is examined by itself; unknown where nothing is.
struct Known {
  Answer first = Answer::unknown, premises = Answer::unknown, second = Answer::unknown;
  double first_seconds = 0, second_seconds = 0;
};

bool is_belief(const Obligation& obligation, std::size_t query) {
  return obligation.belief && query + 1 == obligation.queries.size();
}

// Asks the questions of an obligation together, but for a belief's: that one is put in many ways.
std::vector<Known> ask_together(const Obligation& obligation, const Solvers& solvers) {
  std::vector<Known> known(obligation.queries.size());
  std::vector<std::string> texts, premises;
  std::vector<std::size_t> of_text, of_premises;
  for (std::size_t at = 0; at < obligation.queries.size(); ++at) {
    const Query& query = obligation.queries[at];
    if (is_belief(obligation, at)) continue;
    texts.push_back(query.text);
    of_text.push_back(at);
    if (query.expect_sat) continue;
    premises.push_back(query.premises);
    of_premises.push_back(at);
  }
  std::vector<std::string> all = texts;
  all.insert(all.end(), premises.begin(), premises.end());
  const Together first = decide_together(solvers.first, all, solvers.limits);
  for (std::size_t at = 0; at < all.size(); ++at) {
    const bool of_goal = at < of_text.size();
    Known& query = known[of_goal ? of_text[at] : of_premises[at - of_text.size()]];
    (of_goal ? query.first : query.premises) = first.answers[at];
    query.first_seconds += first.seconds / static_cast<double>(all.size());
  }
  if (solvers.second) {
    const Together second = decide_together(*solvers.second, texts, solvers.second_limits);
    for (std::size_t at = 0; at < of_text.size(); ++at) {
      known[of_text[at]].second = second.answers[at];
      known[of_text[at]].second_seconds = second.seconds / static_cast<double>(texts.size());
    }
  }
  return known;
}

// The answer that is known, or else a decision.
Decision decided(Answer known, const Solver& solver, const Query& query, const DecisionLimits& limits) {
  if (known == Answer::unknown) return decide(solver, query, limits);
  return {.answer = known, .strategy = solver.strategies.front().name};
}

std::vector<std::pair<std::string, Index>> in_order(const std::vector<std::string>& names,
                                                    const std::map<std::string, Index>& values) {
  std::vector<std::pair<std::string, Index>> pairs;
  for (const std::string& name : names)
    if (const auto found = values.find(name); found != values.end()) pairs.push_back(*found);
  return pairs;
}

// The same query, asking for all its constants: a theorem that is false should say where.
Query asking_for_constants(Query query) {
  if (!query.values.empty() || query.constants.empty()) return query;
  query.values = query.constants;
  query.text += fmt::format("\n(get-value ({}))\n", fmt::join(query.values, " "));
  return query;
}

Finding examine(const Query& query, bool belief, const Known& known, const Solvers& solvers) {
  Finding finding;
  Query asked = query;
  if (belief) {
    Smallest smallest = find_smallest(solvers.first, query, solvers.limits);
    finding.first = std::move(smallest.decision);
    finding.smallest = smallest.certain;
    asked = std::move(smallest.query);
  } else {
    finding.first = decided(known.first, solvers.first, query, solvers.limits);
    finding.first.seconds += known.first_seconds;
    if (finding.first.answer == Answer::unsat && !query.expect_sat) {
      Query premises;
      premises.text = query.premises;
      finding.premises = decided(known.premises, solvers.first, premises, solvers.limits);
      finding.first.seconds += finding.premises->seconds;
    }
    if (finding.first.answer == Answer::sat && !query.expect_sat) {
      const Decision shown = decide(solvers.first, asking_for_constants(query), solvers.limits);
      finding.counterexample = in_order(query.constants, shown.values);
      finding.first.seconds += shown.seconds;
    }
  }
  if (belief) finding.counterexample = in_order(query.values, finding.first.values);
  if (solvers.second) {
    finding.second =
        decided(known.second, belief ? *solvers.second : *solvers.second_again, asked, solvers.second_limits);
    finding.second->seconds += known.second_seconds;
  }
  return finding;
}

std::string shown(const Query& query, std::size_t at) {
  const std::string label = query.goal.empty() ? "" : fmt::format(" ({})", query.goal);
  return fmt::format("block {}{}", at + 1, label);
}

// The verdict on one query of an obligation, and a line that explains a bad one.
std::pair<ProofVerdict, std::string> judge(const Obligation& obligation, std::size_t at,
                                           const Finding& finding) {
  const Query& query = obligation.queries[at];
  const bool belief = is_belief(obligation, at);
  const Answer answer = finding.first.answer;
  const Answer second = finding.second ? finding.second->answer : Answer::unknown;
  const std::string block = shown(query, at);
  if (answer == Answer::unknown) {
    std::string detail = fmt::format("{}: {}", block, finding.first.problem);
    if (second != Answer::unknown) detail += fmt::format("; cvc5 answers {}", name(second));
    return {ProofVerdict::undecided, detail};
  }
  if (second != Answer::unknown && second != answer)
    return {ProofVerdict::disagreement, fmt::format("{}: {} answers {}, cvc5 {}", block,
                                                    finding.first.strategy, name(answer), name(second))};
  if (belief && answer == Answer::sat)
    return {ProofVerdict::refuted, finding.smallest ? "" : "a smaller counterexample may exist"};
  if (belief) return {ProofVerdict::not_refuted, block + ": no counterexample exists"};
  if (query.expect_sat && answer == Answer::unsat)
    return {ProofVerdict::vacuous, block + ": hypotheses contradict each other"};
  if (!query.expect_sat && answer == Answer::sat)
    return {ProofVerdict::false_statement, block + ": a counterexample exists"};
  if (finding.premises && finding.premises->answer == Answer::unsat)
    return {ProofVerdict::vacuous, block + ": contradicts itself before it denies its goal"};
  if (finding.premises && finding.premises->answer == Answer::unknown)
    return {ProofVerdict::undecided,
            fmt::format("{}: whether its hypotheses are possible: {}", block, finding.premises->problem)};
  return {ProofVerdict::proved, ""};
}

// The worst first: what is not to be trusted, what is wrong, what is open.
int badness(ProofVerdict verdict) {
  switch (verdict) {
    case ProofVerdict::disagreement:
      return 5;
    case ProofVerdict::vacuous:
      return 4;
    case ProofVerdict::false_statement:
    case ProofVerdict::not_refuted:
      return 3;
    case ProofVerdict::undecided:
      return 2;
    case ProofVerdict::refuted:
      return 1;
    case ProofVerdict::proved:
      return 0;
  }
  return 6;
}

ProofResult summary(const Obligation& obligation, const std::vector<Finding>& findings) {
  ProofResult result;
  result.name = obligation.name;
  result.verdict = ProofVerdict::proved;
  std::vector<std::string> strategies;
  for (std::size_t at = 0; at < findings.size(); ++at) {
    const Finding& finding = findings[at];
    const Query& query = obligation.queries[at];
    const bool goal = !query.expect_sat || is_belief(obligation, at);
    const bool alike = finding.second && finding.second->answer == finding.first.answer &&
                       finding.first.answer != Answer::unknown;
    result.goals += goal && finding.first.answer != Answer::unknown;
    result.confirmed += goal && alike;
    result.seconds += finding.first.seconds + (finding.second ? finding.second->seconds : 0);
    const std::string& strategy = finding.first.strategy;
    if (!strategy.empty() && std::count(strategies.begin(), strategies.end(), strategy) == 0)
      strategies.push_back(strategy);
    auto [verdict, detail] = judge(obligation, at, finding);
    if (badness(verdict) <= badness(result.verdict)) continue;
    result.verdict = verdict;
    result.detail = std::move(detail);
    result.counterexample = finding.counterexample;
  }
  result.decided_by = fmt::format("{}", fmt::join(strategies, ", "));
  return result;
}

void require_legal(const ProofPlan& plan) {
  for (const auto& [field, value] :
       {std::pair{"time limit", plan.time_limit}, std::pair{"cross-check limit", plan.cross_check_limit},
        std::pair{"threads", static_cast<double>(plan.threads)}})
    if (!(value > 0)) throw InvalidArgument(field, fmt::format("is {}", value), "give a positive number");
  if (!find_program(plan.programs.z3))
    throw Error(
        ExitCode::runtime,
        fmt::format("the program {} is not found; proofs need it (Debian package z3)", plan.programs.z3));
}

}  // namespace

bool is_good(ProofVerdict verdict) {
  return verdict == ProofVerdict::proved || verdict == ProofVerdict::refuted;
}

std::string solver_version(const std::string& program) {
  if (!find_program(program)) return {};
  std::string first_line;
  try {
    const std::string out = run_child({program, "--version"}, "", {.seconds = 10}).out;
    first_line = out.substr(0, out.find('\n'));
  } catch (const IoError&) {
    // It is there all the same.
  }
  return first_line.empty() ? program + ", which does not say its version" : first_line;
}

std::vector<ProofResult> prove(const ProofPlan& plan, const std::function<void(Index)>& done) {
  require_legal(plan);
  std::stop_source stop;
  Solvers solvers;
  solvers.first = z3_solver(plan.programs);
  solvers.limits = {.seconds = plan.time_limit, .memory = plan.memory, .stop = stop.get_token()};
  if (plan.cross_check && find_program(plan.programs.cvc5)) {
    solvers.second = solvers.second_again = cvc5_solver(plan.programs);
    auto& strategies = solvers.second_again->strategies;
    std::rotate(strategies.begin(), strategies.begin() + 1, strategies.end());
  }
  solvers.second_limits = solvers.limits;
  solvers.second_limits.seconds = plan.cross_check_limit;
  solvers.second_limits.slice = plan.cross_check_limit / 10;  // most are answered at once

  const auto work = [&](std::size_t count, const std::function<void(std::size_t)>& piece) {
    parallel_for(static_cast<Index>(count), plan.threads, [&](Index number) {
      try {
        piece(static_cast<std::size_t>(number));
      } catch (...) {
        stop.request_stop();  // the other threads need not wait for their solvers
        throw;
      }
    });
  };

  // First what is answered soon. Then a piece of work is a query, not an obligation: one with many goals that
  // are still open is shared among threads.
  std::vector<std::vector<Known>> known(plan.obligations.size());
  work(known.size(), [&](std::size_t at) { known[at] = ask_together(plan.obligations[at], solvers); });
  struct Piece {
    std::size_t obligation, query;
  };
  std::vector<Piece> pieces;
  std::vector<std::vector<Finding>> findings;
  for (const Obligation& obligation : plan.obligations) {
    for (std::size_t at = 0; at < obligation.queries.size(); ++at) pieces.push_back({findings.size(), at});
    findings.emplace_back(obligation.queries.size());
  }
  std::vector<std::atomic<std::size_t>> open(findings.size());
  for (std::size_t at = 0; at < open.size(); ++at) open[at] = findings[at].size();
  work(pieces.size(), [&](std::size_t number) {
    const auto [at, query] = pieces[number];
    const Obligation& obligation = plan.obligations[at];
    findings[at][query] =
        examine(obligation.queries[query], is_belief(obligation, query), known[at][query], solvers);
    if (--open[at] == 0 && done) done(1);
  });

  std::vector<ProofResult> results;
  for (std::size_t at = 0; at < findings.size(); ++at)
    results.push_back(summary(plan.obligations[at], findings[at]));
  return results;
}

}  // namespace fsconv
