// Obligations: the format of proofs/smt is read as written, and every damage is named with its line.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/symbolic/embedded_proofs.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/symbolic/s_expression.hpp>

#include "symbolic/stub_solver.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const std::string theorem =
    "; unbalanced ( in a comment\n"                      // 1
    "(set-logic QF_NIA)\n"                               // 2
    "(set-info :statement \"a \"\"quoted\"\" (one\")\n"  // 3
    "(set-info :claims \"matrix  transpose\")\n"         // 4
    "(set-info :source \"[DV16]\")\n"                    // 5
    "(declare-const a Int)\n"                            // 6
    "(declare-fun |b ;(| () Int)\n"                      // 7
    "(define-fun double () Int (* 2 a))\n"               // 8
    "(assert (> a 0))\n"                                 // 9
    "\n"                                                 // 10
    "; About the twin.\n"                                // 11
    "(push 1)\n"                                         // 12
    "(set-info :status sat)\n"                           // 13
    "(check-sat)\n"                                      // 14
    "(pop 1)\n"                                          // 15
    "; About the goal.\n"                                // 16
    "(push 1) ; comment\n"                               // 17
    "(set-info :goal \"a goal\")\n"                      // 18
    "(declare-const c Int)\n"                            // 19
    "(assert (< double 1))\n"                            // 20
    "(set-info :status unsat)\n"                         // 21
    "(check-sat)\n"                                      // 22
    "(pop 1)\n";                                         // 23

const std::string belief = belief_text("(> a 0)", "(> b 0)");

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const std::string& text, const std::string& where, const std::string& problem) {
  INFO(text.substr(0, 2000));
  CHECK_THROWS_AS(parse_obligation("t", text), BadData);
  CHECK_THROWS_WITH(parse_obligation("t", text), Catch::StartsWith(where + ": ") && Contains(problem));
}

void check_refused(const std::string& from, const std::string& to, const std::string& where,
                   const std::string& problem) {
  check_refused(replaced(theorem, from, to), where, problem);
}

}  // namespace

TEST_CASE("obligation: a theorem") {
  const Obligation obligation = parse_obligation("t", theorem);
  CHECK(obligation.name == "t");
  CHECK(obligation.statement == "a \"quoted\" (one");
  CHECK_FALSE(obligation.belief);
  CHECK(obligation.claims == std::vector<std::string>{"matrix", "transpose"});
  CHECK(obligation.source == "[DV16]");
  CHECK(obligation.text == theorem);
  REQUIRE(obligation.queries.size() == 2);
  CHECK(obligation.queries[0].expect_sat);
  CHECK(obligation.queries[0].goal.empty());
  CHECK(obligation.queries[0].constants == std::vector<std::string>{"a", "|b ;(|"});
  const Query& goal = obligation.queries[1];
  CHECK_FALSE(goal.expect_sat);
  CHECK(goal.goal == "a goal");
  CHECK(goal.values.empty());
  CHECK(goal.constants == std::vector<std::string>{"a", "|b ;(|", "c"});
}

TEST_CASE("obligation: a query is what stands before the blocks, its comment and its block") {
  const Obligation obligation = parse_obligation("t", theorem);
  const std::string before = theorem.substr(0, theorem.find("\n\n; About"));
  CHECK(obligation.queries[0].text ==
        before + "\n\n; About the twin.\n\n(set-info :status sat)\n(check-sat)\n");
  CHECK(obligation.queries[1].text == before +
                                          "\n; About the goal.\n ; comment\n(set-info :goal \"a goal\")\n"
                                          "(declare-const c Int)\n(assert (< double 1))\n"
                                          "(set-info :status unsat)\n(check-sat)\n");
}

TEST_CASE("obligation: a belief asks for values") {
  const Obligation obligation = parse_obligation("beliefs/b", belief);
  CHECK(obligation.belief);
  CHECK(obligation.statement == "a test");
  REQUIRE(obligation.queries.size() == 2);
  CHECK(obligation.queries[1].expect_sat);
  CHECK(obligation.queries[1].values == std::vector<std::string>{"b", "a"});
  CHECK_THAT(obligation.queries[1].text, Contains("(get-value (b a))"));
}

TEST_CASE("obligation: (check-sat) is replaced where it is a command and nowhere else, and the status goes") {
  CHECK(replace_check_sat(
            "; (check-sat)\n(set-info :status sat)\n(assert |(check-sat)|)\n( check-sat ) ; end", "(go)") ==
        "; (check-sat)\n\n(assert |(check-sat)|)\n(go) ; end");
  CHECK(replace_check_sat("(set-info :goal \"(check-sat)\")", "(go)") == "(set-info :goal \"(check-sat)\")");
}

