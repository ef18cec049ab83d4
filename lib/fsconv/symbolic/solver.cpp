#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/symbolic/s_expression.hpp>
#include <fsconv/symbolic/solver.hpp>
#include <optional>
#include <utility>

namespace fsconv {
namespace {

struct Attempt {
  const Strategy* strategy;
  std::string problem;
  bool worth_more_time = true;
};

std::vector<std::string> command_of(const Solver& solver, const Strategy& strategy) {
  std::vector<std::string> command = strategy.arguments;
  command.insert(command.begin(), solver.program);
  return command;
}

// The text as one of several in a script: asked with `check_sat` and for no values, and forgotten afterwards.
std::string in_script(const std::string& text, const std::string& check_sat) {
  std::string script;
  std::size_t copied = 0;
  for (const SExpression& command : read_s_expressions("query", text)) {
    if (!command.is("get-value")) continue;
    script.append(text, copied, command.begin - copied);
    copied = command.end;
  }
  script.append(text, copied, std::string::npos);
  return replace_check_sat(script, check_sat) + "\n(reset)\n";
}

constexpr Index most_output = Index{1} << 20;  // bytes

// The answers that stand on lines of their own, or nothing where anything else was printed. A last line without
// an end may be half of one.
std::optional<std::vector<Answer>> answers_in(std::string_view out) {
  std::vector<Answer> answers;
  for (std::size_t end; (end = out.find('\n')) != out.npos; out.remove_prefix(end + 1)) {
    const std::string_view line = out.substr(0, end);
    const auto known = {Answer::sat, Answer::unsat, Answer::unknown};
    const auto answer =
        std::find_if(known.begin(), known.end(), [&](Answer a) { return line == to_string(a); });
    if (answer == known.end()) return std::nullopt;
    answers.push_back(*answer);
  }
  return answers;
}

std::string problems_of(const std::vector<Attempt>& attempts) {
  std::string list;
  for (const Attempt& attempt : attempts) {
    if (attempt.problem.empty()) continue;
    list += fmt::format("{}{}: {}", list.empty() ? "" : "; ", attempt.strategy->name, attempt.problem);
  }
  return list.empty() ? "there was no time to try" : list;
}

}  // namespace

// z3's smt puts off its complete procedure for polynomials (nlsat) until the others have failed 500 times; most
// statements about sizes are settled sooner where it comes earlier.
Solver z3_solver(const SolverPrograms& programs) {
  Solver solver{programs.z3, {}};
  for (const int seed : {0, 1, 2}) {
    const std::string suffix = seed == 0 ? "" : fmt::format(" seed {}", seed);
    const std::vector<std::string> arguments = {"-in", "-smt2", fmt::format("smt.random_seed={}", seed),
                                                fmt::format("sat.random_seed={}", seed)};
    const auto add = [&](const char* name, const char* check_sat, std::vector<std::string> with) {
      solver.strategies.push_back({name + suffix, std::move(with), check_sat, "-t:"});
    };
    if (seed == 0) {
      std::vector<std::string> early = arguments;
      early.push_back("smt.arith.nl.delay=100");
      add("z3 smt nlsat", "(check-sat-using smt)", early);
    }
    add("z3 smt", "(check-sat-using smt)", arguments);
    add("z3 qfnia", "(check-sat-using qfnia)", arguments);
    if (seed == 0) add("z3", "(check-sat)", arguments);
  }
  return solver;
}

Solver cvc5_solver(const SolverPrograms& programs) {
  Solver solver{programs.cvc5, {}};
  const auto add = [&](const char* name, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--lang=smt2", "--produce-models", "-"});
    solver.strategies.push_back({name, std::move(arguments), "(check-sat)", "--tlimit-per="});
  };
  add("cvc5 stoponly", {"--decision=stoponly"});
  add("cvc5 split-zero", {"--nl-ext-split-zero"});
  add("cvc5", {});
  return solver;
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
      const ChildLimits child_limits{.seconds = std::min(slice, limits.seconds - passed()),
                                     .address_space = limits.memory,
                                     .output = most_output,
                                     .stop = limits.stop};
      SolverReply reply;
      ChildResult child;
      try {
        child = run_child(command_of(solver, *attempt.strategy),
                          replace_check_sat(query.text, attempt.strategy->check_sat), child_limits);
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

Together decide_together(const Solver& solver, const std::vector<std::string>& texts,
                         const DecisionLimits& limits) {
  Together together{std::vector<Answer>(texts.size(), Answer::unknown), 0};
  if (texts.empty() || solver.strategies.empty()) return together;
  const Strategy& strategy = solver.strategies.front();
  std::vector<std::string> command = command_of(solver, strategy);
  const auto milliseconds = static_cast<Index>(std::ceil(1000 * std::min(limits.slice, limits.seconds)));
  if (!strategy.limit.empty())
    command.insert(command.begin() + 1, strategy.limit + fmt::to_string(milliseconds));
  std::string script;
  for (const std::string& text : texts) script += in_script(text, strategy.check_sat);
  try {
    const ChildResult child =
        run_child(command, script,
                  {.seconds = std::min(limits.seconds, limits.slice * static_cast<double>(texts.size())),
                   .address_space = limits.memory,
                   .output = most_output,
                   .stop = limits.stop});
    together.seconds = child.seconds;
    const auto answers = answers_in(child.out);
    const bool whole = child.succeeded() && answers && answers->size() == texts.size();
    const bool begun = child.timed_out && answers && answers->size() <= texts.size();
    if (whole || begun) std::copy(answers->begin(), answers->end(), together.answers.begin());
  } catch (const IoError&) {
    // A program that cannot be started is reported by decide().
  }
  return together;
}

}  // namespace fsconv
