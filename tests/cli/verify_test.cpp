// fsconv verify: exit codes, mutants, the command that shows a failure again, and the file of checks.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "symbolic/stub_solver.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using nlohmann::json;

namespace {

const std::vector<std::string> mutants = {
    "no_flip",     "pad_p",        "swapped_pads",  "cancelled_stride", "shifted",   "wrong_group",
    "dropped_tap", "quadratic",    "unit_shortcut", "ones_shortcut",    "upsampled", "wrong_coefficient",
    "wrong_sign",  "shifted_tile", "plain_matrix",  "scaled_twice"};

Finished verify_line(const ScratchFolder& folder, const std::string& line) {
  return run_fsconv(words("verify " + line), folder.path(), {.time = std::chrono::seconds(60)});
}

// A column of codes in the words that its attribute gives them.
std::vector<std::string> column_words(const hdf5::File& file, const std::string& column) {
  const std::vector<std::string> meanings =
      words(file.string_attribute("/checks/" + column, "flag_meanings"));
  std::vector<std::string> list;
  for (const double code : file.read<double>("/checks/" + column))
    list.push_back(meanings.at(static_cast<std::size_t>(code)));
  return list;
}

// Programs of this folder are found before all others, or alone, as long as this lives.
class Path {
 public:
  Path(const std::string& folder, bool alone) : before_(std::getenv("PATH")) {
    ::setenv("PATH", (alone ? folder : folder + ":" + before_).c_str(), 1);
  }
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("cli verify: a small sweep holds, and its file has one row per check") {
  const ScratchFolder folder;
  const Finished finished =
      verify_line(folder, "--method numeric,exact,symbolic --geometries 30 --output checks.h5 --json");
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(folder.files() == 1);
  const json report = json::parse(finished.out);
  CHECK(report["passed"] == true);
  CHECK(report["failures"].empty());
  CHECK(report["geometries"].get<Index>() > 30);  // the hand-picked ones, too

  const auto file = hdf5::File::open(folder / "checks.h5");
  const auto rows = report["checks"].get<Index>();
  const auto claims = column_words(file, "claim"), verdicts = column_words(file, "verdict");
  const auto geometries = file.read<double>("/checks/geometry");
  CHECK(static_cast<Index>(claims.size()) == rows);
  CHECK(static_cast<Index>(verdicts.size()) == rows);
  CHECK(geometries.size() == rows);
  CHECK(file.shape("/checks/error_over_bound") == Shape{rows});
  const auto cases = file.read_strings("/geometries/case");
  CHECK(static_cast<Index>(cases.size()) == report["geometries"].get<Index>());
  CHECK(file.string_attribute("/", "command_line") ==
        "fsconv verify --method numeric,exact,symbolic --geometries 30 --output checks.h5 --json");
  std::string odd;
  Index refuted = 0;
  for (std::size_t row = 0; row < verdicts.size(); ++row) {
    refuted += verdicts[row] == "refuted";
    const char* wanted = claims[row] == "not-inverse" ? "refuted" : "holds";
    if (verdicts[row] != "skipped" && verdicts[row] != wanted)
      odd += claims[row] + " " + cases[static_cast<std::size_t>(geometries[static_cast<Index>(row)])] + " " +
             verdicts[row] + "\n";
  }
  CHECK(odd == "");
  CHECK(refuted > 0);
}

TEST_CASE("cli verify: the result does not depend on the threads, and the seed changes the geometries",
          "[slow]") {
  const ScratchFolder folder;
  const auto run = [&](const std::string& options) {
    REQUIRE(
        verify_line(folder, "--method numeric,exact,symbolic --geometries 10 --output checks.h5 " + options)
            .exit_code == 0);
    return hdf5::File::open(folder / "checks.h5");
  };
  const auto one = run("--threads 1"), three = run("--threads 3"), other = run("--seed 1");
  const auto cases = [](const hdf5::File& file) { return file.read_strings("/geometries/case"); };
  CHECK(cases(one) == cases(three));
  CHECK(column_words(one, "verdict") == column_words(three, "verdict"));
  CHECK(one.read<double>("/checks/error_over_bound") == three.read<double>("/checks/error_over_bound"));
  CHECK(cases(one) != cases(other));
}

TEST_CASE("cli verify: every mutant is rejected with exit code 3", "[slow]") {
  const ScratchFolder folder;
  for (const std::string& mutant : mutants) {
    const Finished finished = verify_line(folder, "--mutant " + mutant + " --geometries 50 --json");
    INFO(mutant << "\n" << finished.err);
    CHECK(finished.exit_code == 3);
    const json report = json::parse(finished.out);
    CHECK(report["passed"] == false);
    CHECK_FALSE(report["failures"].empty());
  }
}

TEST_CASE("cli verify: the command that is printed shows the failure again, at the same numbers", "[slow]") {
  const ScratchFolder folder;
  for (const std::string& mutant : mutants) {
    const Finished first = verify_line(folder, "--mutant " + mutant + " --geometries 50 --json");
    const json failures = json::parse(first.out)["failures"];
    REQUIRE_FALSE(failures.empty());
    const json failure = failures.front();
    const std::string command = failure["command"];
    INFO(command);
    REQUIRE(command.starts_with("fsconv "));
    std::vector<std::string> arguments = words(command);
    arguments.erase(arguments.begin());
    arguments.push_back("--json");
    const Finished again = run_fsconv(arguments, folder.path());
    INFO(description(arguments, again));
    CHECK(again.exit_code == 3);
    if (again.exit_code != 3) continue;
    const json same = json::parse(again.out)["failures"].front();
    for (const char* field : {"claim", "form", "method", "smallest"}) CHECK(same[field] == failure[field]);
    CHECK(same["detail"] == failure["detail"]);
  }
}

TEST_CASE("cli verify: the smallest case is one that cannot be made smaller by hand") {
  // Without the flip, a filter of one tap is right; two taps on one pixel are enough to be wrong.
  const ScratchFolder folder;
  const Finished finished = verify_line(folder, "--mutant no_flip --claim transpose --geometries 0");
  CHECK(finished.exit_code == 3);
  CHECK(finished.out.find("ic1oc1i1o1k2") != std::string::npos);
  CHECK(verify_line(folder, "--mutant no_flip --claim transpose --case i1o1k1").exit_code == 0);
}

TEST_CASE("cli verify: the command is recorded as a shell reads it") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = {"verify",  "--case", "i4o2k3", "--method=exact",
                                              "--claim", "shape",  "-o",     "it's (1) ü.h5"};
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  CHECK(hdf5::File::open(folder / "it's (1) ü.h5").string_attribute("/", "command_line") ==
        "fsconv verify --case i4o2k3 --method=exact --claim shape -o 'it'\\''s (1) ü.h5'");
}

TEST_CASE("cli verify: one case, one claim, one form, one method") {
  const ScratchFolder folder;
  const Finished finished = verify_line(
      folder,
      "--case ic1oc2i28x28o14x14k3s2 --claim gradient,transpose --form polyphase --method exact --json");
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  const json report = json::parse(finished.out);
  CHECK(report["geometries"] == 1);
  CHECK(report["checks"] == 2);
  CHECK(report["skipped"] == 0);
  for (const json& claim : report["claims"]) CHECK(claim["strength"]["for_all_sizes"]["proved"] == false);
  CHECK(report["claims"].size() == 2);
}

TEST_CASE("cli verify: the exhaustive sweep takes every geometry up to its bounds") {
  const ScratchFolder folder;
  // 2 images x 2 codes x 2 kernels x stride 1 x dilation 1 x paddings -1, 0, 1
  const Finished finished = verify_line(folder,
                                        "--sweep exhaustive --max-size 2 --max-kernel 2 --max-stride 1 "
                                        "--max-denominator 1 --max-dilation 1 --max-padding 1 --json");
  REQUIRE(finished.exit_code == 0);
  CHECK(json::parse(finished.out)["geometries"] == 24);
}

TEST_CASE("cli verify: the table is plain text where nobody looks at it on a terminal") {
  const ScratchFolder folder;
  const Finished finished = verify_line(folder, "--case i4o2k3");
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.find('\033') == std::string::npos);
  CHECK(finished.err.empty());
  for (const char* word : {"transpose", "holds", "refuted", "not-inverse"})
    CHECK(finished.out.find(word) != std::string::npos);
}