TEST_CASE("obligation: damaged headings are refused") {
  check_refused("(set-info :statement", "(set-info :statment", "t.smt2:3", "':statment' says nothing");
  check_refused("(set-info :statement \"a \"\"quoted\"\" (one\")\n", "", "t.smt2",
                "neither statement nor belief");
  check_refused("(set-info :source \"[DV16]\")", "(set-info :belief \"x\")", "t.smt2:5", "second time");
  check_refused("(set-info :source \"[DV16]\")", "(set-info :claims \"x\")", "t.smt2:5", "second time");
  check_refused("\"[DV16]\"", "DV16", "t.smt2:5", "takes a keyword and a value");
  check_refused("\"[DV16]\"", "\" \"", "t.smt2:5", "takes a keyword and a value");
  check_refused("\"[DV16]\"", "\"two\nlines\"", "t.smt2:5", "takes a keyword and a value");
  check_refused("(set-info :source \"[DV16]\")", "(set-info)", "t.smt2:5", "says nothing");
  check_refused("(set-info :source \"[DV16]\")", "(set-info :status sat)", "t.smt2:5", "says nothing");
  check_refused("(set-logic QF_NIA)\n", "", "t.smt2", "no logic");
  check_refused("(set-logic QF_NIA)\n", "(set-logic)\n", "t.smt2:2", "no value");
  check_refused("(set-info :source \"[DV16]\")", "(set-logic QF_NIA)", "t.smt2:5", "second time");
}

TEST_CASE("obligation: damaged blocks are refused") {
  check_refused("(set-info :status sat)\n", "", "t.smt2:13", "no status");
  check_refused("(set-info :status sat)\n", "(set-info :status maybe)\n", "t.smt2:13", "'maybe' is unknown");
  check_refused("(set-info :status sat)\n", "(set-info :status \"sat\")\n", "t.smt2:13", "is unknown");
  check_refused("(set-info :status sat)\n", "(set-info :status sat)\n(set-info :status sat)\n", "t.smt2:14",
                "second status");
  check_refused("(set-info :status sat)\n(check-sat)\n", "(check-sat)\n(set-info :status sat)\n", "t.smt2:13",
                "no status");
  check_refused("(check-sat)\n", "", "t.smt2:14", "no (check-sat)");
  check_refused("(check-sat)\n", "(check-sat)\n(check-sat)\n", "t.smt2:15", "a second (check-sat)");
  check_refused("(check-sat)\n", "(check-sat)\n(assert true)\n", "t.smt2:15", "after (check-sat)");
  check_refused("(check-sat)\n", "(check-sat a)\n", "t.smt2:14", "no arguments");
  check_refused("(check-sat)\n", "(check-sat-using smt)\n", "t.smt2:14", "not used here");
  check_refused("(set-info :goal \"a goal\")", "(set-info :statement \"x\")", "t.smt2:18", "in a block");
  check_refused("; About the goal.", "(assert true)", "t.smt2:16", "stands between blocks");
  check_refused(theorem + "(exit)\n", "t.smt2:24", "stands between blocks");
  check_refused("(assert (> a 0))", "(check-sat)", "t.smt2:9", "outside of a block");
}

TEST_CASE("obligation: unbalanced push and pop are refused") {
  check_refused("(pop 1)\n; About", "; About", "t.smt2:16", "a block in the block of line 12");
  check_refused("(pop 1)\n", "(pop 1)\n(pop 1)\n", "t.smt2:16", "has no (push 1)");
  check_refused("; About the twin.\n(push 1)\n", "", "t.smt2:11", "says nothing before the blocks");
  check_refused(theorem.substr(0, theorem.size() - 8), "t.smt2:17", "has no (pop 1)");
  check_refused("(push 1)\n", "(push)\n", "t.smt2:12", "takes the number 1");
  check_refused("(push 1)\n", "(push 2)\n", "t.smt2:12", "takes the number 1");
  check_refused("(push 1)\n", "(push 1) (assert true)\n", "t.smt2:12", "shares its line");
  check_refused("(pop 1)\n", "(assert true) (pop 1)\n", "t.smt2:15", "");
}

TEST_CASE("obligation: what proves nothing is refused") {
  check_refused("; About the goal.", "(set-info :status sat)", "t.smt2:16", "between blocks");
  check_refused(replaced(theorem, ":status sat", ":status unsat"), "t.smt2", "shows the hypotheses possible");
  check_refused(replaced(theorem, ":status unsat", ":status sat"), "t.smt2", "denies it nowhere");
  check_refused(replaced(theorem, "(assert (< double 1))\n", ""), "t.smt2", "denies nothing");
  check_refused(theorem.substr(0, theorem.find("(push 1)")), "t.smt2", "has no blocks");
  const std::string no_values = "does not ask for a counterexample";
  check_refused(replaced(belief, "(get-value (b a))\n", ""), "t.smt2", no_values);
  check_refused(replaced(theorem, ":statement", ":belief"), "t.smt2", no_values);
  check_refused(belief + block("(assert false)", "unsat"), "t.smt2", no_values);
  check_refused(replaced(belief, block("; possible", "sat"), ""), "t.smt2", "shows the hypotheses possible");
}

