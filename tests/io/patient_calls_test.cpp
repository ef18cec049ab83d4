// Opening and syncing while signals come in, whose handlers do not restart the system's calls.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fsconv/io/patient_calls.hpp>
#include <thread>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using namespace std::chrono_literals;

namespace {

std::atomic<int> signals_seen = 0;

// A signal every millisecond, as long as it lives.
class Signals {
 public:
  Signals() {
    signals_seen = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++signals_seen; };
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval every{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~Signals() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

}  // namespace

TEST_CASE("patient calls: an open that waits is begun again after a signal") {
  const ScratchFolder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // The other end is opened after that many signals, or when nobody waits for it any more.
  const auto opened_after = [&](int signals, auto open) {
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // the other thread sees none
    const Signals every_millisecond;
    std::atomic<bool> is_open{false};
    std::thread other([&] {
      while (!is_open && signals_seen < signals) std::this_thread::sleep_for(1ms);
      const Descriptor end(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
      while (!is_open) std::this_thread::sleep_for(1ms);
    });
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    const bool valid = open().valid();
    const int reason = errno;
    is_open = true;
    other.join();
    errno = reason;
    return valid;
  };
  CHECK(opened_after(20, [&] { return open_patiently(pipe, O_RDONLY | O_CLOEXEC); }));
  CHECK(signals_seen > 5);
  // The mutant: one try.
  CHECK_FALSE(opened_after(10'000, [&] { return Descriptor(::open(pipe.c_str(), O_RDONLY | O_CLOEXEC)); }));
  CHECK(errno == EINTR);
}

TEST_CASE("patient calls: a file is made with its mode, and errors are told") {
  const ScratchFolder folder;
  const mode_t before = ::umask(0);
  CHECK(open_patiently(folder / "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0640).valid());
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat((folder / "x").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK_FALSE(open_patiently(folder / "x/y", O_RDONLY).valid());
  CHECK(errno == ENOTDIR);
}

TEST_CASE("patient calls: what cannot be synced has nothing to lose, and what is closed has") {
  const ScratchFolder folder;
  Descriptor file = open_patiently(folder / "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(sync_patiently(file.value()));
  CHECK(close_synced(file));
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Descriptor from(ends[0]), to(ends[1]);
  CHECK(sync_patiently(to.value()));
  CHECK_FALSE(sync_patiently(-1));
  CHECK(errno == EBADF);
  CHECK(sync_folder(folder.path()));
  CHECK(sync_folder(folder / "nothing"));  // not there: whoever put a file into it has been told
}
