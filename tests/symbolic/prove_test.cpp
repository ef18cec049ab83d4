// Proofs: the good end is told from every bad one, with real solvers and with solvers that lie.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/symbolic/prove.hpp>
#include <thread>

#include "symbolic/stub_solver.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

using Values = std::vector<std::pair<std::string, Index>>;

const std::string true_theorem = theorem_text("(and (> a 0) (> b 0))", "(>= (* a b) a)");
const std::string false_theorem = theorem_text("(and (> a 0) (> b 1))", "(> (* a b) (+ a 1))");
const std::string contradiction = theorem_text("(and (> a 0) (< a 0))", "(= a b)");
// Smallest: |b| + |a| = 5 at a = 2, b = 3; the first one that comes to mind, a = 1, b = 5, is larger.
const std::string false_belief =
    belief_text("(and (> a 0) (> b 2))", "(or (< (* a b) 5) (and (= a 1) (> b 5)))");
const std::string true_belief = belief_text("(and (> a 0) (> b 0))", "(>= (* a b) a)");

// A solver that reads nothing into the question.
const std::string says_sat =
    "text=$(cat); echo sat; case \"$text\" in *'(get-value (a b))'*) echo '((a 1) (b 2))';; "
    "*'(get-value (b a))'*) echo '((a 0) (b 0))';; esac";
const std::string says_unsat = "cat > /dev/null; echo unsat";

ProofResult prove_one(const std::string& text, const SolverPrograms& programs = {}) {
  ProofPlan plan;
  plan.obligations = {parse_obligation("t", text)};
  plan.programs = programs;
  plan.time_limit = 20;
  plan.cross_check = programs.cvc5 != "cvc5";
  const auto results = prove(plan);
  REQUIRE(results.size() == 1);
  return results.front();
}

ProofResult prove_with_stub(const std::string& text, const std::string& script) {
  const ScratchFolder folder;
  return prove_one(text, {.z3 = put_program(folder, "stub", script)});
}

}  // namespace

TEST_CASE("prove: a theorem") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(true_theorem);
  CHECK(result.verdict == ProofVerdict::proved);
  CHECK(is_good(result.verdict));
  CHECK(result.name == "t");
  CHECK(result.goals == 1);
  CHECK(result.confirmed == 0);
  CHECK_THAT(result.decided_by, Contains("z3"));
  CHECK(result.seconds > 0);
  CHECK(result.detail.empty());
  CHECK(result.counterexample.empty());
}

TEST_CASE("prove: a theorem that is false is told with a counterexample") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(false_theorem);
  CHECK(result.verdict == ProofVerdict::false_statement);
  CHECK_FALSE(is_good(result.verdict));
  CHECK(result.detail == "block 2 (the claim): a counterexample exists");
  REQUIRE(result.counterexample.size() == 2);
  CHECK(result.counterexample[0].first == "a");
  const Index a = result.counterexample[0].second, b = result.counterexample[1].second;
  CHECK((a > 0 && b > 1 && a * b <= a + 1));
}

TEST_CASE("prove: hypotheses that contradict each other prove nothing") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(contradiction);
  CHECK(result.verdict == ProofVerdict::vacuous);
  CHECK_FALSE(is_good(result.verdict));
  CHECK_THAT(result.detail, Contains("block 1"));
  CHECK(prove_one(belief_text("(and (> a 0) (< a 0))", "(= a b)")).verdict == ProofVerdict::vacuous);
}

TEST_CASE("prove: a goal that contradicts itself before it denies anything is no proof") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(
      "(set-logic QF_LIA)\n(set-info :statement \"s\")\n(declare-const n Int)\n"
      "(push 1)\n(set-info :status sat)\n(check-sat)\n(pop 1)\n"
      "(push 1)\n(assert (= n 1))\n(assert (= n 2))\n(assert (not (= n 3)))\n(set-info :status "
      "unsat)\n(check-sat)\n"
      "(pop 1)\n");
  CHECK(result.verdict == ProofVerdict::vacuous);
  CHECK(result.detail.find("contradicts itself") != std::string::npos);
}

TEST_CASE("prove: a false belief is refuted by its smallest counterexample") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(false_belief);
  CHECK(result.verdict == ProofVerdict::refuted);
  CHECK(is_good(result.verdict));
  CHECK(result.goals == 1);
  CHECK(result.detail.empty());
  CHECK(result.counterexample == Values{{"b", 3}, {"a", 2}});
}

TEST_CASE("prove: sizes are absolute values, and a counterexample may lie beyond all bounds") {
  FSCONV_NEED_PROGRAM("z3");
  CHECK(
      prove_one(belief_text("true", "(or (> (* a a) 8) (not (= b (* a a a))) (> a (- 1)))")).counterexample ==
      Values{{"b", -1}, {"a", -1}});
  const ProofResult far = prove_one(belief_text("(> a 1000)", "(not (= b 0))"));
  CHECK(far.verdict == ProofVerdict::refuted);
  CHECK(far.counterexample.size() == 2);
  CHECK_THAT(far.detail, Contains("smaller counterexample may exist"));
}

