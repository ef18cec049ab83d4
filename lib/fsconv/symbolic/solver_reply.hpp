// What a solver has said: a verdict on one query, or the reason why there is none.
#pragma once

#include <fsconv/base/child_process.hpp>
#include <map>
#include <string>
#include <vector>

namespace fsconv {

enum class Answer { sat, unsat, unknown };

const char* to_string(Answer answer);

struct SolverReply {
  Answer answer = Answer::unknown;
  std::map<std::string, Index> values;  // where the answer is sat: of each symbol asked for
  std::string problem;                  // one line: why the answer is unknown
};

// Reads what a solver printed on one (check-sat), followed by a (get-value ...) of `values` where it names
// some. Strict, since a solver that stumbles over an assertion says so, leaves it out and goes on: the answer
// must be the first thing it prints, and only a (get-value ...) after unsat may fail.
SolverReply read_reply(const ChildResult& child, const std::vector<std::string>& values);

}  // namespace fsconv
