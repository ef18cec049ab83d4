// Solvers: an answer is believed only when it is clean, and no solver holds up the others.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/symbolic/smallest.hpp>
#include <fsconv/symbolic/solver.hpp>

#include "symbolic/stub_solver.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

constexpr double soon = 5;  // seconds; generous, since the machine may be busy

ChildResult printed(const std::string& out, int exit_status = 0, const std::string& err = {}) {
  ChildResult result;
  result.out = out;
  result.err = err;
  result.exit_status = exit_status;
  return result;
}

Query query_of(const std::string& assertions, const std::vector<std::string>& values = {}) {
  Query query;
  query.text =
      "(set-logic QF_NIA)\n(declare-const a Int)\n(declare-const b Int)\n" + assertions + "\n(check-sat)\n";
  query.values = values;
  for (const std::string& value : values)
    query.text += value == values.front() ? "(get-value (" + value : " " + value;
  if (!values.empty()) query.text += "))\n";
  return query;
}

Decision decide_with(const std::string& script, const Query& query = query_of("(assert (> a 0))"),
                     const DecisionLimits& limits = {}) {
  const ScratchFolder folder;
  return decide(z3_solver({.z3 = put_program(folder, "stub", script)}), query, limits);
}

// Whether `work` ends in an error of the machine, in one line that names the program and the reason.
bool error_of(const std::function<void()>& work, const std::string& program, const std::string& reason) {
  try {
    work();
  } catch (const Error& error) {
    const std::string line = error.what();
    INFO(line);
    CHECK(error.code() == ExitCode::runtime);
    CHECK_THAT(line, Contains(program) && Contains(reason));
    CHECK(line.find('\n') == std::string::npos);
    return error.code() == ExitCode::runtime && line.find(reason) != std::string::npos;
  }
  return false;
}

}  // namespace

TEST_CASE("solver reply: clean answers") {
  CHECK(read_reply(printed("sat\n"), {}).answer == Answer::sat);
  CHECK(read_reply(printed("unsat\n"), {}).answer == Answer::unsat);
  CHECK(read_reply(printed("unsat\n", 0, "a warning\n"), {}).answer == Answer::unsat);
  const SolverReply reply = read_reply(printed("sat\n((in 1)\n (pad (- 2))\n (|a b| 9223372036854775807)\n"
                                               " (low (- 9223372036854775808)))\n"),
                                       {"in", "pad", "|a b|", "low"});
  CHECK(reply.answer == Answer::sat);
  CHECK(reply.values == std::map<std::string, Index>{{"in", 1},
                                                     {"pad", -2},
                                                     {"|a b|", std::numeric_limits<Index>::max()},
                                                     {"low", std::numeric_limits<Index>::min()}});
}

TEST_CASE("solver reply: after unsat there is no model, and the complaint about it does not count") {
  const auto reply = [](const std::vector<std::string>& values) {
    return read_reply(printed("unsat\n(error \"model is not available\")\n", 1), values);
  };
  CHECK(reply({"a"}).answer == Answer::unsat);
  CHECK(reply({}).answer == Answer::unknown);
}

