// SPDX-License-Identifier: Apache-2.0
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
  std::string problem = {};
  bool worth_more_time = true;
  bool broke_down = false;
};

std::vector<std::string> command_of(const Solver& solver, const Strategy& strategy) {
  std::vector<std::string> command = strategy.arguments;
  command.insert(command.begin(), solver.program);
  return command;
}

// The text without its (get-value ...).
std::string without_values(const std::string& text) {
  std::string rest;
  std::size_t copied = 0;
  for (const SExpression& command : read_s_expressions("query", text)) {
    if (!command.is("get-value")) continue;
    rest.append(text, copied, command.begin - copied);
    copied = command.end;
  }
  return rest.append(text, copied, std::string::npos);
}

// The text as one of several in a script: asked with `check_sat` and for no values, and forgotten afterwards.
std::string in_script(const std::string& text, const std::string& check_sat) {
  return replace_check_sat(without_values(text), check_sat) + "\n(reset)\n";
}

constexpr Index most_output = Index{1} << 20;  // bytes

// The answers that stand on lines of their own, or nothing where anything else was printed. A last line
// without an end may be half of one.
std::optional<std::vector<Answer>> answers_in(std::string_view out) {
  std::vector<Answer> answers;
  for (std::size_t end; (end = out.find('\n')) != out.npos; out.remove_prefix(end + 1)) {
    const std::string_view line = out.substr(0, end);
    const auto known = all_names<Answer>();
    if (std::find(known.begin(), known.end(), line) == known.end()) return std::nullopt;
    answers.push_back(named<Answer>(line));
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

// Throws if a strategy could not be tried because the program itself does not run.
void require_whole_program(const Solver& solver, const std::vector<Attempt>& attempts) {
  for (const Attempt& attempt : attempts) {
    if (!attempt.broke_down) continue;
    const std::string program = find_program(solver.program).value_or(solver.program).string();
    throw Error(ExitCode::runtime, fmt::format("the solver {} does not run as it should ({}): {}", program,
                                               attempt.strategy->name, attempt.problem));
  }
}

}  // namespace

// z3's smt puts off its complete procedure for polynomials (nlsat) until the others have failed 500 times;
// most statements about sizes are settled sooner where it comes earlier.
Solver z3_solver(const SolverPrograms& programs) {
  Solver solver{programs.z3, {}};
  for (const int seed : {0, 1, 2}) {
    const std::string suffix = seed == 0 ? "" : fmt::format(" seed {}", seed);
    const std::vector<std::string> arguments = {"-in", "-smt2", fmt::format("smt.random_seed={}", seed),
                                                fmt::format("sat.random_seed={}", seed)};
    const auto add = [&](const char* name, const char* check_sat, std::vector<std::string> with) {
      solver.strategies.push_back(
          {.name = name + suffix, .arguments = std::move(with), .check_sat = check_sat, .limit = "-t:"});
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
    solver.strategies.push_back({.name = name,
                                 .arguments = std::move(arguments),
                                 .check_sat = "(check-sat)",
                                 .limit = "--tlimit-per="});
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
  for (const Strategy& strategy : solver.strategies) attempts.push_back({&strategy});

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
        reply = {.problem = cannot_start.what(), .broke_down = true};
      }
      if (reply.answer != Answer::unknown)
        return {.answer = reply.answer,
                .strategy = attempt.strategy->name,
                .seconds = passed(),
                .values = std::move(reply.values)};
      attempt.problem = std::move(reply.problem);
      attempt.broke_down = reply.broke_down;
      attempt.worth_more_time = child.timed_out;
    }
  if (!limits.stop.stop_requested()) require_whole_program(solver, attempts);
  return {.seconds = passed(), .problem = problems_of(attempts)};
}

Together decide_together(const Solver& solver, const std::vector<std::string>& texts,
                         const DecisionLimits& limits) {
  Together together{.answers = std::vector<Answer>(texts.size(), Answer::unknown)};
  if (texts.empty() || solver.strategies.empty()) return together;
  const Strategy& strategy = solver.strategies.front();
  std::vector<std::string> command = command_of(solver, strategy);
  const auto milliseconds = static_cast<Index>(std::ceil(1000 * std::min(limits.slice, limits.seconds)));
  if (!strategy.limit.empty())
    command.insert(command.begin() + 1, strategy.limit + fmt::to_string(milliseconds));
  std::string script;
  for (const std::string& text : texts) script += in_script(text, strategy.check_sat);
  bool broke_down = false;
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
    broke_down = read_reply(child, {}).broke_down;
  } catch (const IoError&) {
    broke_down = true;
  }
  // Perhaps they are too much for one run only. A program that does not run at all is an error now, not after the
  // others have had their time.
  if (broke_down && !limits.stop.stop_requested()) {
    Query alone;
    alone.text = without_values(texts.front());
    decide(solver, alone, limits);
  }
  return together;
}

}  // namespace fsconv
