// Temporary files that a killed program has left: the next one takes them away, and no others.
// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/leftovers.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

// A process that is killed while it writes `path`.
void be_killed_writing(const std::string& path) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    AtomicFile file(path);
    file.write("half of it");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("leftovers: the next writer takes away what a killed one has left, and the file is as it was") {
  const ScratchFolder folder;
  put_content(folder / "x", "old");
  be_killed_writing(folder / "x");
  CHECK(folder.files() == 2);
  write_whole(folder / "y", "new");
  CHECK(folder.files() == 2);
  CHECK(content_of(folder / "x") == "old");
  CHECK(content_of(folder / "y") == "new");
}

TEST_CASE("leftovers: what somebody may still be writing stays, and so does what has another name") {
  const ScratchFolder folder;
  AtomicFile unfinished(folder / "x");
  unfinished.write("mine");
  const std::string living = temporary_name();  // of this process: .fsconv-MARK-PROCESS-NUMBER.tmp
  const std::string mark = living.substr(0, living.find('-', 8));
  // 2^22 is more than the number of any process.
  const std::string dead = mark + "-4194305-0.tmp";
  const std::vector<std::string> others = {".fsconv-00000000-4194305-0.tmp",
                                           ".fsconv-4194305-0.tmp",
                                           mark + "-4194305-0",
                                           mark + "-4194305.tmp",
                                           mark + "-4194305-x.tmp",
                                           mark + "-0-0.tmp",
                                           mark + "--1-0.tmp",
                                           mark + "-99999999999999999999-0.tmp",
                                           "x" + dead,
                                           living};
  for (const std::string& name : others) put_content(folder / name, "somebody's");
  const ScratchFolder second;  // folders are looked into once, and the first one was when `unfinished` began
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    std::filesystem::copy(entry.path(), second / entry.path().filename().string());
  put_content(second / dead, "a dead process's");
  remove_leftovers(second.path() + "/");
  CHECK(second.files() == others.size() + 1);
  CHECK_FALSE(std::filesystem::exists(second / dead));
  unfinished.commit();
  CHECK(content_of(folder / "x") == "mine");
}

TEST_CASE("leftovers: a folder that is not there, or cannot be read, disturbs nobody") {
  const ScratchFolder folder;
  CHECK_NOTHROW(remove_leftovers(folder / "nothing/"));
  put_content(folder / "file", "");
  CHECK_NOTHROW(remove_leftovers(folder / "file"));
}
