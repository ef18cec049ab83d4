// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/descriptor.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <system_error>
#include <utility>

namespace fsconv {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int first_free_descriptor = 3;
constexpr int longest_wait = 10;  // milliseconds between two looks at limits and Ctrl-C

// The child replaces stdin, stdout and stderr one after the other: nothing else may have their numbers, which may be free
// here.
Descriptor opened(int descriptor, const std::string& program) {
  Descriptor file = above_standard_streams(Descriptor(descriptor));
  if (!file.valid()) throw IoError::from_errno(program, "start the program");
  return file;
}

struct Pipe {
  Descriptor read_end, write_end;
  explicit Pipe(const std::string& program) {
    std::array<int, 2> ends{-1, -1};
    const int failed = ::pipe2(ends.data(), O_CLOEXEC);
    read_end = opened(failed ? -1 : ends[0], program);
    write_end = opened(ends[1], program);
    // Nobody waits for the end of a file here: a grandchild, or a child of another thread that has not
    // reached its exec, can hold the other end open for long.
    ::fcntl(read_end.value(), F_SETFL, O_NONBLOCK);
  }
};

// A nameless file that holds `text`: unlike a pipe it needs no writer, so a child that never reads it, or
// closes it, blocks nobody and raises no SIGPIPE.
Descriptor file_with(std::string_view text, const std::string& program) {
  Descriptor file = opened(::memfd_create("input", MFD_CLOEXEC), program);
  while (!text.empty()) {
    const ssize_t written = ::write(file.value(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError::from_errno(program, "prepare the input");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.value(), 0, SEEK_SET);
  return file;
}

// All that the child needs, made before the fork: after it only async-signal-safe calls are allowed, since
// another thread may have held the lock of malloc.
struct Start {
  const char* program;
  char* const* arguments;
  int in, out, err, failure;
  rlim_t address_space;
  pid_t parent;
};

void close_other_descriptors_at_exec() {
  if (::close_range(first_free_descriptor, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int descriptor = first_free_descriptor; descriptor < 4096; ++descriptor)  // a kernel before 5.11
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void become_program(const Start& start) {
  ::setpgid(0, 0);
  // Should this process be killed, its children must not run on; it may already be gone.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != start.parent) ::_exit(126);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  rlimit memory{};
  ::getrlimit(RLIMIT_AS, &memory);  // a limit that we were given ourselves cannot be raised
  const rlim_t allowed = start.address_space < memory.rlim_max ? start.address_space : memory.rlim_max;
  memory = {allowed, allowed};
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  bool ready = start.address_space == 0 || ::setrlimit(RLIMIT_AS, &memory) == 0;
  ready = ready && ::dup2(start.in, STDIN_FILENO) >= 0 && ::dup2(start.out, STDOUT_FILENO) >= 0 &&
          ::dup2(start.err, STDERR_FILENO) >= 0;
  close_other_descriptors_at_exec();
  if (ready) ::execv(start.program, start.arguments);
  const int reason = errno;
  [[maybe_unused]] const ssize_t told = ::write(start.failure, &reason, sizeof reason);
  ::_exit(127);
}

// A started child; it is killed and collected at the latest when this goes away.
class Child {
 public:
  explicit Child(const Start& start) : id_(fork_quietly()) {
    if (id_ == 0) become_program(start);
    if (id_ < 0) throw IoError::from_errno(start.program, "start the program");
    ::setpgid(id_, id_);  // here and there: whoever comes first
    end_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  }
  ~Child() {
    if (!collected_) kill_and_collect();
    if (end_ >= 0) ::close(end_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Whether it has ended. It stays uncollected, so that its id still names its group.
  bool ended() const {
    siginfo_t info{};
    const int failed = ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
    return failed ? errno != EINTR : info.si_pid == id_;
  }
  // What poll() finds readable once it has ended; -1 where the system (a kernel before 5.3) has no such thing.
  int end_descriptor() const { return end_; }
  // Returns waitpid's status.
  int kill_and_collect() {
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);
    collected_ = true;
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0)
      if (errno != EINTR) return 127 << 8;  // somebody else took it: no status is left
    return status;
  }

 private:
  pid_t id_;
  int end_ = -1;
  bool collected_ = false;
};

// Appends what there is, up to `limit` bytes in all; the end of the file closes it.
void drain(Descriptor& from, std::string& text, std::size_t limit) {
  std::array<char, 1 << 14> block;
  while (from.value() >= 0 && text.size() <= limit) {
    const ssize_t got = ::read(from.value(), block.data(), block.size());
    if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
    if (got == 0) from.close();
    if (got < 0 && errno != EINTR) return;
  }
}

}  // namespace

int fork_quietly() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child != 0) {
    const int reason = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = reason;
  }
  return child;
}

void keep_records_of_children() {
  struct sigaction action {};
  if (::sigaction(SIGCHLD, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) return;
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &action, nullptr);
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const auto executable = [](const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  if (name.find('/') != std::string::npos)
    return executable(name) ? std::optional<std::filesystem::path>(name) : std::nullopt;
  const char* const path = std::getenv("PATH");
  for (const std::string& folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    if (folder.empty()) continue;  // the working folder, by an old custom that only surprises
    const auto candidate = std::filesystem::path(folder) / name;
    if (executable(candidate)) return candidate;
  }
  return std::nullopt;
}

ChildResult run_child(const std::vector<std::string>& command, std::string_view input,
                      const ChildLimits& limits) {
  if (command.empty()) throw InvalidArgument("command", "is empty", "give a program and its arguments");
  const auto program = find_program(command.front());
  if (!program) throw IoError(command.front(), "no such program");
  keep_records_of_children();

  const std::string path = program->string();
  std::vector<std::string> texts = command;
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  Descriptor in = file_with(input, path);
  Pipe out(path), err(path), failure(path);
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  Child child({path.c_str(), arguments.data(), in.value(), out.write_end.value(), err.write_end.value(),
               failure.write_end.value(), static_cast<rlim_t>(std::max<Index>(0, limits.address_space)),
               ::getpid()});
  for (Descriptor* end : {&in, &out.write_end, &err.write_end, &failure.write_end}) end->close();

  // Read until it ends, with short waits that grow: even where nothing tells the end, a quick answer is not kept
  // waiting for the next look.
  ChildResult result;
  const auto most = static_cast<std::size_t>(std::max<Index>(0, limits.output));
  const auto read_output = [&] {
    drain(out.read_end, result.out, most);
    drain(err.read_end, result.err, most);
  };
  for (int wait = 1; !child.ended(); wait = std::min(2 * wait, longest_wait)) {
    std::array<pollfd, 3> files{{{out.read_end.value(), POLLIN, 0},
                                 {err.read_end.value(), POLLIN, 0},
                                 {child.end_descriptor(), POLLIN, 0}}};
    ::poll(files.data(), files.size(), wait);
    read_output();
    stop_if_interrupted();
    result.stopped = limits.stop.stop_requested();
    result.timed_out = !result.stopped && limits.seconds > 0 && passed() >= limits.seconds;
    result.flooded = !result.stopped && !result.timed_out && result.out.size() + result.err.size() > most;
    if (result.stopped || result.timed_out || result.flooded) break;
  }
  const int status = child.kill_and_collect();
  result.seconds = passed();
  read_output();  // what it wrote last

  int reason = 0;
  if (::read(failure.read_end.value(), &reason, sizeof reason) == sizeof reason) {
    errno = reason;
    throw IoError::from_errno(path, "start the program");
  }
  const bool killed_here = result.stopped || result.timed_out || result.flooded;
  if (!killed_here) result.flooded = result.out.size() + result.err.size() > most;
  if (WIFSIGNALED(status))
    result.signal = WTERMSIG(status);
  else
    result.exit_status = WEXITSTATUS(status);
  return result;
}

std::string ending(const ChildResult& result) {
  if (result.stopped) return "was stopped";
  if (result.timed_out) return fmt::format("ran out of time after {:.3g} s", result.seconds);
  if (result.flooded) return "wrote more output than is allowed";
  if (result.signal == SIGKILL) return "was killed (signal 9), perhaps for want of memory";
  if (result.signal != 0)
    return fmt::format("crashed with signal {} ({})", result.signal, ::strsignal(result.signal));
  return fmt::format("exited with status {}", result.exit_status);
}

}  // namespace fsconv