TEST_CASE("prove: a belief that is true is not refuted") {
  FSCONV_NEED_PROGRAM("z3");
  const ProofResult result = prove_one(true_belief);
  CHECK(result.verdict == ProofVerdict::not_refuted);
  CHECK_FALSE(is_good(result.verdict));
  CHECK(result.counterexample.empty());
}

TEST_CASE("prove: solvers that lie do not prove anything") {
  const ProofResult yes = prove_with_stub(true_theorem, says_sat);
  CHECK(yes.verdict == ProofVerdict::false_statement);
  CHECK(yes.counterexample == Values{{"a", 1}, {"b", 2}});
  CHECK(prove_with_stub(true_theorem, says_unsat).verdict == ProofVerdict::vacuous);
  CHECK(prove_with_stub(false_belief, says_unsat).verdict == ProofVerdict::vacuous);
}

TEST_CASE("prove: solvers that fail leave everything undecided, with the reason") {
  const std::vector<std::pair<std::string, std::string>> failures = {
      {"echo nonsense", "nonsense"},
      {"echo '(error \"no\")'; echo unsat", "(error"},
      {"echo unknown", "gave up"}};
  for (const auto& [script, reason] : failures)
    for (const std::string& text : {true_theorem, false_belief}) {
      const ProofResult result = prove_with_stub(text, script);
      CHECK(result.verdict == ProofVerdict::undecided);
      CHECK_FALSE(is_good(result.verdict));
      CHECK_THAT(result.detail, Contains("block 1") && Contains(reason));
      CHECK(result.decided_by.empty());
    }
}

