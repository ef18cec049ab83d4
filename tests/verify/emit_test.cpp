// The files of `fsconv verify --emit`: whole, complete in themselves, and over nobody else's.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/verify/emit.hpp>

#include "symbolic/stub_solver.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const std::string theorem = theorem_text("(> a 0)", "(> (+ a 1) 0)");
const std::string belief = belief_text("(> a 0)", "(> b 0)");

std::vector<Obligation> two_obligations() {
  return {parse_obligation("t", theorem), parse_obligation("beliefs/b", belief)};
}

}  // namespace

TEST_CASE("emit: the files read back, and each query is complete in itself") {
  const ScratchFolder folder;
  const std::string target = folder / "new/folder";
  const std::vector<Obligation> obligations = two_obligations();
  emit(obligations, target);
  CHECK(content_of(target + "/t.smt2") == theorem);
  CHECK(content_of(target + "/t.1.sat.smt2") == obligations[0].queries[0].text);
  CHECK(content_of(target + "/t.2.unsat.smt2") == obligations[0].queries[1].text);
  CHECK(content_of(target + "/beliefs/b.2.sat.smt2") == obligations[1].queries[1].text);
  CHECK(read_obligations(target).size() == 2);
  CHECK_NOTHROW(emit(obligations, target));
}

TEST_CASE("emit: nothing that differs is overwritten, and then nothing at all is written") {
  const ScratchFolder folder;
  const std::vector<Obligation> obligations = {parse_obligation("t", theorem)};
  const std::string same_length(obligations[0].queries[1].text.size(), ' ');
  for (const std::string& mine : {std::string("mine"), same_length}) {
    put_content(folder / "t.2.unsat.smt2", mine);
    CHECK_THROWS_AS(emit(obligations, folder.path()), IoError);
    CHECK_THROWS_WITH(emit(obligations, folder.path()),
                      Contains("t.2.unsat.smt2: is there already and differs"));
    CHECK(content_of(folder / "t.2.unsat.smt2") == mine);
    CHECK(folder.files() == 1);
  }
  CHECK_THROWS_AS(emit(obligations, folder / "t.2.unsat.smt2"), IoError);
  CHECK_THROWS_AS(emit(obligations, "/proc/fsconv"), IoError);
}

TEST_CASE("emit: what is no file is neither waited for nor replaced") {
  const std::vector<Obligation> obligations = {parse_obligation("t", theorem)};
  const auto refuses = [&](const std::function<void(const std::string&)>& put) {
    const ScratchFolder folder;
    put(folder / "t.smt2");
    CHECK_THROWS_WITH(emit(obligations, folder.path()),
                      Contains("t.smt2: is there already and is no regular file"));
    CHECK(folder.files() == 1);
  };
  refuses([](const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); });
  refuses([](const std::string& path) { std::filesystem::create_directory(path); });
  refuses([](const std::string& path) { std::filesystem::create_symlink("/dev/full", path); });
  refuses([](const std::string& path) { std::filesystem::create_symlink("nowhere", path); });
}

TEST_CASE("emit: a full disk leaves whole files and nothing else") {
  const ScratchFolder folder;
  const std::vector<Obligation> obligations = two_obligations();
  CHECK(exit_status_with_file_limit(theorem.size() - 1, [&] {
          try {
            emit(obligations, folder.path());
          } catch (const IoError& error) {
            return std::string(error.what()).find("t.smt2") != std::string::npos ? 5 : 1;
          }
          return 0;
        }) == 5);
  CHECK(folder.files() == 0);
}

TEST_CASE("emit: Ctrl-C ends it between two files and says how far it came") {
  const ScratchFolder folder;
  CHECK(exit_status_with_file_limit(RLIM_INFINITY, [&] {
          catch_interrupts();
          std::raise(SIGINT);
          try {
            emit(two_obligations(), folder.path());
          } catch (const Interrupted& stopped) {
            return std::string(stopped.what()).find("0 of 6 files") != std::string::npos ? 130 : 1;
          }
          return 0;
        }) == 130);
  CHECK(folder.files() == 0);
}
