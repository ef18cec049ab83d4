// Child processes: whatever a program does, it ends in time, alone, and leaves nothing behind.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <sstream>
#include <thread>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

constexpr double soon = 5;  // seconds; generous, since the machine may be busy

ChildResult run_shell(const std::string& script, const ChildLimits& limits = {},
                      const std::string& input = {}) {
  return run_child({"sh", "-c", script}, input, limits);
}

bool no_child_is_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

// Whether the process is gone, or a zombie that only its new parent can collect.
bool is_dead(const std::string& id) {
  std::ifstream file("/proc/" + id + "/stat");
  std::stringstream stat;
  stat << file.rdbuf();
  const std::size_t name_end = stat.str().rfind(')');
  return name_end == std::string::npos || stat.str().substr(name_end + 2, 1) == "Z";
}

bool dies_soon(const std::string& id) {
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (!is_dead(id) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  return is_dead(id);
}

// Runs `work` in a copy of this process, for what would spoil this one. Returns its exit status.
int status_of_copy(const std::function<int()>& work) {
  return exit_status_with_file_limit(RLIM_INFINITY, work);
}

}  // namespace

TEST_CASE("child: output, messages and exit status come back apart") {
  const ChildResult result = run_shell("echo words; echo trouble >&2; exit 3");
  CHECK(result.out == "words\n");
  CHECK(result.err == "trouble\n");
  CHECK(result.exit_status == 3);
  CHECK(result.signal == 0);
  CHECK_FALSE(result.succeeded());
  CHECK(ending(result) == "exited with status 3");
  CHECK(run_child({"true"}).succeeded());
}

TEST_CASE("child: arguments pass as they are") {
  CHECK(run_child({"printf", "%s|", "a b", "", "$HOME", "'\"\n"}).out == "a b||$HOME|'\"\n|");
}

