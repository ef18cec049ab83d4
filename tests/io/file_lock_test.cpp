// Updates of a file: one after the other, none lost, and what a lock cannot keep away is noticed.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <thread>
#include <vector>

#include "io/scratch.hpp"
#include "support/interrupted_child.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

constexpr auto update = AtomicFile::Purpose::update;

void append(const std::string& path, const std::string& text) {
  AtomicFile file(path, update);
  file.write(text);
  file.commit();
}

}  // namespace

TEST_CASE("update: begins with what is there, or with nothing") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  {
    AtomicFile file(path, update);
    CHECK(file.copied() == 0);
    file.write("one");
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  CHECK(content_of(path) == "one");
  ::chmod(path.c_str(), 0640);
  {
    AtomicFile file(path, update);
    CHECK(file.copied() == 3);
    CHECK(content_of(file.temporary_path()) == "one");
    file.write(" two");
    file.commit();
  }
  CHECK(content_of(path) == "one two");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  { AtomicFile file(path, update); }
  CHECK(content_of(path) == "one two");
  put_content(path, "");
  CHECK(AtomicFile(path, update).copied() == 0);
  CHECK(folder.files() == 1);
}

TEST_CASE("update: long files are copied whole") {
  const ScratchFolder folder;
  std::string text;
  for (int n = 0; n < 100'000; ++n) text += std::to_string(n) + "\n";
  put_content(folder / "x", text);
  append(folder / "x", "end");
  CHECK(content_of(folder / "x") == text + "end");
}

TEST_CASE("update: of many at once none is lost, from no file on and by any name of it") {
  for (const bool linked : {false, true}) {
    const ScratchFolder folder;
    if (linked) std::filesystem::create_symlink("x", folder / "link");
    constexpr int threads = 6, rounds = 20;
    std::vector<std::thread> workers;
    std::atomic<int> failures = 0;
    for (int worker = 0; worker < threads; ++worker)
      workers.emplace_back([&, worker] {
        const std::string name = folder / (linked && worker % 2 == 1 ? "link" : "x");
        for (int round = 0; round < rounds; ++round) try {
            append(name, std::string(1, static_cast<char>('a' + worker)));
          } catch (const std::exception&) {
            ++failures;
          }
      });
    for (std::thread& worker : workers) worker.join();
    CHECK(failures == 0);
    const std::string content = content_of(folder / "x");
    CHECK(content.size() == threads * rounds);
    for (int worker = 0; worker < threads; ++worker)
      CHECK(std::count(content.begin(), content.end(), 'a' + worker) == rounds);
    CHECK(folder.files() == (linked ? 2 : 1));
  }
}

TEST_CASE("update: the second waits for the first, and then begins with what it made") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  for (const bool exists : {false, true}) {
    std::filesystem::remove(path);
    if (exists) put_content(path, "old");
    std::atomic<bool> through = false;
    std::uint64_t copied = 0;
    std::thread second;
    {
      AtomicFile first(path, update);
      second = std::thread([&] {
        AtomicFile file(path, update);
        copied = file.copied();
        through = true;
      });
      std::this_thread::sleep_for(100ms);
      CHECK_FALSE(through);
      first.write("and new");
      first.commit();
    }
    second.join();
    CHECK(copied == (exists ? 10 : 7));
  }
}

TEST_CASE("update: of two files in one folder neither waits, and who replaces a file waits for nobody") {
  const ScratchFolder folder;
  put_content(folder / "x", "old");
  put_content(folder / "y", "old");
  const AtomicFile x(folder / "x", update);
  const AtomicFile y(folder / "y", update);
  AtomicFile replacing(folder / "x");
  replacing.write("other");
  replacing.commit();
  CHECK(content_of(folder / "x") == "other");
}

TEST_CASE("update: Ctrl-C ends the wait, for a file and for one that is yet to come") {
  for (const bool exists : {false, true}) {
    const ScratchFolder folder;
    if (exists) put_content(folder / "x", "old");
    const AtomicFile first(folder / "x", update);
    CHECK(exit_status_when_interrupted(200ms, [&] {
            try {
              const AtomicFile second(folder / "x", update);
              return 1;
            } catch (const Interrupted&) {
              return 130;
            }
          }) == 130);
  }
}

