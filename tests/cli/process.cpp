// SPDX-License-Identifier: Apache-2.0
#include "cli/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace fsconv::testing {
namespace {

using Clock = std::chrono::steady_clock;

#ifdef FSCONV_SANITIZED
constexpr int slowdown = 4;  // the program is then built with the sanitizer, too
#else
constexpr int slowdown = 1;
#endif

// A program that asks for all memory there is must fail alone, not take the machine with it.
void limit_memory() {
#ifndef FSCONV_SANITIZED  // whose shadow is terabytes of addresses
  constexpr rlim_t most = rlim_t{8} << 30;
  const rlimit limit{most, most};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

// From now on the calling thread gets no threads, or not even processes. clone3, whose flags a filter cannot see, is
// then unknown, and who called it calls clone.
void refuse(Refused refused) {
  constexpr auto load = [](std::size_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
  };
  constexpr auto answer = [](std::uint32_t action) { return sock_filter{BPF_RET | BPF_K, 0, 0, action}; };
  constexpr std::uint32_t every = ~0u;
  const std::uint32_t flags = refused == Refused::threads ? CLONE_THREAD : every;
  std::array filter = {
      load(offsetof(seccomp_data, nr)),      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_clone3},
      answer(SECCOMP_RET_ERRNO | ENOSYS),    sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 3, __NR_clone},
      load(offsetof(seccomp_data, args[0])), sock_filter{BPF_JMP | BPF_JSET | BPF_K, 0, 1, flags},
      answer(SECCOMP_RET_ERRNO | EAGAIN),    answer(SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(126);
}

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    ::close(read_end);
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write_end() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
};

// Only calls that are safe between fork and exec.
[[noreturn]] void become_program(const char* program, char* const* arguments, const char* folder,
                                 const ProcessLimits& limits, const Pipe& out, const Pipe& err) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out.write_end, STDOUT_FILENO);
  ::dup2(err.write_end, STDERR_FILENO);
  for (const auto& [descriptor, other] : limits.descriptors)
    if (other < 0)
      ::close(descriptor);
    else
      ::dup2(other, descriptor);
  if (::chdir(folder) != 0) ::_exit(126);
  if (limits.file_bytes) {
    const rlimit limit{*limits.file_bytes, *limits.file_bytes};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(126);
  }
  std::signal(SIGINT, SIG_DFL);  // a background job hands on that it ignores it
  limit_memory();
  const rlimit no_core{0, 0};  // a crash must not leave a file that a test then counts
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : limits.ignored_signals) std::signal(signal, SIG_IGN);
  for (const Limit& given : limits.system) {
    const rlimit limit{given.most, given.most};
    if (::setrlimit(static_cast<__rlimit_resource_t>(given.resource), &limit) != 0) ::_exit(126);
  }
  if (limits.refused != Refused::nothing) refuse(limits.refused);
  ::execvp(program, arguments);
  ::_exit(127);
}

// Appends what there is to read; false at the end.
bool drain(int descriptor, std::string& text) {
  std::array<char, 1 << 14> block;
  const ssize_t got = ::read(descriptor, block.data(), block.size());
  if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

// Its exit code 99 is no code of fsconv's, so every test notices; its
// reports go to files beside it. HDF5 asks for absurd amounts of memory when a file is damaged and copes with
// getting none.
void set_up_sanitizers() {
  const std::string asan = "exitcode=99:allocator_may_return_null=1:log_path=" FSCONV_PROGRAM ".sanitizer";
  ::setenv("ASAN_OPTIONS", asan.c_str(), 1);
  ::setenv("LSAN_OPTIONS",
           "print_suppressions=0:suppressions=" FSCONV_SOURCE_DIR "/tests/support/lsan_suppressions.txt", 1);
}

std::size_t Finished::error_lines() const {
  static const std::regex progress("[^:]+: [0-9]+ of [0-9]+ .* after .*");
  std::istringstream lines(err);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += !std::regex_match(line, progress);
  return count;
}

Finished run_fsconv(const std::vector<std::string>& arguments, const std::string& folder,
                    const ProcessLimits& limits) {
  ProgramArguments program(arguments, limits.launcher);
  set_up_sanitizers();
  Pipe out, err;
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0)
    become_program(limits.launcher.empty() ? FSCONV_PROGRAM : limits.launcher.front().c_str(),
                   program.pointers(), folder.c_str(), limits, out, err);
  out.close_write_end();
  err.close_write_end();

  Finished finished;
  bool out_open = true, err_open = true, interrupted = false, killed = false;
  auto moment = limits.moments.begin();
  while (out_open || err_open) {
    std::array<pollfd, 2> files{
        {{out_open ? out.read_end : -1, POLLIN, 0}, {err_open ? err.read_end : -1, POLLIN, 0}}};
    ::poll(files.data(), files.size(), 10);
    if (files[0].revents != 0) out_open = drain(out.read_end, finished.out);
    if (files[1].revents != 0) err_open = drain(err.read_end, finished.err);
    const auto passed = Clock::now() - start;
    const bool due =
        (limits.interrupt_after && passed >= *limits.interrupt_after) ||
        (!limits.interrupt_on.empty() && finished.out.find(limits.interrupt_on) != std::string::npos);
    if (due && !interrupted) {
      ::kill(child, SIGINT);
      interrupted = true;
    }
    if (moment != limits.moments.end() && (finished.out.find(moment->seen) != std::string::npos ||
                                           finished.err.find(moment->seen) != std::string::npos))
      (moment++)->act(child);
    if (passed >= limits.time * slowdown && !killed) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  finished.exit_code = killed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return finished;
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

std::string description(const std::vector<std::string>& arguments, const Finished& finished) {
  return fmt::format("fsconv {}\nexit code {}\nstdout: {}\nstderr: {}", fmt::join(arguments, " "),
                     finished.exit_code, finished.out.substr(0, 500), finished.err.substr(0, 500));
}

}  // namespace fsconv::testing