TEST_CASE("cli verify: one statement is proved for all sizes, one belief refuted and shown") {
  const ScratchFolder folder;
  const Finished finished = verify_line(folder, "--proof gather,no_flip --output proofs.h5 --json");
  if (finished.err.find("z3") != std::string::npos && finished.exit_code == 1) {
    WARN("z3 is not installed: nothing was proved");
    return;
  }
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  const json report = json::parse(finished.out);
  CHECK(report["passed"] == true);
  CHECK(report["checks"] == 0);
  REQUIRE(report["proofs"].size() == 2);
  CHECK(report["proofs"][0]["verdict"] == "proved");
  CHECK(report["proofs"][1]["verdict"] == "refuted");
  CHECK(report["proofs"][1]["counterexample"]["taps"] == 2);  // one tap is its own mirror image
  CHECK(report["proofs"][1]["replayed"]["believed"] != report["proofs"][1]["replayed"]["computed"]);
  CHECK(report["claims"].empty());  // chosen statements support no claim as a whole
  CHECK(report["solvers"][0].get<std::string>().find("Z3") == 0);

  const auto file = hdf5::File::open(folder / "proofs.h5");
  CHECK(file.read_strings("/proofs/proof") == std::vector<std::string>{"gather", "no_flip"});
  CHECK(file.read_strings("/proofs/verdict") == std::vector<std::string>{"proved", "refuted"});
  CHECK(file.read<double>("/proofs/goals")[0] >= 1);
}

