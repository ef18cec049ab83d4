// What pages count (theorems, forms, claims, tests of readers, commands) is what there is: whoever adds one is told which sentences
// are of yesterday.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/draw/figure.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/train/summary_layout.hpp>
#include <fsconv/verify/claim.hpp>
#include <fsconv/verify/sweep.hpp>
#include <regex>
#include <set>

#include "fuzz/target.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

const std::string project = FSCONV_SOURCE_DIR;

std::string source(const std::string& path) { return content_of(project + "/" + path); }

// How often a pattern stands there.
Index count_in(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  return std::distance(std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator());
}

// "91", "1,345,330" or "nine".
Index number_of(const std::string& word) {
  static const std::vector<std::string> words = {
      "zero",     "one",     "two",     "three",     "four",     "five",     "six",
      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
  std::string lower;
  for (const char c : word)
    if (c != ',') lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto found = std::find(words.begin(), words.end(), lower);
  return found != words.end() ? found - words.begin() : std::stoll(lower);
}

// A sentence that counts: its pattern has one group, the number. It stands in the page once at least, and is right wherever it does.
struct Said {
  const char* page;
  const char* pattern;
  Index count;
};

// What is wrong with it in this text of the page; empty where nothing is.
std::string wrong_in(const std::string& text, const Said& said) {
  const std::regex regex(said.pattern);
  const std::sregex_iterator none;
  std::sregex_iterator at(text.begin(), text.end(), regex);
  if (at == none) return fmt::format("{} says nothing like '{}'", said.page, said.pattern);
  for (; at != none; ++at)
    if (number_of((*at)[1]) != said.count)
      return fmt::format("{} says '{}': there are {}", said.page, at->str(), said.count);
  return "";
}

// The first group of the pattern where it stands first.
std::string first_in(const std::string& page, const char* pattern) {
  const std::string text = source(page);
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(pattern)))
    throw std::runtime_error(page + " says nothing like " + pattern);
  return found[1];
}

// All forms, whether they compute in double or in float.
std::set<std::string_view> form_names() {
  std::set<std::string_view> names;
  for (const Form<double>& form : forms<double>()) names.insert(form.name);
  for (const Form<float>& form : forms<float>()) names.insert(form.name);
  return names;
}

Index recorded_results() {
  Index lines = 0;
  for (const char* of : {"tensorflow", "theano", "pytorch"})
    lines += count_in(source(fmt::format("tests/vectors/{}.jsonl", of)), "\n");
  return lines;
}

// What solvers decide: what is denied, and of beliefs the counterexample.
Index goals() {
  Index count = 0;
  for (const Obligation& one : built_in_obligations())
    count += one.belief + std::ranges::count(one.queries, false, &Query::expect_sat);
  return count;
}

std::vector<Said> all_said() {
  const auto theorems = count_in(source("proofs/coq/theorems.txt"), R"(\n[A-Z]\w*\.\w+ \| )"),
             statements = static_cast<Index>(built_in_obligations().size()),
             of_all = static_cast<Index>(form_names().size()),
             in_double = static_cast<Index>(forms<double>().size()),
             of_claims = static_cast<Index>(claims().size()),
             geometries = static_cast<Index>(default_sweep(2500, 0).size()),
             readers = static_cast<Index>(fuzz::targets().size()),
             writers = count_in(source("tests/faults/writers.py"), R"(\n +Writer\(")"),
             recorded = recorded_results(),
             questions = count_in(source("docs/lecture.md"), R"(\n## [0-9]+\. )"),
             quick = count_in(" " + first_in("experiments/run_all", R"(\nnames=\(([^)]*)\))"), R"( \w+)");
  const auto views = static_cast<Index>(all_values<draw::View>().size());
  return {
      {"README.md", R"(([0-9,]+) theorems\b)", theorems},
      {"docs/decisions.md", R"(([0-9,]+) theorems\b)", theorems},
      {"paper/paper.md", R"(([0-9,]+) theorems\b)", theorems},
      {"README.md", R"(\n    ([0-9,]+) statements for all sizes in)", statements},
      {"README.md", R"(s and ([0-9,]+) statements in)", statements},
      {"paper/paper.md", R"(([0-9,]+) statements for all sizes)", statements},
      {"README.md", R"(z3 decided ([0-9,]+) goals)", goals()},
      {"README.md", R"(cvc5 agrees on ([0-9,]+)\b)", goals()},
      {"docs/decisions.md", R"(agrees on ([0-9,]+) of)", goals()},
      {"docs/decisions.md", R"(of ([0-9,]+) goals)", goals()},
      {"README.md", R"(### (\w+) ways to compute it)", of_all},
      {"paper/paper.md", R"(in (\w+) independent forms)", of_all},
      {"experiments/fractional_stride/README.md", R"(one way of (\w+))", of_all},
      {"experiments/fractional_stride/README.md", R"(all (\w+) forms in double precision)", in_double},
      {"experiments/fractional_stride/run.sh", R"(two forms instead of (\w+))", in_double},
      {"experiments/transpose/README.md", R"(for (\w+) ways to compute them)", in_double - 1},
      {"experiments/transpose/run.sh", R"(two forms instead of (\w+))", in_double - 1},
      {"experiments/README.md", R"(The first (\w+) have `run.sh --quick`)", quick},
      {"paper/paper.md", R"(states (\w+) claims)", of_claims},
      {"README.md", R"(\n    ([0-9,]+) geometries, [0-9]+ checks)", geometries},
      {"paper/paper.md", R"(checks on ([0-9,]+)\s+geometries)", geometries},
      {"README.md", R"(([0-9,]+) recorded results)", recorded},
      {"paper/paper.md", R"(([0-9,]+) recorded results)", recorded},
      {"docs/reliability.md", R"(`tests/fuzz`, ([0-9,]+) of them)", readers},
      {"docs/reliability.md", R"(([0-9,]+) commands are tried)", writers},
      {"README.md", R"(answers (\w+) questions)", questions},
      {"docs/lecture.md", R"(# A lecture on transposed convolutions, in (\w+) questions)", questions},
      {"README.md", R"(the operator seen in (\w+) ways)", views},
  };
}

}  // namespace

