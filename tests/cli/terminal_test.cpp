// On a terminal: everything fits its width, verdicts are coloured, progress is one line that is drawn anew.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/screen.hpp>
#include <initializer_list>
#include <regex>

#include "cli/examples.hpp"
#include "cli/process.hpp"
#include "cli/terminal.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

const std::map<std::string, std::string> xterm = {{"TERM", "xterm"}};

// The lines of a result that take more than `width` columns.
std::string too_wide(const std::vector<std::string>& lines, std::size_t width) {
  std::string found;
  for (const std::string& line : lines)
    if (visible_size(line) > width) found += fmt::format("{}: {}\n", visible_size(line), line);
  return found;
}

std::vector<std::string> lines_of(const std::string& text) { return Seen{0, text}.lines(); }

constexpr auto small_bench =
    "bench --case ic2oc2i8x8o4x4k4s2p1 --isa all --batch 1 --rounds 1 --mutant no_flip";
constexpr auto small_verify = "verify --geometries 5 --method numeric,exact,symbolic";
constexpr auto small_train =
    "train --data generated --model vae --validation 20 --train-images 64 --test-images 20 --channels 4,4 --latent 4 "
    "--epochs 1 --force --output run.h5";

}  // namespace

TEST_CASE("cli terminal: help, tables and reports fit the terminal, and 60 columns where it has fewer",
          "[slow][words]") {
  const ScratchFolder folder;
  for (const unsigned short columns : std::initializer_list<unsigned short>{40, 80, 132}) {
    const std::size_t width = std::max<std::size_t>(columns, 60);
    for (const char* line :
         {"--help", "verify --help", "bench --help", "train --help", "decode --help", "doctor --help",
          small_verify, "verify --mutant no_flip --geometries 5 --claim transpose,gradient",
          "verify --explain", "verify --explain --case ic1oc1i4x4o2x2k3s2p1", small_bench,
          "bench --what train --rounds 1", small_train, "evaluate run.h5 --importance-samples 3",
          "doctor --no-data"}) {
      if (is_too_slow(std::string("fsconv ") + line)) continue;
      INFO(columns << " columns: fsconv " << line);
      const Seen seen = run_on_terminal(words(line), folder.path(), columns, xterm);
      const bool must_fail = std::string(line).find("--mutant") != std::string::npos;
      CHECK(seen.exit_code == (must_fail ? 3 : 0));
      CHECK(too_wide(seen.lines(), width) == "");
    }
  }
}

TEST_CASE("cli terminal: in a pipe everything fits 80 columns", "[slow][words]") {
  const ScratchFolder folder;
  for (const char* line : {"--help", "verify --help", "train --help", "doctor --no-data", small_verify,
                           small_train, small_bench, "evaluate run.h5"}) {
    if (is_too_slow(std::string("fsconv ") + line)) continue;
    const Finished finished = run_fsconv(words(line), folder.path(), {.time = std::chrono::seconds(60)});
    INFO(line);
    CHECK_FALSE(finished.out.empty());
    CHECK(too_wide(lines_of(finished.out), 80) == "");
    CHECK(finished.out.find('\033') == std::string::npos);
  }
}

TEST_CASE("cli terminal: one that does not say its width is believed COLUMNS, else has 80") {
  const ScratchFolder folder;
  const auto widest = [&](unsigned short columns, const std::map<std::string, std::string>& environment) {
    std::size_t most = 0;
    for (const std::string& line :
         run_on_terminal({"verify", "--help"}, folder.path(), columns, environment).lines())
      most = std::max(most, visible_size(line));
    return most;
  };
  const std::size_t at_80 = widest(80, xterm);
  CHECK(widest(0, xterm) == at_80);
  CHECK(widest(0, {{"TERM", "xterm"}, {"COLUMNS", "66"}}) <= 66);
  CHECK(widest(0, {{"TERM", "xterm"}, {"COLUMNS", "95"}}) > 80);
  CHECK(widest(80, {{"TERM", "xterm"}, {"COLUMNS", "66"}}) == at_80);  // what it says itself is newer
  for (const char* nonsense : {"", "wide", "-3", "0", "99999999999999999999"})
    CHECK(widest(0, {{"TERM", "xterm"}, {"COLUMNS", nonsense}}) == at_80);
}