TEST_CASE("solver reply: anything else is no answer, and says why") {
  const auto problem = [](const ChildResult& child, const std::vector<std::string>& values = {}) {
    const SolverReply reply = read_reply(child, values);
    CHECK(reply.answer == Answer::unknown);
    CHECK(reply.values.empty());
    CHECK(reply.problem.find('\n') == std::string::npos);
    return reply.problem;
  };
  // A solver that leaves an assertion out and answers what remains: the most dangerous one.
  CHECK_THAT(problem(printed("(error \"unknown constant b\")\nunsat\n")), Contains("unknown constant b"));
  CHECK_THAT(problem(printed("(error \"unknown constant b\")\nsat\n", 1)), Contains("unknown constant b"));
  CHECK_THAT(problem(printed("unsat\n(error \"late\")\n")), Contains("late"));
  CHECK_THAT(problem(printed("sat\nunsat\n")), Contains("printed 'sat unsat'"));
  CHECK_THAT(problem(printed("unsat\nunsat\n")), Contains("unsat"));
  CHECK_THAT(problem(printed("sat", 1)), Contains("exited with status 1"));
  CHECK_THAT(problem(printed("unsat", 1)), Contains("exited with status 1"));
  CHECK_THAT(problem(printed("satisfied\n")), Contains("satisfied"));
  CHECK_THAT(problem(printed("unsatisfied\n")), Contains("unsatisfied"));
  CHECK(problem(printed("unknown\n")) == "gave up");
  CHECK(problem(printed("")) == "printed nothing");
  CHECK(problem(printed("", 2)) == "exited with status 2");
  CHECK(problem(printed("", 2, "out of memory")) == "exited with status 2: out of memory");
  CHECK(problem(printed("\xff\x01\x1b[2J")) == "printed '???[2J'");
  CHECK(problem(printed(std::string(100'000, 'x'))).size() < 300);
  ChildResult crashed = printed("unsat\n");
  crashed.signal = SIGSEGV;
  CHECK_THAT(problem(crashed), Contains("signal 11"));
  ChildResult late = printed("unsat\n");
  late.timed_out = true;
  CHECK_THAT(problem(late), Contains("ran out of time"));
}

TEST_CASE("solver reply: what the machine refuses is told from what the solver does not know") {
  const auto broke_down = [](const ChildResult& child) { return read_reply(child, {}).broke_down; };
  CHECK(broke_down(printed("", 127, "not found")));
  CHECK(broke_down(printed("(error \"out of memory\")\n", 101)));
  CHECK(broke_down(printed("sat\n", 1, "std::bad_alloc")));
  ChildResult killed = printed("unsat\n");
  killed.signal = SIGKILL;
  CHECK(broke_down(killed));
  ChildResult late = killed;  // by us
  late.timed_out = true;
  CHECK_FALSE(broke_down(late));
  CHECK_FALSE(broke_down(printed("unknown\n")));
  CHECK_FALSE(broke_down(printed("unknown\n", 1)));
  CHECK_FALSE(broke_down(printed("(error \"line 1: unknown constant\")\n", 1)));
  CHECK_FALSE(broke_down(printed("sat\n")));
  CHECK_FALSE(broke_down(printed("nonsense\n")));
  CHECK_FALSE(broke_down(printed("")));
}

TEST_CASE("solver reply: values that are missing, foreign or too large are no answer") {
  const auto problem = [](const std::string& values) {
    const SolverReply reply = read_reply(printed("sat\n" + values), {"a", "b"});
    CHECK(reply.answer == Answer::unknown);
    CHECK(reply.values.empty());
    return reply.problem;
  };
  CHECK_THAT(problem("((a 1) (b 9223372036854775808))"),
             Contains("'(b 9223372036854775808)' is no value of 64 bits"));
  CHECK_THAT(problem("((a 1) (b (- 9223372036854775809)))"), Contains("no value of 64 bits"));
  CHECK_THAT(problem("((a 1) (b (- (- 1))))"), Contains("no value"));
  CHECK_THAT(problem("((a 1) (b (- -1)))"), Contains("no value"));
  CHECK_THAT(problem("((a 1) (b true))"), Contains("no value"));
  CHECK_THAT(problem("((a 1) (b 1.0))"), Contains("no value"));
  CHECK_THAT(problem("((a 1) (b (/ 1 2)))"), Contains("no value"));
  CHECK_THAT(problem("((a 1) (b))"), Contains("no value"));
  CHECK_THAT(problem("((a 1))"), Contains("no value of b"));
  CHECK_THAT(problem("((a 1) (b 2) (c 3))"), Contains("nobody asked"));
  CHECK_THAT(problem("((a 1) (b 2)"), Contains("where values should be"));
  CHECK_THAT(problem("((a 1) (b 2))((a 1) (b 2))"), Contains("where values should be"));
  CHECK_THAT(problem("(error \"no model\")"), Contains("no value"));
  CHECK_THAT(problem("garbage"), Contains("where values should be"));
  CHECK_THAT(problem(""), Contains("where values should be"));
}

TEST_CASE("solver: the first strategy that knows decides, and a hanging one costs a slice", "[slow]") {
  const auto knows = [](const std::string& what) {
    return "text=\"$* $(cat)\"; case \"$text\" in *'" + what + "'*) echo unsat;; *) exec sleep 100;; esac";
  };
  const DecisionLimits limits{.seconds = 60, .slice = 0.2};
  const auto strategy = [&](const std::string& what) {
    const Decision decision = decide_with(knows(what), query_of(""), limits);
    CHECK(decision.answer == Answer::unsat);
    CHECK(decision.problem.empty());
    return decision.strategy;
  };
  CHECK(strategy("(check-sat-using smt)") == "z3 smt nlsat");
  CHECK(strategy("(check-sat-using qfnia)") == "z3 qfnia");
  CHECK(strategy("(check-sat)") == "z3");
  CHECK(strategy("smt.random_seed=1 ") == "z3 smt seed 1");
  CHECK(strategy("sat.random_seed=2 ") == "z3 smt seed 2");
}

TEST_CASE("solver: a program that does not know a parameter is asked without it") {
  const Decision decision = decide_with(
      "case \"$*\" in *nl.delay*) echo 'ERROR: unknown parameter'; exit 110;; *) echo unsat;; esac");
  CHECK(decision.answer == Answer::unsat);
  CHECK(decision.strategy == "z3 smt");
}

TEST_CASE("solver: one run answers several queries, or is not believed") {
  const std::vector<std::string> texts = {query_of("(assert (> a 0))", {"a"}).text,
                                          query_of("(assert (< (* a a) 0))").text, query_of("").text};
  const auto answers = [&](const std::string& script, const DecisionLimits& limits = {}) {
    const ScratchFolder folder;
    return decide_together(z3_solver({.z3 = put_program(folder, "stub", script)}), texts, limits).answers;
  };
  using Answers = std::vector<Answer>;
  const Answers none(3, Answer::unknown);
  CHECK(answers("printf 'sat\\nunsat\\nunknown\\n'") == Answers{Answer::sat, Answer::unsat, Answer::unknown});
  for (const char* script : {"printf 'sat\\nunsat\\n'",              // one is missing, and nobody knows which
                             "printf 'sat\\nunsat\\nsat\\nsat\\n'",  // one too many
                             "printf 'sat\\n(error \"no\")\\nsat\\n'",  // an assertion that was left out
                             "printf 'sat\\nunsat\\nsat'",              // half a line
                             "printf 'sat\\nunsat\\nsat\\n'; exit 1",   // the end of one that fails
                             "printf '((a 1))\\nunsat\\nsat\\n'"})      // values that nobody asked for
  {
    INFO(script);
    CHECK(answers(script) == none);
  }
  // What hangs is left to decide(); the answers before it stand.
  CHECK(answers("printf 'sat\\nuns'; exec sleep 100", {.slice = 1}) ==
        Answers{Answer::sat, Answer::unknown, Answer::unknown});
  // The queries are told apart, each has its limit, and values are not asked for.
  const std::string counts =
      "text=\"$* $(cat)\"; case \"$text\" in *get-value*) exit 1;; *-t:1000*) ;; *) exit 1;; esac; "
      "echo \"$text\" | grep -c '^(reset)$' | sed 's/3/sat\\nsat\\nsat/'";
  CHECK(answers(counts, {.slice = 1}) == Answers(3, Answer::sat));
  // What was too much for one run is left to decide(); a program that does not run at all is an error.
  CHECK(answers("text=$(cat); case \"$text\" in *'(reset)'*) printf 'sat\\nunsat\\nsat\\n'; kill -SEGV $$;; "
                "*) echo sat;; esac") == none);
  CHECK(error_of([&] { answers("kill -SEGV $$"); }, "stub", "signal 11"));
  CHECK(error_of([&] { decide_together(z3_solver({.z3 = "no-such-solver"}), texts); }, "no-such-solver",
                 "no such program"));
}

TEST_CASE("solver: z3 and cvc5 forget a query before they read the next") {
  const std::string program = GENERATE(as<std::string>(), "z3", "cvc5");
  if (!find_program(program)) {
    WARN("skipped: the program " << program << " is not here");
    return;
  }
  const std::vector<std::string> texts = {
      query_of("(assert (> a 7))", {"a"}).text, query_of("(assert (< (* a a) 0))").text,
      query_of("(assert (= a 7))").text, query_of("(assert (= (* a a a) 8))(assert (< a 0))").text};
  const Together together = decide_together(program == "z3" ? z3_solver() : cvc5_solver(), texts);
  CHECK(together.answers == std::vector<Answer>{Answer::sat, Answer::unsat, Answer::sat, Answer::unsat});
  CHECK(together.seconds > 0);
}

TEST_CASE("solver: slices grow until a slow one has its answer", "[slow]") {
  const Decision decision =
      decide_with("cat > /dev/null; sleep 0.5; echo sat", query_of(""), {.slice = 0.05});
  CHECK(decision.answer == Answer::sat);
  CHECK(decision.seconds > 0.5);
}

TEST_CASE("solver: one that hangs is given up in time") {
  const Decision decision =
      decide_with("trap '' TERM; sleep 100", query_of(""), {.seconds = 0.3, .slice = 0.1});
  CHECK(decision.answer == Answer::unknown);
  CHECK(decision.strategy.empty());
  CHECK_THAT(decision.problem, Contains("z3 smt: ran out of time"));
  CHECK(decision.seconds < soon);
}

TEST_CASE("solver: one that fails is unknown with its reason, and is not tried again in the same way") {
  const std::vector<std::pair<std::string, std::string>> failures = {
      {"head -c 100 /dev/urandom", "z3 smt: printed"},
      {"echo '(error \"line 1: no idea\")'", "line 1: no idea"},
      {"echo '(error \"x\")'; echo unsat", "(error"},
      {"echo '(error \"line 1: no idea\")'; exit 1", "exited with status 1"},
      {"exec <&-; echo closed", "printed 'closed'"},
      {"echo unknown", "gave up"},
      {"echo unknown; exit 1", "gave up"},
      {"exit 0", "printed nothing"},
      {"yes sat", "more output"}};
  for (const auto& [script, problem] : failures) {
    const ScratchFolder folder;
    const std::string log = folder / "log";
    const std::string path = put_program(folder, "stub", "echo >> " + log + "\n" + script);
    const Decision decision = decide(z3_solver({.z3 = path}), query_of(""), {.memory = Index{500} << 20});
    INFO(script);
    CHECK(decision.answer == Answer::unknown);
    CHECK_THAT(decision.problem, Contains(problem));
    CHECK(content_of(log).size() == z3_solver().strategies.size());
  }
}

TEST_CASE("solver: one that breaks down says nothing about the question, and is an error", "[slow]") {
  const std::vector<std::pair<std::string, std::string>> failures = {
      {"kill -SEGV $$", "crashed with signal 11"},
      {"kill -ABRT $$", "crashed with signal 6"},
      {"kill -KILL $$", "was killed (signal 9)"},
      {"echo unsat; kill -KILL $$", "was killed (signal 9)"},
      {"exit 9", "exited with status 9"},
      {"exec /fsconv/no-such-solver", "exited with status 127"},
      {"echo 'cannot load libz3.so.4' >&2; exit 127", "cannot load libz3.so.4"},
      {"echo '(error \"out of memory\")'; exit 101", "out of memory"},
      {"echo 'timeout or std::bad_alloc'; exit 1", "bad_alloc"},
      {"exec dd if=/dev/zero of=/dev/null bs=900M count=1", "memory"},
      // It never began under one strategy: that the others ran out of time decides nothing.
      {"case \"$*\" in *nl.delay*) kill -KILL $$;; *) exec sleep 100;; esac", "z3 smt nlsat"}};
  for (const auto& [script, problem] : failures) {
    const ScratchFolder folder;
    const std::string path = put_program(folder, "stub", script);
    const DecisionLimits limits{.seconds = 1, .slice = 0.1, .memory = Index{500} << 20};
    INFO(script);
    CHECK(error_of([&] { decide(z3_solver({.z3 = path}), query_of(""), limits); }, path, problem));
    CHECK(error_of([&] { find_smallest(z3_solver({.z3 = path}), query_of("", {"a"}), limits, 2); }, path,
                   problem));
  }
}

TEST_CASE("solver: one that breaks down under a strategy and decides under another has decided") {
  for (const std::string end : {"kill -KILL $$", "exit 127", "echo '(error \"out of memory\")'; exit 101"}) {
    const Decision decision = decide_with("case \"$*\" in *nl.delay*) " + end + ";; *) echo unsat;; esac");
    CHECK(decision.answer == Answer::unsat);
    CHECK(decision.strategy == "z3 smt");
  }
}

TEST_CASE("solver: a program that cannot be started is an error") {
  const ScratchFolder folder;
  const auto refuses = [&](const std::string& program, const std::string& reason) {
    INFO(program);
    return error_of([&] { decide(z3_solver({.z3 = program}), query_of("")); }, program, reason) &&
           error_of([&] { decide(cvc5_solver({.cvc5 = program}), query_of("")); }, program, reason);
  };
  CHECK(refuses("/fsconv/no-such-solver", "no such program"));
  const std::string text = folder / "text", locked = folder / "locked", script = folder / "script";
  put_content(text, "no program");
  put_content(locked, "#!/bin/sh\necho sat\n");
  put_content(script, "#!/fsconv/no-such-shell\necho sat\n");
  std::filesystem::permissions(text, std::filesystem::perms::owner_all);
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  CHECK(refuses(text, "Exec format error"));
  CHECK(refuses(locked, "no such program"));  // it may not be executed
  CHECK(refuses(script, "No such file"));
  CHECK(refuses(folder.path(), "no such program"));
}

TEST_CASE(
    "solver: a machine without a process or a file to spare is named, and the question is not undecided") {
  const ScratchFolder folder;
  const std::string path = put_program(folder, "stub", "echo unsat");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(path, std::filesystem::perms::all);
  const auto status_under = [&](int resource, rlim_t limit, const std::string& reason) {
    return exit_status_with_file_limit(RLIM_INFINITY, [&] {
      if (resource == RLIMIT_NPROC && ::geteuid() == 0 && ::setuid(65534) != 0)
        return 77;  // root has no limit
      const rlimit limits{limit, limit};
      if (::setrlimit(static_cast<__rlimit_resource>(resource), &limits) != 0) return 77;
      return error_of([&] { decide(z3_solver({.z3 = path}), query_of("")); }, path, reason) ? 0 : 1;
    });
  };
  CHECK(status_under(RLIMIT_NPROC, 0, "Resource temporarily unavailable") == 0);
#ifndef FSCONV_SANITIZED  // which opens files of its own
  CHECK(status_under(RLIMIT_NOFILE, 4, "Too many open files") == 0);
#endif
}

TEST_CASE("solver: a request to stop ends the search") {
  std::stop_source stop;
  stop.request_stop();
  const Decision decision = decide_with("echo sat", query_of(""), {.stop = stop.get_token()});
  CHECK(decision.answer == Answer::unknown);
}

TEST_CASE("solver: the smallest counterexample respects its bound, or the solver is not believed") {
  const Query query = query_of("", {"a", "b"});
  const auto find = [&](const std::string& script) {
    const ScratchFolder folder;
    return find_smallest(z3_solver({.z3 = put_program(folder, "stub", script)}), query, {.seconds = 20}, 4);
  };
  const std::string upto = "text=$(cat); case \"$text\" in ";
  const Smallest good =
      find(upto + "*' 3))'*) echo 'sat ((a (- 2)) (b 1))' | sed 's/ /\\n/';; *) echo unsat;; esac");
  CHECK(good.decision.answer == Answer::sat);
  CHECK(good.certain);
  CHECK_THAT(good.query.text, Contains("(assert (<= (+ (abs a) (abs b)) 3))"));
  const Smallest beyond = find("echo sat; echo '((a 5) (b 1))'");
  CHECK(beyond.decision.answer == Answer::unknown);
  CHECK_THAT(beyond.decision.problem, Contains("contradicts itself"));
  const Smallest below = find(upto + "*' 3))'*) echo sat; echo '((a 1) (b 1))';; *) echo unsat;; esac");
  CHECK(below.decision.answer == Answer::unknown);
  const Smallest huge = find("echo sat; echo '((a 9223372036854775807) (b 1))'");
  CHECK_THAT(huge.decision.problem, Contains("more than 64 bits"));
  const Smallest none = find("echo unsat");
  CHECK(none.decision.answer == Answer::unsat);
  // Undecided bounds: what is found need not be smallest.
  const Smallest unsure = find(upto + "*'<='*) echo unknown;; *) echo sat; echo '((a 9) (b 9))';; esac");
  CHECK(unsure.decision.answer == Answer::sat);
  CHECK_FALSE(unsure.certain);
}

TEST_CASE("solver: z3 and cvc5 decide, give values and report their errors") {
  const std::string program = GENERATE(as<std::string>(), "z3", "cvc5");
  if (!find_program(program)) {
    WARN("skipped: the program " << program << " is not here");
    return;
  }
  const Solver solver = program == "z3" ? z3_solver() : cvc5_solver();
  const Decision sat =
      decide(solver, query_of("(assert (and (< a (- 5)) (> a (- 7)) (= b (* a a))))", {"b", "a"}));
  CHECK(sat.answer == Answer::sat);
  CHECK(sat.values == std::map<std::string, Index>{{"a", -6}, {"b", 36}});
  CHECK_THAT(sat.strategy, Contains(program));
  CHECK(decide(solver, query_of("(assert (< (* a a) 0))", {"a"})).answer == Answer::unsat);
  CHECK(decide(solver, query_of("(assert (< (* a a) 0))")).answer == Answer::unsat);
  const Decision undeclared = decide(solver, query_of("(assert (> c 0))"), {.seconds = 20});
  CHECK(undeclared.answer == Answer::unknown);
  CHECK_THAT(undeclared.problem, Contains("(error"));
  const Decision huge =
      decide(solver, query_of("(assert (> a 99999999999999999999))", {"a"}), {.seconds = 20});
  CHECK(huge.answer == Answer::unknown);
  CHECK_THAT(huge.problem, Contains("64 bits"));
}

TEST_CASE("solver: a question that z3 cannot decide comes back in time") {
  FSCONV_NEED_PROGRAM("z3");
  // A sum of three cubes: 42 is one, but its smallest terms have 17 digits.
  const Query query = query_of("(declare-const c Int)\n(assert (= (+ (* a a a) (* b b b) (* c c c)) 42))");
  const Decision decision = decide(z3_solver(), query, {.seconds = 0.5, .slice = 0.1});
  CHECK(decision.answer == Answer::unknown);
  CHECK(decision.seconds < soon);
}