TEST_CASE("docs: what the pages count is what there is") {
  for (const Said& said : all_said()) CHECK(wrong_in(source(said.page), said) == "");
}

TEST_CASE("docs: a count that is not what there is, or is said no more, is found") {
  for (const Said& said : all_said()) {
    const std::string text = source(said.page);
    INFO(said.page << " " << said.pattern);
    Said other = said;
    ++other.count;
    CHECK_FALSE(wrong_in(text, other).empty());
    CHECK_FALSE(wrong_in("", said).empty());
  }
  CHECK(number_of("1,345,330") == 1345330);
  CHECK(number_of("Nine") == 9);
  CHECK_THROWS(number_of("several"));
}

TEST_CASE("docs: the table of forms and the experiments name the forms that there are") {
  const std::string readme = source("README.md");
  const std::size_t from = readme.find("| form | idea |"), to = readme.find("\n\n", from);
  REQUIRE(to != std::string::npos);
  const std::string table = readme.substr(from, to - from);
  const auto names = form_names();
  for (const std::string_view name : names)
    CHECK(table.find(fmt::format("\n| `{}` |", name)) != std::string::npos);
  CHECK(count_in(table, R"(\n\| `)") == static_cast<Index>(names.size()));

  const std::string list = first_in("experiments/common.py", R"(\nFORMS = \(([^)]*)\))");
  std::set<std::string> compared, in_double;
  const std::regex quoted("\"(\\w+)\"");
  for (std::sregex_iterator at(list.begin(), list.end(), quoted), end; at != end; ++at)
    compared.insert((*at)[1]);
  for (const Form<double>& form : forms<double>()) in_double.emplace(form.name);
  CHECK(compared == in_double);
  // And their recorded results are of these, not of what there was when they were made. What tiles round is no entry of W.
  const std::string whole = source("experiments/fractional_stride/results.csv"),
                    entries = source("experiments/transpose/results.csv");
  for (const std::string& form : in_double) {
    INFO(form);
    CHECK(whole.find("," + form + ",") != std::string::npos);
    CHECK((entries.find("," + form + ",") != std::string::npos) == (form != "bilinear"));
  }
}

// How many checks there are depends on the processor's instructions; that the pages speak of one run does not.
TEST_CASE("docs: the default run is the same one wherever it is counted") {
  const Index checks = number_of(first_in("README.md", R"(geometries, ([0-9]+) checks)")),
              skipped = number_of(first_in("README.md", R"(checks \(and ([0-9]+) skipped\))")),
              geometries = number_of(first_in("README.md", R"(([0-9]+) geometries, [0-9]+ checks)"));
  CHECK((checks + skipped) % geometries == 0);  // all of them are tried in as many ways
  for (const char* page : {"README.md", "paper/paper.md"})
    for (const Index count : {checks, skipped}) {
      INFO(page);
      CHECK(source(page).find(with_commas(count)) != std::string::npos);
    }
}