TEST_CASE("update: what others do to the file meanwhile is noticed, and stays") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  put_content(path, "old");
  AtomicFile file(path, update);
  file.write("mine");
  SECTION("it is written into") {
    put_content(path, "others'");
    CHECK_THROWS_WITH(file.commit(), Contains(path) && Contains("was changed by another program"));
    CHECK(content_of(path) == "others'");
  }
  SECTION("it is replaced by one of the same size") {
    put_content(folder / "y", "new");
    std::filesystem::rename(folder / "y", path);
    CHECK_THROWS_WITH(file.commit(), Contains("was changed by another program"));
    CHECK(content_of(path) == "new");
  }
  SECTION("it is taken away") {
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(file.commit(), Contains("has gone since it was read"));
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("it is only read") {
    CHECK(content_of(path) == "old");
    file.commit();
    CHECK(content_of(path) == "oldmine");
  }
}

TEST_CASE("update: a file that another program makes first is noticed, and stays") {
  const ScratchFolder folder;
  {
    AtomicFile file(folder / "x", update);
    file.write("mine");
    put_content(folder / "x", "others'");
    CHECK_THROWS_WITH(file.commit(), Contains("has appeared since it was looked for"));
  }
  CHECK(content_of(folder / "x") == "others'");
  CHECK(folder.files() == 1);
}

TEST_CASE("update: neither waits for the locks of HDF5's readers nor keeps them out") {
  const ScratchFolder folder;
  put_content(folder / "x", "old");
  const int reader = ::open((folder / "x").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(reader, LOCK_SH | LOCK_NB) == 0);
  AtomicFile file(folder / "x", update);
  const int other = ::open((folder / "x").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(::flock(other, LOCK_SH | LOCK_NB) == 0);
  file.write(" and new");
  file.commit();
  CHECK(content_of(folder / "x") == "old and new");
  ::close(reader);
  ::close(other);
}

TEST_CASE("update: a folder that may not be read has no lock, and its files are updated all the same") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "closed");
  ::chmod((folder / "closed").c_str(), 0300);
  append(folder / "closed/x", "one");
  append(folder / "closed/x", " two");
  CHECK(content_of(folder / "closed/x") == "one two");
  ::chmod((folder / "closed").c_str(), 0700);
}

TEST_CASE("update: a child process that outlives it keeps no lock") {
  const ScratchFolder folder;
  put_content(folder / "x", "old");
  pid_t child = -1;
  {
    const AtomicFile file(folder / "x", update);
    child = fork();
    if (child == 0) {
      ::pause();
      std::_Exit(0);
    }
  }
  append(folder / "x", " and new");  // would wait for ever
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(content_of(folder / "x") == "old and new");
}

TEST_CASE("file identity: a file stays itself, whatever is written into it and whatever its number") {
  const ScratchFolder folder;
  const std::string path = folder / "a";
  put_content(path, "one");
  const auto first = identity_of(path);
  REQUIRE(first);
  CHECK_FALSE(identity_of(folder / "none"));
  std::filesystem::create_symlink("a", folder / "link");
  CHECK(identity_of(folder / "link")->is_same_file(*first));
  std::filesystem::rename(path, folder / "b");
  CHECK(identity_of(folder / "b")->is_same_file(*first));
  std::ofstream(folder / "b", std::ios::app) << " and more";
  CHECK(identity_of(folder / "b")->is_same_file(*first));
  // A system that numbers files anew, and knows no birth.
  FileIdentity again = *first;
  ++again.inode;
  again.born = {};
  CHECK(again.is_same_file(*first));
  ++again.modified.nanoseconds;
  CHECK_FALSE(again.is_same_file(*first));
  again = *first;
  ++again.born.nanoseconds;  // the number is that of one that has gone
  ++again.size;
  CHECK_FALSE(again.is_same_file(*first));
}
