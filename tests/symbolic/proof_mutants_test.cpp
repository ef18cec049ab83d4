// Proofs that must fail: every theorem with one symbol changed has a counterexample, and the solver finds it.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/symbolic/solver.hpp>
#include <fstream>
#include <map>
#include <set>

using namespace fsconv;

namespace {

struct Mutant {
  std::string name, text, replacement;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// Lines "file.smt2 | exact text | replacement" of proofs/smt/mutants.txt.
std::vector<Mutant> mutants() {
  std::ifstream file(FSCONV_SOURCE_DIR "/proofs/smt/mutants.txt");
  std::vector<Mutant> list;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto first = line.find(" | "), second = line.find(" | ", first + 3);
    REQUIRE(second != std::string::npos);
    list.push_back({trimmed(line.substr(0, first)), trimmed(line.substr(first + 3, second - first - 3)),
                    trimmed(line.substr(second + 3))});
  }
  return list;
}

}  // namespace

TEST_CASE("proofs: every theorem has a mutant, and no mutant is proved", "[slow]") {
  std::map<std::string, std::string> texts;
  std::set<std::string> theorems, mutated;
  for (const Obligation& obligation : read_obligations(FSCONV_SOURCE_DIR "/proofs/smt")) {
    if (obligation.belief) continue;
    theorems.insert(obligation.name);
    texts[obligation.name + ".smt2"] = obligation.text;
  }

  std::vector<Obligation> obligations;
  for (const Mutant& mutant : mutants()) {
    INFO(mutant.name << ": " << mutant.text);
    REQUIRE(texts.contains(mutant.name));
    std::string text = texts[mutant.name];
    const auto at = text.find(mutant.text);
    REQUIRE(at != std::string::npos);
    text.replace(at, mutant.text.size(), mutant.replacement);
    const std::string name = mutant.name.substr(0, mutant.name.rfind('.'));
    mutated.insert(name);
    obligations.push_back(parse_obligation(name, text));
  }
  CHECK(mutated == theorems);

  if (!find_program("z3")) {
    WARN("z3 is not installed: the mutants were not tried");
    return;
  }
#ifdef FSCONV_SANITIZED
  obligations.resize(8);  // sanitizers watch our code, not the solver
#endif
  // Some goal must have a counterexample now; that a mutant makes its hypotheses impossible is not enough.
  std::vector<std::uint8_t> refuted(obligations.size(), 0);
  parallel_for(static_cast<Index>(obligations.size()), hardware_threads(), [&](Index at) {
    const auto slot = static_cast<std::size_t>(at);
    for (const Query& query : obligations[slot].queries)
      if (!query.expect_sat && refuted[slot] == 0)
        refuted[slot] = decide(z3_solver(), query, {.seconds = 60}).answer == Answer::sat;
  });
  for (std::size_t at = 0; at < obligations.size(); ++at) {
    INFO(obligations[at].name << ", mutant " << at);
    CHECK(refuted[at] == 1);
  }
}

TEST_CASE("proofs: the obligations that are built in are those of proofs/smt") {
  const auto files = read_obligations(FSCONV_SOURCE_DIR "/proofs/smt");
  const auto& built_in = built_in_obligations();
  REQUIRE(files.size() == built_in.size());
  for (std::size_t at = 0; at < files.size(); ++at) {
    CHECK(files[at].name == built_in[at].name);
    CHECK(files[at].text == built_in[at].text);
  }
}