TEST_CASE("cli terminal: verdicts are coloured on a terminal that has colours, unless NO_COLOR is set") {
  const ScratchFolder folder;
  const auto text = [&](const std::string& line, const std::map<std::string, std::string>& environment) {
    return run_on_terminal(words(line), folder.path(), 80, environment).text;
  };
  const auto has_colour = [](const std::string& seen) { return seen.find("\033[0m") != std::string::npos; };
  const std::string line = "verify --case i4o2k3";
  const std::string seen = text(line, xterm);
  CHECK(seen.find("\033[32mholds\033[0m") != std::string::npos);
  CHECK(seen.find("\033[32mrefuted\033[0m") != std::string::npos);
  CHECK(text("verify --mutant no_flip --claim transpose --geometries 0", xterm)
            .find("\033[1;31mFAILS\033[0m") != std::string::npos);
  CHECK(has_colour(text(line, {{"TERM", "xterm"}, {"NO_COLOR", ""}})));  // empty is not set: no-color.org
  CHECK_FALSE(has_colour(text(line, {{"TERM", "xterm"}, {"NO_COLOR", "1"}})));
  CHECK_FALSE(has_colour(text(line, {{"TERM", "dumb"}})));
  CHECK_FALSE(has_colour(text(line, {})));
  CHECK_FALSE(has_colour(text(line + " --json", xterm)));
}

TEST_CASE("cli terminal: progress stays within the line, however narrow, and a dumb terminal gets none of it",
          "[slow][words]") {
  const ScratchFolder folder;
  // Long enough for some drawings, ten a second; without output but the table.
  const auto line = words("verify --geometries 500 --method numeric --claim transpose,gradient");
  for (const unsigned short columns : std::initializer_list<unsigned short>{20, 59, 80}) {
    const Seen seen = run_on_terminal(line, folder.path(), columns, xterm);
    INFO(columns << " columns");
    CHECK(seen.exit_code == 0);
    std::size_t drawings = 0;
    std::string wide;
    for (std::size_t at = seen.text.find("\r\033[K"); at != std::string::npos;) {
      const std::size_t start = at + 4, next = seen.text.find("\r\033[K", start);
      if (next == std::string::npos) break;  // behind the last one stands the report
      const std::string drawn = seen.text.substr(start, next - start);
      if (drawn.find('\n') != std::string::npos || drawn.size() >= columns) wide += drawn + "\n";
      ++drawings;
      at = next;
    }
    CHECK(drawings > 0);
    CHECK(wide == "");
  }
  const Seen dumb = run_on_terminal(line, folder.path(), 80, {{"TERM", "dumb"}});
  CHECK(dumb.exit_code == 0);
  CHECK(dumb.text.find('\033') == std::string::npos);
}

TEST_CASE("cli terminal: a long run in a pipe says on stderr every ten seconds what it is doing",
          "[slow][words]") {
  const ScratchFolder folder;
  const auto line = words("verify --geometries 200000 --method symbolic --claim transpose");
  const Finished finished = run_fsconv(
      line, folder.path(), {.time = std::chrono::seconds(90), .interrupt_after = std::chrono::seconds(25)});
  INFO(description(line, finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.out.empty());
  // Two lines in 25 seconds, and the one that it was interrupted. The work begins a little after the program, and a busy
  // machine tells a little late: the lines are ten seconds apart, the first one need not stand at 10 s.
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 3);
  const std::regex told(
      "(?:^|\n)verify: [0-9]+ of [0-9]+ geometries after ([0-9]+) s, [0-9.]+/s, [0-9.]+ (?:s|min|h) left(?=\n)");
  std::vector<int> seconds;
  for (std::sregex_iterator line_told(finished.err.begin(), finished.err.end(), told), end; line_told != end;
       ++line_told)
    seconds.push_back(std::stoi((*line_told)[1]));
  REQUIRE(seconds.size() == 2);
  CHECK(seconds[0] > 5);
  CHECK(seconds[1] - seconds[0] > 7);
  CHECK(seconds[1] - seconds[0] < 13);
  CHECK(finished.err.find('\033') == std::string::npos);
}