TEST_CASE("cli verify: a solver that does not run is an error of the machine, in one line that names it",
          "[slow]") {
  const ScratchFolder folder, programs;
  const auto by = [&](const std::string& solver, const std::string& script, const std::string& line) {
    put_program(programs, solver, script);
    const Path first(programs.path(), false);
    Finished finished = verify_line(folder, line);
    std::filesystem::remove(programs / solver);
    return finished;
  };
  for (const std::string line :
       {"--proof gather", "--proof no_flip", "--method proof --json", "--claim transpose --geometries 0"})
    for (const std::string script : {"kill -KILL $$", "kill -SEGV $$", "exec /fsconv/none", "exit 1",
                                     "echo '(error \"out of memory\")'; exit 101"}) {
      const Finished finished = by("z3", script, line);
      INFO(line << ": " << script << "\n" << finished.err);
      REQUIRE(finished.exit_code == 1);
      // On a slow machine lines of progress come before it.
      const std::string last = finished.err.substr(finished.err.rfind("fsconv: "));
      CHECK(last.find('\n') == last.size() - 1);
      CHECK(last.find(programs / "z3") != std::string::npos);
      CHECK(finished.out.empty());
    }
  put_content(programs / "z3", "no program");
  std::filesystem::permissions(programs / "z3", std::filesystem::perms::owner_all);
  {
    const Path first(programs.path(), false);
    const Finished finished = verify_line(folder, "--proof gather");
    CHECK(finished.exit_code == 1);
    CHECK(finished.err.find("Exec format error") != std::string::npos);
  }
  // It may not be executed, or there is none: asked for by name it is missing, with all methods it is left out.
  std::filesystem::permissions(programs / "z3", std::filesystem::perms::owner_read);
  {
    const Path alone(programs.path(), true);
    Finished finished = verify_line(folder, "--proof gather");
    CHECK(finished.exit_code == 1);
    CHECK(finished.err.find("z3 is not found") != std::string::npos);
    finished = verify_line(folder, "--geometries 0 --claim transpose --form gather --method exact");
    CHECK(finished.exit_code == 0);
    finished = verify_line(folder, "--geometries 0 --claim transpose");
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("there is no program z3") != std::string::npos);
  }
  std::filesystem::remove(programs / "z3");
  // A solver that runs and does not know, or takes too long, has decided nothing.
  for (const std::string script : {"echo unknown", "exec sleep 100"}) {
    const Finished finished = by("z3", script, "--proof gather --time-limit 0.2");
    INFO(script << "\n" << finished.err);
    CHECK(finished.exit_code == 3);
    CHECK(finished.out.find("undecided") != std::string::npos);
  }
  // The second solver only confirms; what it does not know costs nothing, but it has to run.
  if (!find_program("z3")) return;
  CHECK(by("cvc5", "echo unknown", "--proof gather").exit_code == 0);
  CHECK(by("cvc5", "kill -KILL $$", "--proof gather").exit_code == 1);
}

