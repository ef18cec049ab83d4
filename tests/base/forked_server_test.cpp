// The forked copy answers, and however it ends, its end is an exception here.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/forked_server.hpp>
#include <fsconv/base/interrupt.hpp>
#include <string>
#include <vector>

using namespace fsconv;
using How = ServerEnded::How;

namespace {

ForkedServer::Answer echo(std::string_view words, std::span<const std::byte> payload) {
  return {"heard " + std::string(words), {payload.begin(), payload.end()}};
}

// How a copy ends that does `work` when it is asked.
template <class Work>
How end_of(Work work, const ServerLimits& limits = {}) {
  ForkedServer server([&](std::string_view, std::span<const std::byte>) -> ForkedServer::Answer {
    work();
    return {"survived"};
  });
  try {
    server.ask("", limits);
  } catch (const ServerEnded& ended) {
    CHECK_THROWS_AS(server.ask(""), ServerEnded);  // and nothing more can be asked
    return ended.how();
  }
  FAIL("it survived");
  return How::unknown;
}

}  // namespace

TEST_CASE("forked server: words and payload come back, one answer after the other") {
  ForkedServer server(echo);
  std::vector<std::byte> large(3'000'001);  // more than a socket holds at once
  for (std::size_t at = 0; at < large.size(); ++at) large[at] = static_cast<std::byte>(at * 7);
  std::vector<std::byte> back(large.size());
  CHECK(server.ask("first") == "heard first");
  CHECK(server.ask("second", {}, large, back) == "heard second");
  CHECK((back == large));
  const std::string long_words(2'000'000, 'w');
  CHECK((server.ask(long_words) == "heard " + long_words));
  CHECK(server.ask("") == "heard ");
}

TEST_CASE("forked server: what it does to its memory is not seen here") {
  int number = 1;
  ForkedServer server([&](std::string_view, std::span<const std::byte>) -> ForkedServer::Answer {
    return {std::to_string(++number)};
  });
  CHECK(server.ask("") == "2");
  CHECK(server.ask("") == "3");
  CHECK(number == 1);
}

TEST_CASE("forked server: a crash, a kill, an endless loop and an exit are told apart", "[slow]") {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
    CHECK(end_of([&] { ::raise(signal); }) == How::crashed);
  CHECK(end_of([] { ::raise(SIGKILL); }) == How::killed);
  CHECK(end_of([] { ::_exit(0); }) == How::exited);
  CHECK(end_of([] { throw std::runtime_error("in the copy"); }) == How::exited);
  const auto endless = [] {
    while (std::clock() >= 0) {
    }
  };
  CHECK(end_of(endless, {.seconds = 1}) == How::out_of_time);
}

TEST_CASE("forked server: a copy that hangs up and does not end is ended", "[slow]") {
  CHECK(end_of([] {
          ::close_range(3, ~0U, 0);
          for (;;) ::pause();
        }) == How::unknown);
}

TEST_CASE("forked server: waiting is not working, and ends no copy") {
  ForkedServer server([](std::string_view, std::span<const std::byte>) -> ForkedServer::Answer {
    ::usleep(300'000);
    return {"awake"};
  });
  CHECK(server.ask("", {.seconds = 0}) == "awake");
}

TEST_CASE("forked server: no answer may take more address space than its limit") {
  ForkedServer server([](std::string_view words, std::span<const std::byte>) -> ForkedServer::Answer {
    const auto bytes = static_cast<std::size_t>(std::stoull(std::string(words))) << 20;
    void* const room = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return {"refused"};
    ::munmap(room, bytes);
    return {"got"};
  });
  CHECK(server.ask("100", {.bytes = Index{200} << 20}) == "got");
  CHECK(server.ask("300", {.bytes = Index{200} << 20}) == "refused");
  CHECK(server.ask("300", {.bytes = Index{400} << 20}) == "got");
}

TEST_CASE("forked server: a payload of another size than asked for is no answer") {
  ForkedServer server(echo);
  std::vector<std::byte> three(3), four(4);
  CHECK_THROWS_AS(server.ask("", {}, three, four), ServerEnded);
}

TEST_CASE("forked server: it holds no file of its parent's open") {
  std::string name = "/tmp/fsconv-test-XXXXXX";
  const int file = ::mkstemp(name.data());
  REQUIRE(file >= 0);
  REQUIRE(::flock(file, LOCK_EX) == 0);
  ForkedServer server(echo);
  server.ask("it is there");
  ::close(file);
  const int again = ::open(name.c_str(), O_RDWR);
  CHECK(::flock(again, LOCK_EX | LOCK_NB) == 0);  // a copy with the file open would hold the lock
  ::close(again);
  ::unlink(name.c_str());
}

TEST_CASE("forked server: Ctrl-C ends the wait for a copy that is busy, and the copy", "[slow]") {
  const pid_t child = ::fork();
  if (child == 0) {
    catch_interrupts();
    std::signal(SIGALRM, [](int) { ::raise(SIGINT); });
    ::alarm(1);
    ForkedServer server([](std::string_view, std::span<const std::byte>) -> ForkedServer::Answer {
      for (;;) ::pause();
    });
    try {
      server.ask("");
    } catch (const Interrupted&) {
      ::_exit(7);
    }
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
}