TEST_CASE("child: more input and output than any pipe holds") {
  std::string input;
  for (int line = 0; line < 200'000; ++line) input += std::to_string(line) + '\n';
  CHECK(run_child({"cat"}, input).out == input);
  const ChildResult both = run_shell("cat >&2; head -c 400000 /dev/zero", {}, input);
  CHECK(both.err == input);
  CHECK(both.out == std::string(400'000, '\0'));
}

TEST_CASE("child: one that does not read its input, or closes it, is no trouble") {
  const std::string input(1'000'000, 'x');
  CHECK(run_child({"true"}, input).succeeded());
  CHECK(run_shell("exec <&-; echo closed", {}, input).out == "closed\n");
  CHECK(run_shell("head -c 3", {}, input).out == "xxx");
  CHECK(run_child({"cat"}).out.empty());
}

TEST_CASE("child: one that hangs is killed at its limit", "[slow]") {
  const std::string script =
      GENERATE(as<std::string>(), "sleep 100", "trap '' TERM INT HUP; while :; do sleep 1; done",
               "exec >&- 2>&-; sleep 100", "while :; do :; done");
  INFO(script);
  const ChildResult result = run_shell("echo begun; " + script, {.seconds = 0.3});
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.out == "begun\n");
  CHECK(result.seconds >= 0.3);
  CHECK(result.seconds < soon);
  CHECK_THAT(ending(result), Contains("ran out of time"));
  CHECK(no_child_is_left());
}

TEST_CASE("child: its own children go with it") {
  SECTION("when it is killed") {
    const ChildResult result = run_shell("sleep 100 & echo $!; wait", {.seconds = 1});
    CHECK(result.timed_out);
    CHECK(dies_soon(result.out.substr(0, result.out.find('\n'))));
  }
  SECTION("when it has ended, even if they hold its output open") {
    const ChildResult result = run_shell("sleep 100 & echo $!");
    CHECK(result.succeeded());
    CHECK(result.seconds < soon);
    CHECK(dies_soon(result.out.substr(0, result.out.find('\n'))));
  }
  CHECK(no_child_is_left());
}

TEST_CASE("child: a request to stop kills it") {
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const ChildResult result = run_child({"sleep", "100"}, {}, {.stop = stop.get_token()});
  CHECK(result.stopped);
  CHECK_FALSE(result.timed_out);
  CHECK(result.seconds < soon);
  CHECK(ending(result) == "was stopped");
  CHECK(no_child_is_left());
}

TEST_CASE("child: endless output ends at its limit") {
  const std::string script =
      GENERATE(as<std::string>(), "yes", "yes >&2", "yes & exec yes >&2", "yes & sleep 0.1");
  INFO(script);
  const ChildResult result = run_shell(script, {.seconds = 60, .output = 100'000});
  CHECK(result.flooded);
  CHECK(result.out.size() + result.err.size() > 100'000);
  CHECK(result.out.size() + result.err.size() < 300'000);
  CHECK_THAT(ending(result), Contains("more output"));
  CHECK(no_child_is_left());
}

TEST_CASE("child: memory beyond its limit is refused to it, not to us") {
  const std::string hungry = "dd if=/dev/zero of=/dev/null bs=500M count=1";
  CHECK(run_shell(hungry).succeeded());
  const ChildResult result = run_shell(hungry, {.address_space = Index{100} << 20});
  CHECK_FALSE(result.succeeded());
  CHECK_THAT(result.err, Contains("memory"));
}

TEST_CASE("child: a crash is told by its signal") {
  const ChildResult result = run_shell("kill -SEGV $$");
  CHECK(result.signal == SIGSEGV);
  CHECK_FALSE(result.succeeded());
  CHECK(ending(result) == "crashed with signal 11 (Segmentation fault)");
  CHECK_THAT(ending(run_shell("kill -KILL $$")), Contains("killed"));
}

TEST_CASE("child: our open files and blocked signals are not handed on") {
  const ScratchFolder folder;
  put_content(folder / "secret", "x");
  const int descriptor =
      ::open((folder / "secret").c_str(), O_RDONLY);  // without O_CLOEXEC, as a library does
  REQUIRE(descriptor >= 0);
  const ChildResult result = run_shell("ls -l /proc/self/fd; kill -TERM $$");
  ::close(descriptor);
  CHECK_THAT(result.out, Contains("pipe:") && !Contains("secret"));
  CHECK(result.signal == SIGTERM);
}

TEST_CASE("child: programs that cannot be run are errors with a reason") {
  const ScratchFolder folder;
  put_content(folder / "plain", "no program");
  put_content(folder / "nonsense", "no program");
  std::filesystem::permissions(folder / "nonsense", std::filesystem::perms::owner_all);
  CHECK_THROWS_AS(run_child({"fsconv-no-such-program"}), IoError);
  CHECK_THROWS_WITH(run_child({"fsconv-no-such-program"}), "fsconv-no-such-program: no such program");
  CHECK_THROWS_AS(run_child({folder.path()}), IoError);
  CHECK_THROWS_AS(run_child({folder / "plain"}), IoError);
  CHECK_THROWS_WITH(run_child({folder / "nonsense"}),
                    (folder / "nonsense") + ": cannot start the program: Exec format error");
  CHECK_THROWS_AS(run_child({""}), IoError);
  CHECK_THROWS_AS(run_child({}), InvalidArgument);
  CHECK(no_child_is_left());
}

TEST_CASE("child: find_program looks along PATH, and takes names with a slash as they are") {
  REQUIRE(find_program("sh"));
  CHECK(find_program("sh")->is_absolute());
  CHECK(find_program(find_program("sh")->string()) == find_program("sh"));
  CHECK_FALSE(find_program("fsconv-no-such-program"));
  CHECK_FALSE(find_program("/bin"));
  CHECK_FALSE(find_program("/etc/passwd"));
  CHECK_FALSE(find_program(""));
  CHECK_FALSE(find_program(std::string("sh\0x", 4)));
}

TEST_CASE("child: many at once, from several threads, do not mix") {
  std::atomic<int> right = 0;
  parallel_for(60, 6, [&](Index number) {
    const std::string text = std::to_string(number);
    const ChildResult result = run_shell("cat; echo " + text + " >&2", {.seconds = 60}, text);
    right += result.out == text && result.err == text + "\n" && result.succeeded();
  });
  CHECK(right == 60);
  CHECK(no_child_is_left());
}

TEST_CASE("child: Ctrl-C kills it and becomes an exception") {
  CHECK(status_of_copy([] {
          catch_interrupts();
          std::jthread later([] {
            std::this_thread::sleep_for(100ms);
            ::kill(::getpid(), SIGINT);
          });
          try {
            run_child({"sleep", "100"});
          } catch (const Interrupted&) {
            return no_child_is_left() ? 130 : 2;
          }
          return 1;
        }) == 130);
}

TEST_CASE("child: it dies with us, however we die") {
  const ScratchFolder folder;
  const std::string file = folder / "id";
  const pid_t copy = ::fork();
  if (copy == 0) {
    run_shell("echo $$ > " + file + ".new; mv " + file + ".new " + file + "; exec sleep 100");
    std::_Exit(1);
  }
  for (int look = 0; look < 500 && !std::filesystem::exists(file); ++look) std::this_thread::sleep_for(10ms);
  REQUIRE(std::filesystem::exists(file));
  const std::string id = content_of(file);
  CHECK_FALSE(is_dead(id.substr(0, id.size() - 1)));
  ::kill(copy, SIGKILL);
  ::waitpid(copy, nullptr, 0);
  CHECK(dies_soon(id.substr(0, id.size() - 1)));
}

TEST_CASE("child: a process without stdin and stdout, or with SIGCHLD ignored, can have children") {
  CHECK(status_of_copy([] {
          ::close(STDIN_FILENO);
          ::close(STDOUT_FILENO);
          ::close(STDERR_FILENO);
          const ChildResult result = run_shell("cat; echo words >&2; exit 7", {}, "input");
          return result.out == "input" && result.err == "words\n" ? result.exit_status : 1;
        }) == 7);
  CHECK(status_of_copy([] {
          std::signal(SIGCHLD, SIG_IGN);
          return run_shell("exit 7").exit_status;
        }) == 7);
}
