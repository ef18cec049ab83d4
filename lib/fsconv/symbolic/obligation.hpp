// A proof obligation: one statement about all sizes, and the questions to a solver that decide it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// One block of a file, to be decided by itself.
struct Query {
  std::string goal;         // a few words; may be empty
  bool expect_sat = false;  // the answer that the file expects
  std::string text;         // what stands before all blocks, then this one, with its (check-sat)
  std::string premises;  // where unsat is expected: the same without its last (assert ...), the denied goal.
                         // It must be satisfiable, or the block denies nothing and contradicts itself.
  std::vector<std::string> values;     // the symbols of its (get-value (...)), all of sort Int
  std::vector<std::string> constants;  // all its constants of sort Int, in order
};

// Either a theorem or, where `belief` is set, a popular belief that is false. The queries that expect sat
// show that the hypotheses do not contradict each other; those that expect unsat deny what is claimed. The
// last query of a belief denies it and expects sat: a counterexample.
struct Obligation {
  std::string name;  // of the file, without ending: "gather", "beliefs/no_flip"
  std::string statement;
  bool belief = false;
  std::vector<std::string> claims;  // the rows of `fsconv verify` that rest on it
  std::string source;               // of the statement in the literature; may be empty
  std::vector<Query> queries;
  std::string text;  // of the whole file
};

inline constexpr std::size_t longest_obligation = std::size_t{1} << 20;  // bytes

// Reads the format of proofs/smt/README.md. Commands that are not part of it are refused, so a file cannot
// make a solver read or write other files. Throws BadData with the file (`where`, or NAME.smt2 where it is
// empty), the line, what is wrong and what would be legal.
Obligation parse_obligation(const std::string& name, const std::string& text, const std::string& where = {});

// `text` as it is put to a solver: with `commands` in place of each of its (check-sat), and without the
// status, since z3 takes an answer that differs from it for an error.
std::string replace_check_sat(const std::string& text, std::string_view commands);

}  // namespace fsconv