TEST_CASE("cli verify: Ctrl-C ends every method soon, and leaves no file", "[slow]") {
  const ScratchFolder folder, programs;
  put_program(programs, "z3", "exec sleep 100");
  const Path first(programs.path(), false);
  for (const std::string line : {"--method numeric --geometries 100000", "--method exact --geometries 100000",
                                 "--method symbolic --geometries 100000", "--method proof --output checks.h5",
                                 "--sweep exhaustive --max-size 12 --output checks.h5",
                                 "--method exact --mutant no_flip --max-size 20 --sweep exhaustive"}) {
    const Finished finished =
        run_fsconv(words("verify " + line), folder.path(),
                   {.time = std::chrono::seconds(20), .interrupt_after = std::chrono::milliseconds(700)});
    INFO(line << "\n" << finished.out << finished.err);
    CHECK(finished.exit_code == 130);
    CHECK(finished.out.empty());
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("cli verify: statements from a folder, damaged, false, vacuous or missing") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "mine");
  const auto write = [&](const std::string& text) { std::ofstream(folder / "mine/odd.smt2") << text; };
  const std::string head =
      "(set-logic QF_LIA)\n(set-info :statement \"s\")\n(set-info :claims \"matrix\")\n"
      "(declare-const n Int)\n(assert (> n 0))\n";
  const std::string twin = "(push 1)\n(set-info :status sat)\n(check-sat)\n(pop 1)\n";
  const auto goal = [](const std::string& denied) {
    return "(push 1)\n(assert " + denied + ")\n(set-info :status unsat)\n(check-sat)\n(pop 1)\n";
  };

  CHECK(verify_line(folder, "--proofs nowhere").exit_code == 5);
  CHECK(verify_line(folder, "--proofs mine").exit_code == 4);  // no files
  write(head + twin);
  Finished finished = verify_line(folder, "--proofs mine");  // nothing is claimed
  CHECK(finished.exit_code == 4);
  CHECK(finished.err.find("odd.smt2") != std::string::npos);
  CHECK(finished.error_lines() <= 2);
  write(head + goal("(<= n 0)"));  // no twin
  CHECK(verify_line(folder, "--proofs mine").exit_code == 4);
  write(head + twin + "(push 1\n");
  CHECK(verify_line(folder, "--proofs mine").exit_code == 4);

  write(head + twin + goal("(<= n 0)"));
  finished = verify_line(folder, "--proofs mine");
  if (finished.err.find("z3") != std::string::npos) return;  // nothing to decide it with
  CHECK(finished.exit_code == 0);
  write(head + twin + goal("(<= n 1)"));  // false: n = 1
  finished = verify_line(folder, "--proofs mine");
  CHECK(finished.exit_code == 3);
  CHECK(finished.out.find("FAILS") != std::string::npos);
  CHECK(finished.out.find("n=1") != std::string::npos);
  CHECK(finished.out.find("fsconv verify --proof odd --proofs mine") != std::string::npos);
  write(head + "(assert (< n 0))\n" + twin + goal("(<= n 1)"));  // the hypotheses contradict each other
  finished = verify_line(folder, "--proofs mine");
  CHECK(finished.exit_code == 3);
  CHECK(finished.out.find("vacuous") != std::string::npos);
  std::string unknown = head;
  unknown.replace(unknown.find("matrix"), 6, "matrx");
  write(unknown + twin + goal("(<= n 0)"));
  finished = verify_line(folder, "--proofs mine");
  CHECK(finished.exit_code == 4);
  CHECK(finished.err.find("matrx") != std::string::npos);
}

TEST_CASE("cli verify: --emit writes files that are read back, and touches no others") {
  const ScratchFolder folder;
  const Finished finished = verify_line(folder, "--emit statements --proof gather,no_flip");
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(std::filesystem::exists(folder / "statements/gather.smt2"));
  CHECK(std::filesystem::exists(folder / "statements/beliefs/no_flip.smt2"));
  CHECK(verify_line(folder, "--emit statements --proof gather,no_flip").exit_code == 0);  // the same again
  std::ofstream(folder / "statements/gather.smt2") << "mine";
  CHECK(verify_line(folder, "--emit statements --proof gather").exit_code == 5);
  CHECK(std::filesystem::file_size(folder / "statements/gather.smt2") == 4);
}

TEST_CASE("cli verify: --explain shows equal polynomials, as words and as JSON") {
  const ScratchFolder folder;
  const Finished plain = verify_line(folder, "--explain");
  CHECK(plain.exit_code == 0);
  CHECK(plain.out.find("w0 x1 + w1 x2 + w2 x3") != std::string::npos);
  CHECK(plain.out.find("DIFFERENT") == std::string::npos);
  const json explained = json::parse(verify_line(folder, "--explain --case i4o2k3 --json").out);
  CHECK(explained["conv_transpose"]["equal"] == true);
  CHECK(explained["conv_transpose"]["polynomials"]["(W^T y)1"][0] == "w0 y1 + w1 y0");
  CHECK(verify_line(folder, "--explain --case i400o200k3s2p1").exit_code == 2);
}