TEST_CASE("obligation: values must be integers that exist") {
  const auto with_values = [](const std::string& text) {
    return replaced(belief, "(get-value (b a))", text);
  };
  check_refused(with_values("(get-value (b c))"), "t.smt2:16", "'c' is no constant of sort Int");
  check_refused(with_values("(get-value (b (+ a 1)))"), "t.smt2:16", "'(+ a 1)' is no constant");
  check_refused(with_values("(get-value (b b))"), "t.smt2:16", "asks for 'b' twice");
  check_refused(with_values("(get-value ())"), "t.smt2:16", "names no values");
  check_refused(with_values("(get-value b)"), "t.smt2:16", "names no values");
  check_refused(with_values("(get-value (a))\n(get-value (b))"), "t.smt2:17", "asks for values here");
  check_refused(replaced(belief, "(declare-const b Int)", "(declare-const b Bool)"), "t.smt2:16",
                "'b' is no constant");
  check_refused("(check-sat)\n(pop 1)\n; About",
                "(check-sat)\n(get-value (a))\n(pop 1)\n(get-value (a))\n; About", "t.smt2:17",
                "between blocks");
  const std::size_t last = theorem.rfind("(pop 1)");
  check_refused(theorem.substr(0, last) + "(get-value (a))\n(pop 1)\n", "t.smt2:23", "asks for values here");
  const Obligation defined = parse_obligation(
      "t", replaced(replaced(belief, "(assert", "(define-fun c () Int (+ a b))\n(assert"), "(b a)", "(c)"));
  CHECK(defined.queries[1].values == std::vector<std::string>{"c"});
  CHECK(defined.queries[1].constants == std::vector<std::string>{"a", "b"});
}

TEST_CASE("obligation: text that is no SMT-LIB is refused") {
  check_refused("", "t.smt2", "holds no commands");
  check_refused("; only a comment", "t.smt2", "holds no commands");
  check_refused("(assert (> a 0))", "(assert (> a 0)", "t.smt2:9", "never closed");
  check_refused("(assert (> a 0))", "(assert (> a 0)))", "t.smt2:9", "closes nothing");
  check_refused("(assert (> a 0))", "assert", "t.smt2:9", "'assert");
  check_refused("(assert (> a 0))", "()", "t.smt2:9", "is no command");
  check_refused("(assert (> a 0))", "((assert))", "t.smt2:9", "is no command");
  check_refused("\"[DV16]\"", "\"[DV16]", "t.smt2:18", "");  // the string swallows all up to the next quote
  check_refused(theorem + "(set-info :x \"", "t.smt2:24", "this string has no end");
  check_refused(theorem + "|a\nb", "t.smt2:24", "quoted symbol has no end");
  check_refused(std::string(2000, '('), "t.smt2:1", "deeper than 1000");
  check_refused(std::string(900, '(') + std::string(900, ')'), "t.smt2:1", "is no command");
  check_refused(theorem + std::string(longest_obligation, ' '), "t.smt2", "too long");
}

TEST_CASE("obligation: bytes that are no text are refused") {
  const std::vector<std::pair<std::string, std::string>> bytes = {
      {std::string(1, '\0'), "0x00"}, {"\x7f", "0x7f"},         {"\x1b[2J", "0x1b"},     {"\xff", "0xff"},
      {"\xc0\xaf", "0xc0"},           {"\xed\xa0\x80", "0xed"}, {"\xc3", "0xc3"},        {"\xe2\x82", "0xe2"},
      {"\xf5\x80\x80\x80", "0xf5"},   {"\x80", "0x80"},         {"\xe0\x80\x80", "0xe0"}};
  for (const auto& [text, name] : bytes) {
    check_refused("; About the twin.", "; " + text, "t.smt2:11", "the byte " + name + " is no text");
    check_refused(theorem + text, "t.smt2:24", "the byte " + name + " is no text");
  }
  CHECK_NOTHROW(parse_obligation("t", replaced(theorem, "; About the twin.", "; \u00fc \u20ac \U0001F600")));
}

TEST_CASE("obligation: commands with which a solver touches files are refused") {
  for (const std::string command :
       {"(set-option :regular-output-channel \"/tmp/x\")", "(include \"x\")", "(reset)", "(exit)",
        "(echo \"sat\")", "(check-sat-assuming (a))", "(get-model)"})
    check_refused("(assert (> a 0))", command, "t.smt2:9", "is not used here");
}

