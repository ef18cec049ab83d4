// What a solver has said: a verdict on one query, or the reason why there is none.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/child_process.hpp>
#include <fsconv/base/names.hpp>
#include <map>
#include <string>
#include <vector>

namespace fsconv {

enum class Answer { sat, unsat, unknown };

constexpr auto names_of(Answer) {
  return NameTable<Answer, 3>{
      "answer", {{{Answer::sat, "sat"}, {Answer::unsat, "unsat"}, {Answer::unknown, "unknown"}}}};
}

struct SolverReply {
  Answer answer = Answer::unknown;
  std::map<std::string, Index> values = {};  // where the answer is sat: of each symbol asked for
  std::string problem = {};                  // one line: why the answer is unknown
  // The program did not get to an answer for want of something that the machine must give: it did not start,
  // found no memory, or was ended by a signal. That says nothing about the question, unlike "unknown" or a
  // limit of time.
  bool broke_down = false;
};

// Reads what a solver printed on one (check-sat), followed by a (get-value ...) of `values` where it names
// some. Strict, since a solver that stumbles over an assertion says so, leaves it out and goes on: the answer
// must be the first thing it prints, and only a (get-value ...) after unsat may fail. One that fails before
// it has printed anything has broken down: shells and loaders that find no program end like that.
SolverReply read_reply(const ChildResult& child, const std::vector<std::string>& values);

}  // namespace fsconv
