#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <chrono>
#include <fsconv/symbolic/solver.hpp>

namespace fsconv {
namespace {

struct Attempt {
  const Strategy* strategy;
  std::string problem;
  bool worth_more_time = true;
};

std::string problems_of(const std::vector<Attempt>& attempts) {
  std::string list;
  for (const Attempt& attempt : attempts) {
    if (attempt.problem.empty()) continue;
    list += fmt::format("{}{}: {}", list.empty() ? "" : "; ", attempt.strategy->name, attempt.problem);
  }
  return list.empty() ? "there was no time to try" : list;
}

}  // namespace

Solver z3_solver(const SolverPrograms& programs) {
  Solver solver{programs.z3, {}};
  for (const int seed : {0, 1, 2}) {
    const std::string suffix = seed == 0 ? "" : fmt::format(" seed {}", seed);
    const std::vector<std::string> arguments = {"-in", "-smt2", fmt::format("smt.random_seed={}", seed),
                                                fmt::format("sat.random_seed={}", seed)};
    solver.strategies.push_back({"z3 smt" + suffix, arguments, "(check-sat-using smt)"});
    solver.strategies.push_back({"z3 qfnia" + suffix, arguments, "(check-sat-using qfnia)"});
    if (seed == 0) solver.strategies.push_back({"z3", arguments, "(check-sat)"});
  }
  return solver;
}

Solver cvc5_solver(const SolverPrograms& programs) {
  return {programs.cvc5, {{"cvc5", {"--lang=smt2", "--produce-models", "-"}, "(check-sat)"}}};
}

Decision decide(const Solver& solver, const Query& query, const DecisionLimits& limits) {
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::vector<Attempt> attempts;
  for (const Strategy& strategy : solver.strategies) attempts.push_back({&strategy, {}, true});

  const auto in_time = [&] { return passed() < limits.seconds && !limits.stop.stop_requested(); };
  const auto more = [](const Attempt& attempt) { return attempt.worth_more_time; };
  for (double slice = limits.slice; in_time() && std::any_of(attempts.begin(), attempts.end(), more);
       slice *= 4)
    for (Attempt& attempt : attempts) {
      if (!attempt.worth_more_time || !in_time()) continue;
      std::vector<std::string> command = attempt.strategy->arguments;
      command.insert(command.begin(), solver.program);
      const ChildLimits child_limits{.seconds = std::min(slice, limits.seconds - passed()),
                                     .address_space = limits.memory,
                                     .output = Index{1} << 20,
                                     .stop = limits.stop};
      SolverReply reply;
      ChildResult child;
      try {
        child = run_child(command, replace_check_sat(query.text, attempt.strategy->check_sat), child_limits);
        reply = read_reply(child, query.values);
      } catch (const IoError& cannot_start) {
        reply.problem = cannot_start.what();
      }
      if (reply.answer != Answer::unknown)
        return {reply.answer, attempt.strategy->name, passed(), std::move(reply.values), {}};
      attempt.problem = std::move(reply.problem);
      attempt.worth_more_time = child.timed_out;
    }
  return {Answer::unknown, {}, passed(), {}, problems_of(attempts)};
}

}  // namespace fsconv
