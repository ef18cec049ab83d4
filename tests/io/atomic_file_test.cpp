// AtomicFile: old content or new, never a mixture; and the system's reasons.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <memory>
#include <thread>

#include "io/scratch.hpp"
#include "support/interrupted_child.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

using namespace std::chrono_literals;

std::string pipe_in(const ScratchFolder& folder) {
  const std::string pipe = folder / "pipe";
  if (::mkfifo(pipe.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
  return pipe;
}

void put_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("atomic file: the target appears with commit and not before") {
  const ScratchFolder folder;
  const std::string path = folder / "result.txt";
  {
    AtomicFile file(path);
    file.write("new");
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  CHECK(content_of(path) == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: without commit the old content stays and nothing is left behind") {
  const ScratchFolder folder;
  put_content(folder / "result.txt", "old");
  {
    AtomicFile file(folder / "result.txt");
    file.write("new");
    CHECK(folder.files() == 2);
  }
  CHECK(content_of(folder / "result.txt") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: an open reader keeps seeing the old content") {
  const ScratchFolder folder;
  put_content(folder / "result.txt", "old");
  std::ifstream reader(folder / "result.txt");
  AtomicFile file(folder / "result.txt");
  file.write("new");
  file.commit();
  std::string seen;
  reader >> seen;
  CHECK(seen == "old");
  CHECK(content_of(folder / "result.txt") == "new");
}

TEST_CASE("atomic file: permissions and symbolic links of the target are kept") {
  const ScratchFolder folder;
  put_content(folder / "real.txt", "old");
  ::chmod((folder / "real.txt").c_str(), 0640);
  std::filesystem::create_symlink("real.txt", folder / "link.txt");
  AtomicFile file(folder / "link.txt");
  file.write("new");
  file.commit();
  CHECK(std::filesystem::is_symlink(folder / "link.txt"));
  CHECK(content_of(folder / "real.txt") == "new");
  struct stat status {};
  REQUIRE(::stat((folder / "real.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("atomic file: links that lead to nothing stay, and what they name is made") {
  const ScratchFolder folder, elsewhere;
  std::filesystem::create_directory(folder / "results");
  std::filesystem::create_symlink("results/first", folder / "relative");
  std::filesystem::create_symlink(elsewhere / "second", folder / "absolute");
  std::filesystem::create_symlink("../third", folder / "results/up");
  std::filesystem::create_symlink("results/up", folder / "chain");
  const std::vector<std::pair<std::string, std::string>> links = {
      {folder / "relative", folder / "results/first"},
      {folder / "absolute", elsewhere / "second"},
      {folder / "chain", folder / "third"}};
  for (const auto& [link, target] : links) {
    INFO(link);
    require_writable(link);
    CHECK_FALSE(std::filesystem::exists(target));
    AtomicFile file(link);
    file.write("new");
    file.commit();
    CHECK(std::filesystem::is_symlink(link));
    CHECK(content_of(target) == "new");
  }
  std::filesystem::create_symlink("missing/file", folder / "far");
  CHECK_THROWS_WITH(AtomicFile(folder / "far"),
                    Contains(folder / "far") && EndsWith("/missing; make it with mkdir -p"));
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH(AtomicFile(folder / "loop"), Contains("Too many levels of symbolic links"));
}

TEST_CASE("atomic file: a new file has the permissions of the umask") {
  const ScratchFolder folder;
  const mode_t before = ::umask(027);
  AtomicFile file(folder / "result.txt");
  ::umask(before);
  file.commit();
  struct stat status {};
  REQUIRE(::stat((folder / "result.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("atomic file: places that cannot be written are named with the system's reason") {
  const ScratchFolder folder;
  put_content(folder / "file", "");
  CHECK_THROWS_WITH(AtomicFile(folder.path()), Contains(folder.path()) && Contains("is a directory"));
  for (const char* path : {"missing/x", "missing/", "missing//x"})
    CHECK_THROWS_WITH(AtomicFile(folder / path),
                      EndsWith("there is no folder " + (folder / "missing") + "; make it with mkdir -p"));
  CHECK_THROWS_WITH(AtomicFile(folder / "file/x"), Contains("Not a directory"));
  CHECK_THROWS_WITH(AtomicFile(folder / std::string(300, 'x')), Contains("File name too long"));
  CHECK_THROWS_WITH(AtomicFile("/proc/x"), Contains("/proc/x: cannot write"));
  CHECK_THROWS_AS(AtomicFile(""), IoError);
  CHECK_NOTHROW(AtomicFile(folder / std::string(255, 'x')));
}

TEST_CASE("atomic file: a socket, and a stream that is only read, are refused") {
  const ScratchFolder folder;
  put_socket(folder / "socket");
  CHECK_THROWS_WITH(AtomicFile(folder / "socket"), EndsWith("cannot write: it is a socket"));
  CHECK_THROWS_WITH(require_writable(folder / "socket"), EndsWith("cannot write: it is a socket"));
  put_content(folder / "input", "content");
  const int descriptor = ::open((folder / "input").c_str(), O_RDONLY | O_CLOEXEC);
  const std::string stream = "/dev/fd/" + std::to_string(descriptor);
  CHECK_THROWS_WITH(AtomicFile(stream), EndsWith("it is open for reading only"));
  CHECK_THROWS_WITH(require_writable(stream), EndsWith("it is open for reading only"));
  ::close(descriptor);
}

TEST_CASE("atomic file: what is finished is put in place by commit, and takes no more") {
  const ScratchFolder folder;
  put_content(folder / "result.txt", "old");
  {
    AtomicFile file(folder / "result.txt");
    file.write("new");
    file.finish();
    CHECK(content_of(folder / "result.txt") == "old");
    CHECK_THROWS_AS(file.write("more"), IoError);
    file.commit();
  }
  CHECK(content_of(folder / "result.txt") == "new");
  {
    AtomicFile file(folder / "result.txt");
    file.write("never");
    file.finish();
  }
  CHECK(content_of(folder / "result.txt") == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a full device is reported and stays a device") {
  AtomicFile file("/dev/full");
  CHECK_THROWS_WITH(file.write("x"), "/dev/full: cannot write: No space left on device");
  CHECK_THROWS_AS(file.write("x"), IoError);
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("atomic file: pipes and inherited descriptors are written directly") {
  const ScratchFolder folder;
  const std::string pipe = pipe_in(folder);
  std::string seen;
  std::thread reader([&] { seen = content_of(pipe); });
  {
    AtomicFile file(pipe);
    SECTION("by write") { file.write("through the pipe"); }
    SECTION("by a library") { put_content(file.temporary_path(), "through the pipe"); }
    file.commit();
  }
  reader.join();
  CHECK(seen == "through the pipe");
  CHECK(std::filesystem::is_fifo(pipe));
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a pipe waits for its reader and takes more than it holds") {
  const ScratchFolder folder;
  const std::string pipe = pipe_in(folder), text(1 << 20, 'x');
  std::string seen;
  std::thread reader([&] {
    std::this_thread::sleep_for(100ms);
    seen = content_of(pipe);
  });
  {
    AtomicFile file(pipe);
    file.write(text);
    file.commit();
  }
  reader.join();
  CHECK(seen == text);
}

TEST_CASE("atomic file: Ctrl-C ends the wait for a reader, and for one that does not read") {
  const ScratchFolder folder;
  const std::string pipe = pipe_in(folder);
  const auto write_much = [&] {
    try {
      AtomicFile file(pipe);
      file.write(std::string(1 << 20, 'x'));
      return 1;
    } catch (const Interrupted&) {
      return 130;
    }
  };
  CHECK(exit_status_when_interrupted(200ms, write_much) == 130);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  CHECK(exit_status_when_interrupted(200ms, write_much) == 130);
  ::close(reader);
}

TEST_CASE("atomic file: to see whether a pipe can be written opens it for nobody") {
  const ScratchFolder folder;
  const std::string pipe = pipe_in(folder);
  require_writable(pipe);  // without a reader it does not wait for one
  pollfd reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), POLLIN, 0};
  REQUIRE(reader.fd >= 0);
  require_writable(pipe);
  CHECK(::poll(&reader, 1, 0) == 0);
  // A writer that comes and goes is seen, or this test would see nothing.
  ::close(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  CHECK(::poll(&reader, 1, 0) == 1);
  CHECK(reader.revents == POLLHUP);
  ::close(reader.fd);
}

TEST_CASE("atomic file: what is written again and again is a regular file or nothing") {
  const ScratchFolder folder;
  put_content(folder / "file", "old");
  std::filesystem::create_symlink("/dev/null", folder / "null");
  std::filesystem::create_symlink("/dev/full", folder / "full");
  std::filesystem::create_symlink("yet to come", folder / "dangling");
  std::filesystem::create_directory(folder / "folder");
  put_socket(folder / "socket");
  for (const char* good : {"file", "null", "dangling", "new"})
    CHECK_NOTHROW(require_rewritable(folder / good));
  CHECK(content_of(folder / "file") == "old");
  const auto why = EndsWith("and the file is written again and again: name a regular file");
  CHECK_THROWS_WITH(require_rewritable(pipe_in(folder)), Contains("cannot write: it is a pipe,") && why);
  CHECK_THROWS_WITH(require_rewritable(folder / "full"), Contains("cannot write: it is a device,") && why);
  CHECK_THROWS_WITH(require_rewritable("/dev/stdout"),
                    Contains("cannot write: it is an open stream,") && why);
  CHECK_THROWS_WITH(require_rewritable(folder / "folder"), EndsWith("cannot write: it is a directory"));
  CHECK_THROWS_WITH(require_rewritable(folder / "socket"), EndsWith("cannot write: it is a socket"));
  CHECK_THROWS_AS(require_rewritable(folder / "missing/file"), IoError);
  CHECK(folder.files() == 7);
}

TEST_CASE("atomic file: /dev/fd/N shares the descriptor's position") {
  const ScratchFolder folder;
  const int descriptor = ::open((folder / "log").c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(descriptor >= 0);
  REQUIRE(::write(descriptor, "before ", 7) == 7);
  AtomicFile file("/dev/fd/" + std::to_string(descriptor));
  file.write("between ");
  file.commit();
  REQUIRE(::write(descriptor, "after", 5) == 5);
  ::close(descriptor);
  CHECK(content_of(folder / "log") == "before between after");
  CHECK_THROWS_WITH(AtomicFile("/dev/fd/987654"), Contains("Bad file descriptor"));
}

TEST_CASE("atomic file: a full disk is an error that leaves the old file and nothing else") {
  const ScratchFolder folder;
  put_content(folder / "result.txt", "old");
  const int status = exit_status_with_file_limit(1000, [&] {
    try {
      AtomicFile file(folder / "result.txt");
      for (int n = 0; n < 3; ++n) file.write(std::string(500, 'x'));
      file.commit();
      return 0;
    } catch (const IoError& error) {
      return std::string(error.what()).find("File too large") != std::string::npos ? 5 : 1;
    }
  });
  CHECK(status == 5);
  CHECK(content_of(folder / "result.txt") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE(
    "atomic file: a process that ends in a signal's handler takes its temporary files away, and no other") {
  const ScratchFolder folder;
  put_content(folder / "old", "old");
  const int status = exit_status_with_file_limit(1 << 20, [&]() -> int {
    AtomicFile done(folder / "done"), dropped(folder / "dropped");
    done.write("whole");
    done.commit();
    std::vector<std::unique_ptr<AtomicFile>> open;
    for (const char* name : {"old", "one", "two", "three"})
      open.push_back(std::make_unique<AtomicFile>(folder / name));
    open.erase(open.begin() + 1);  // its place is another's
    open.push_back(std::make_unique<AtomicFile>(folder / "four"));
    for (const auto& file : open) file->write("half");
    remove_unfinished();
    ::_exit(7);
  });
  CHECK(status == 7);
  CHECK(folder.files() == 2);
  CHECK(content_of(folder / "old") == "old");
  CHECK(content_of(folder / "done") == "whole");
}

TEST_CASE("atomic file: a library's file is put in place") {
  const ScratchFolder folder;
  AtomicFile file(folder / "result.bin");
  put_content(file.temporary_path(), "written by name");
  file.commit();
  CHECK(content_of(folder / "result.bin") == "written by name");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: one missing folder is made and named, a row of them is refused") {
  const ScratchFolder folder;
  CHECK(lacks_folder(folder / "new/x.h5"));
  CHECK(make_folder_for(folder / "new/x.h5") == folder / "new");
  CHECK_FALSE(lacks_folder(folder / "new/x.h5"));
  CHECK(std::filesystem::is_directory(folder / "new"));
  CHECK(make_folder_for(folder / "new/x.h5") == std::nullopt);
  CHECK(make_folder_for(folder / "new/newer/x.h5") == folder / "new/newer");
  CHECK(make_folder_for("x.h5") == std::nullopt);
  CHECK(make_folder_for("/x.h5") == std::nullopt);

  CHECK_THROWS_AS(make_folder_for(folder / "a/b/x.h5"), IoError);
  CHECK_THROWS_WITH(make_folder_for(folder / "a/b/x.h5"),
                    Contains("there is no folder " + (folder / "a/b") + "; make it with mkdir -p"));
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
  put_content(folder / "file", "");
  CHECK_THROWS_AS(make_folder_for(folder / "file/x.h5"), IoError);
  CHECK_THROWS_AS(make_folder_for(folder / "file/b/x.h5"), IoError);
  CHECK(content_of(folder / "file").empty());
  CHECK(folder.files() == 2);
}