TEST_CASE("cli verify: proofs know no geometry and no form") {
  const ScratchFolder folder;
  for (const char* line :
       {"--method proof --case i4o2k3", "--method proof --form gather", "--method proof --mutant no_flip",
        "--proof nothing_like_it", "--method exact --proof gather", "--method exact --emit here",
        "--explain --claim matrix", "--time-limit 0", "--time-limit nan", "--time-limit -1", "--method magic",
        "--method exact,exact", "--method proof --geometries 3", "--method proof --seed 1",
        "--emit here --json", "--emit here --threads 2", "--explain --max-size 3",
        "--proof gather --claim overlap", "--method proof --claim nope"}) {
    const Finished finished = verify_line(folder, line);
    INFO(line << "\n" << finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() >= 1);
    CHECK(finished.error_lines() <= 2);
  }
  // All methods on one case are those that look at it.
  CHECK(verify_line(folder, "--case i4o2k3 --json").exit_code == 0);
}

TEST_CASE("cli verify: a claim takes all its statements, and a belief is refuted by its own") {
  const ScratchFolder folder;
  const Finished finished = verify_line(folder, "--method proof --claim not-inverse --json");
  if (finished.exit_code == 1) return;  // no z3
  const json report = json::parse(finished.out);
  REQUIRE(report["proofs"].size() == 1);
  CHECK(report["proofs"][0]["name"] == "inverse");
  REQUIRE(report["claims"].size() == 1);
  CHECK(report["claims"][0]["verdict"] == "refuted");
}

TEST_CASE("cli verify: what one check decides it decides for every method that was asked for") {
  const ScratchFolder folder;
  for (const char* methods :
       {"numeric,exact", "exact,numeric", "symbolic", "symbolic,exact", "numeric,symbolic"})
    for (const char* claim : {"overlap", "shape"}) {
      INFO(methods << " " << claim);
      const Finished finished =
          verify_line(folder, std::string("--case i6o3k3s2p1 --claim ") + claim + " --method " + methods);
      CHECK(finished.exit_code == 0);
      CHECK(finished.err.empty());
    }
}

TEST_CASE("cli verify: polynomials that decide a claim decide it for the methods behind them") {
  const ScratchFolder folder;
  for (const char* methods : {"symbolic,numeric", "numeric,symbolic", "symbolic,exact"}) {
    INFO(methods);
    const Finished finished = verify_line(
        folder, std::string("--case i6o3k3s2p1 --claim resize --form gather --method ") + methods);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
  }
}

TEST_CASE("cli verify: what was asked for and not tried says why") {
  const ScratchFolder folder;
  const std::string line =
      "--method symbolic --case ic1oc1i160x160o160x160k1 --form gather --claim transpose";
  const Finished finished = run_fsconv(words("verify " + line), folder.path());
  CHECK(finished.exit_code == 2);  // a check that tried nothing holds nothing
  CHECK(finished.error_lines() <= 2);
  CHECK_THAT(finished.out, Catch::Contains("transpose was not tried: "));
  CHECK_THAT(finished.err, Catch::Contains("claim: nothing of transpose was tried: "));
  const json report = json::parse(run_fsconv(words("verify " + line + " --json"), folder.path()).out);
  CHECK(report["claims"][0]["not_tried_because"].get<std::string>().find("products of symbols") !=
        std::string::npos);
}

TEST_CASE("cli verify: whatever is named must be tried at least once, in every way to name it") {
  const ScratchFolder folder;
  const std::string one = "--case ic1oc1i6o3k3s2p1 ", large = "--case ic1oc1i160x160o160x160k1 ";
  for (const auto& [line, field] : std::vector<std::pair<std::string, std::string>>{
           {one + "--claim shape --mutant no_flip", "mutant: nothing of no_flip"},
           {one + "--claim shape --form gather", "form: nothing of gather"},
           {one + "--claim checkerboard --mutant no_flip --method symbolic", ""},
           {large + "--claim transpose,shape --form gather --method symbolic,exact",
            "method: nothing of symbolic"},
           {large + "--form gather --method symbolic --claim transpose,shape",
            "claim: nothing of transpose"}}) {
    const Finished finished = run_fsconv(words("verify " + line), folder.path());
    INFO(line << "\n" << finished.err);
    if (field.empty())
      CHECK(finished.exit_code != 2);
    else {
      CHECK(finished.exit_code == 2);
      CHECK_THAT(finished.err, Catch::Contains(field));
    }
  }
  // Nobody named the claims here: what is not about the sizes of this case is skipped in peace.
  CHECK(run_fsconv(words("verify --method numeric " + one), folder.path()).exit_code == 0);
}