TEST_CASE("obligation: cutting a file anywhere gives an error and never a smaller statement") {
  for (std::size_t length = 0; length + 1 < theorem.size(); ++length)
    CHECK_THROWS_AS(parse_obligation("t", theorem.substr(0, length)), BadData);
}

TEST_CASE("obligation: folders are read in order, theorems first") {
  const ScratchFolder folder;
  put_content(folder / "b.smt2", theorem);
  put_content(folder / "a.smt2", theorem);
  put_content(folder / ".hidden.smt2", "damaged");
  put_content(folder / "README.md", "no obligation");
  std::filesystem::create_directory(folder / "beliefs");
  put_content(folder / "beliefs/a.smt2", belief);
  const auto obligations = read_obligations(folder.path());
  REQUIRE(obligations.size() == 3);
  CHECK(obligations[0].name == "a");
  CHECK(obligations[1].name == "b");
  CHECK(obligations[2].name == "beliefs/a");
  CHECK(obligations[2].belief);
}

TEST_CASE("obligation: folders that cannot be read are errors with a path") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(read_obligations(folder.path()), BadData);
  CHECK_THROWS_WITH(read_obligations(folder.path()),
                    Contains(folder.path()) && Contains("no proof obligations"));
  CHECK_THROWS_AS(read_obligations(folder / "missing"), IoError);
  CHECK_THROWS_WITH(read_obligations(folder / "missing"), Contains("No such file"));
  put_content(folder / "empty.smt2", "");
  CHECK_THROWS_AS(read_obligations(folder.path()), BadData);
  CHECK_THROWS_WITH(read_obligations(folder.path()),
                    Contains((folder / "empty.smt2") + ": holds no commands"));
  CHECK_THROWS_AS(read_obligations(folder / "empty.smt2"), IoError);
  put_content(folder / "empty.smt2", std::string(2 << 20, ' '));
  CHECK_THROWS_WITH(read_obligations(folder.path()), Contains("too long"));
  std::filesystem::remove(folder / "empty.smt2");
  std::filesystem::create_directory(folder / "folder.smt2");
  CHECK_THROWS_WITH(read_obligations(folder.path()),
                    Contains("folder.smt2: cannot read: not a regular file"));
  std::filesystem::remove(folder / "folder.smt2");
  std::filesystem::create_symlink("nowhere", folder / "link.smt2");
  CHECK_THROWS_AS(read_obligations(folder.path()), IoError);
}

TEST_CASE("obligation: the library holds what proofs/smt holds") {
  const auto& built_in = built_in_obligations();
  const auto read = read_obligations(FSCONV_SOURCE_DIR "/proofs/smt");
  REQUIRE(built_in.size() == read.size());
  CHECK(embedded_proofs().size() == read.size());
  for (std::size_t at = 0; at < read.size(); ++at) {
    CHECK(built_in[at].name == read[at].name);
    CHECK(built_in[at].text == read[at].text);
    CHECK(built_in[at].belief == read[at].name.starts_with("beliefs/"));
  }
}

TEST_CASE("obligation: embedding keeps any text as it is") {
  FSCONV_NEED_PROGRAM("cmake");
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "beliefs");
  const std::string nasty = "; [[a]] ]=] \\ ${x} @x@ $<0> ;;\t\"\\n)raw\"\r\n(a\xc3\xbc)\n0x0a,";
  put_content(folder / "nasty.smt2", nasty);
  put_content(folder / "beliefs/none.smt2", "");
  const auto embed = [&](const std::string& directory) {
    return run_child({"cmake", "-DDIRECTORY=" + directory, "-DOUTPUT=" + (folder / "out.cpp"), "-P",
                      FSCONV_SOURCE_DIR "/cmake/embed_texts.cmake"});
  };
  CHECK(embed(folder.path()).succeeded());
  // Read the bytes back from the source: all 0x.. of the first array.
  const std::string source = content_of(folder / "out.cpp");
  CHECK_THAT(source,
             Contains("{\"nasty\", {reinterpret_cast<const char*>(text_0), " + std::to_string(nasty.size())));
  CHECK_THAT(source, Contains("{\"beliefs/none\", {reinterpret_cast<const char*>(text_1), 0}}"));
  std::string bytes;
  const std::size_t end = source.find("};");
  for (std::size_t at = source.find("0x"); at < end; at = source.find("0x", at + 1))
    bytes += static_cast<char>(std::stoi(source.substr(at + 2, 2), nullptr, 16));
  CHECK(bytes == nasty);
  CHECK_FALSE(embed(folder / "missing").succeeded());
  put_content(folder / "bad name.smt2", "");
  CHECK_FALSE(embed(folder.path()).succeeded());
}