TEST_CASE(
    "prove: a solver that cannot do its work ends the run, for theorems and beliefs, first solver and second") {
  const ScratchFolder folder;
  const auto code = [](const std::string& text, const SolverPrograms& programs) {
    try {
      prove_one(text, programs);
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::ok;
  };
  const std::string knows = put_program(folder, "knows",
                                        "text=$(cat); case \"$text\" in *'(get-value'*) echo unknown;; "
                                        "*'(assert (not'*) echo unsat;; *) echo sat;; esac");
  CHECK(code(true_theorem, {.z3 = knows, .cvc5 = knows}) == ExitCode::ok);
  const std::string damaged = folder / "damaged";
  put_content(damaged, "no program");
  std::filesystem::permissions(damaged, std::filesystem::perms::owner_all);
  for (const std::string& broken :
       {damaged, put_program(folder, "killed", "kill -KILL $$"),
        put_program(folder, "crashes", "kill -SEGV $$"),
        put_program(folder, "hungry", "echo '(error \"out of memory\")'; exit 101"),
        put_program(folder, "loader", "echo 'no libz3' >&2; exit 127")}) {
    INFO(broken);
    CHECK(code(true_theorem, {.z3 = broken, .cvc5 = knows}) == ExitCode::runtime);
    CHECK(code(false_belief, {.z3 = broken, .cvc5 = knows}) == ExitCode::runtime);
    CHECK(code(true_theorem, {.z3 = knows, .cvc5 = broken}) == ExitCode::runtime);
  }
  // It is there, whatever it says.
  CHECK(solver_version(damaged) == damaged + ", which does not say its version");
  CHECK(solver_version("/fsconv/no-such-solver").empty());
}

TEST_CASE("prove: one goal of several that stays open leaves the theorem open") {
  FSCONV_NEED_PROGRAM("z3");
  const ScratchFolder folder;
  const std::string forgets = put_program(
      folder, "stub",
      "text=$(cat); case \"$text\" in *forget*) echo unknown;; *) echo \"$text\" | z3 -in;; esac");
  const std::string two = true_theorem + block("; forget\n(assert (< b a b))", "unsat");
  const ProofResult result = prove_one(two, {.z3 = forgets});
  CHECK(result.verdict == ProofVerdict::undecided);
  CHECK(result.goals == 1);  // the one that was decided
  CHECK_THAT(result.detail, Contains("block 3"));
}

TEST_CASE("prove: a second solver confirms, says nothing, or contradicts") {
  FSCONV_NEED_PROGRAM("z3");
  const ScratchFolder folder;
  const auto with_second = [&](const std::string& text, const std::string& script) {
    return prove_one(text, {.cvc5 = put_program(folder, "second", script)});
  };
  const std::string alike =
      "text=$(cat); case \"$text\" in *'(assert (not'*) echo unsat;; *) echo sat;; esac";
  CHECK(with_second(true_theorem, alike).verdict == ProofVerdict::proved);
  CHECK(with_second(true_theorem, alike).confirmed == 1);
  for (const std::string script : {"echo unknown", "echo nonsense", "echo '(error \"no\")'"}) {
    const ProofResult silent = with_second(true_theorem, script);
    CHECK(silent.verdict == ProofVerdict::proved);
    CHECK(silent.confirmed == 0);
  }
  const ProofResult against = with_second(true_theorem, says_sat);
  CHECK(against.verdict == ProofVerdict::disagreement);
  CHECK_FALSE(is_good(against.verdict));
  CHECK_THAT(against.detail, Contains("block 2") && Contains("answers unsat, cvc5 sat"));
  CHECK(with_second(true_theorem, says_unsat).verdict == ProofVerdict::disagreement);
  CHECK(with_second(false_belief, says_unsat).verdict == ProofVerdict::disagreement);
  CHECK(with_second(false_belief, says_sat).confirmed == 1);
}

TEST_CASE("prove: cvc5 confirms what z3 decides") {
  FSCONV_NEED_PROGRAM("z3");
  FSCONV_NEED_PROGRAM("cvc5");
  const SolverPrograms programs{.cvc5 = find_program("cvc5")->string()};
  CHECK(prove_one(theorem_text("(> a b)", "(> (+ a 1) b)"), programs).confirmed == 1);
  const ProofResult belief = prove_one(false_belief, programs);
  CHECK(belief.verdict == ProofVerdict::refuted);
  CHECK(belief.confirmed == 1);
}

TEST_CASE("prove: results come in the order of the obligations, whatever the threads", "[slow]") {
  const ScratchFolder folder;
  ProofPlan plan;
  plan.programs.z3 = put_program(folder, "stub",
                                 "text=$(cat); case \"$text\" in *'(= a 0)'*) sleep 0.3;; esac; "
                                 "case \"$text\" in *'(assert (not'*) echo unsat;; *) echo sat;; esac");
  plan.cross_check = false;
  plan.threads = 4;
  for (int n = 0; n < 8; ++n)
    plan.obligations.push_back(
        parse_obligation("t" + std::to_string(n), theorem_text("(= a " + std::to_string(n) + ")", "true")));
  std::atomic<Index> count = 0;
  const auto results = prove(plan, [&](Index more) { count += more; });
  REQUIRE(results.size() == 8);
  CHECK(count == 8);
  for (std::size_t n = 0; n < 8; ++n) {
    CHECK(results[n].name == "t" + std::to_string(n));
    CHECK(results[n].verdict == ProofVerdict::proved);
  }
}

TEST_CASE("prove: without z3, or with limits that are none, nothing begins") {
  ProofPlan plan;
  plan.programs.z3 = "/fsconv/no-such-solver";
  CHECK_THROWS_WITH(prove(plan),
                    "the program /fsconv/no-such-solver is not found; proofs need it (Debian package z3)");
  try {
    prove(plan);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::runtime);
  }
  plan.programs.z3 = "sh";
  CHECK(prove(plan).empty());
  plan.time_limit = 0;
  CHECK_THROWS_AS(prove(plan), InvalidArgument);
  plan.time_limit = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(prove(plan), InvalidArgument);
  plan.time_limit = 1;
  plan.threads = 0;
  CHECK_THROWS_AS(prove(plan), InvalidArgument);
}

TEST_CASE("prove: Ctrl-C ends it soon and leaves no solver") {
  const ScratchFolder folder;
  const std::string stub = put_program(folder, "stub", "exec sleep 100");
  CHECK(exit_status_with_file_limit(RLIM_INFINITY, [&] {
          catch_interrupts();
          std::jthread later([] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            ::kill(::getpid(), SIGINT);
          });
          ProofPlan plan;
          plan.programs.z3 = stub;
          plan.threads = 3;
          plan.obligations = {parse_obligation("t", true_theorem), parse_obligation("b", false_belief)};
          const auto begin = std::chrono::steady_clock::now();
          try {
            prove(plan);
          } catch (const Interrupted&) {
            const bool soon = std::chrono::steady_clock::now() - begin < std::chrono::seconds(5);
            return soon && ::waitpid(-1, nullptr, WNOHANG) < 0 ? 130 : 2;
          }
          return 1;
        }) == 130);
}

TEST_CASE("prove: every obligation that the library holds ends well", "[slow]") {
  FSCONV_NEED_PROGRAM("z3");
  ProofPlan plan;
  plan.obligations = built_in_obligations();
#ifdef FSCONV_SANITIZED
  // Sanitizers watch our code, not the solver: a few will do, the other builds prove all.
  plan.obligations.resize(5);
#endif
  plan.cross_check = false;
  plan.threads = 2;
  for (const ProofResult& result : prove(plan)) {
    INFO(result.name << ": " << name(result.verdict) << ": " << result.detail);
    CHECK(is_good(result.verdict));
  }
}
