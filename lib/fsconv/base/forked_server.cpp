// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/forked_server.hpp>
#include <fsconv/base/interrupt.hpp>
#include <thread>

namespace fsconv {
namespace {

constexpr int between_looks = 100;  // milliseconds between two looks at Ctrl-C

// What goes before the words and the payload of a question or an answer.
struct Header {
  std::uint64_t words = 0, payload = 0;  // bytes
  ServerLimits limits = {};              // of questions
};

// The copy's exit status where it could not be asked, or not be heard: of that its handler is innocent.
constexpr int nobody_there = 75;  // EX_TEMPFAIL

// More words than these are no answer, but a copy that has lost its mind.
constexpr std::uint64_t most_words = std::uint64_t{1} << 30;

// False where the other side is gone. `ready` waits for the socket and may throw.
template <class Ready>
bool send_all(int socket, std::span<const std::byte> bytes, Ready ready) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    if (sent >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    ready(POLLOUT);
  }
  return true;
}

template <class Ready>
bool receive_all(int socket, std::span<std::byte> bytes, Ready ready) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
    if (got == 0) return false;
    if (got > 0 || errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    ready(POLLIN);
  }
  return true;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// ---- in the copy

void set_limit(decltype(RLIMIT_AS) resource, rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

// The process' address space in bytes; 0 where the system does not say.
rlim_t address_space() {
  rlim_t pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
    unsigned long first = 0;
    if (std::fscanf(file, "%lu", &first) == 1) pages = first;
    std::fclose(file);
  }
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

rlim_t seconds_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1);
}

// It dies quietly: no handler of its parent's speaks, nothing is printed, no core is left. Ctrl-C at the terminal, and what
// mpirun and Slurm send to all processes of a group, is its parent's to answer.
void become_expendable(int socket) {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  set_limit(RLIMIT_CORE, 0);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (nowhere >= 0) ::dup2(nowhere, stream);
  // Files of the parent's stay locked, and pipes open, for as long as anybody has them.
  const auto from = static_cast<unsigned>(STDERR_FILENO + 1), kept = static_cast<unsigned>(socket);
  if (kept > from) ::syscall(SYS_close_range, from, kept - 1, 0u);
  ::syscall(SYS_close_range, std::max(kept + 1, from), ~0u, 0u);
}

[[noreturn]] void serve(int socket, const ForkedServer::Handler& handler) {
  become_expendable(socket);
  const rlim_t space = address_space();
  const auto wait = [](short) {};  // the copy's end of the socket blocks
  try {
    for (;;) {
      Header header;
      if (!receive_all(socket, std::as_writable_bytes(std::span(&header, 1)), wait)) break;
      const auto seconds = static_cast<rlim_t>(std::ceil(header.limits.seconds));
      set_limit(RLIMIT_CPU, seconds_used() + seconds);
      if (space > 0) set_limit(RLIMIT_AS, space + static_cast<rlim_t>(header.limits.bytes));
      std::string words(header.words, '\0');
      std::vector<std::byte> payload(header.payload);
      if (!receive_all(socket, std::as_writable_bytes(std::span(words)), wait) ||
          !receive_all(socket, payload, wait))
        break;
      const ForkedServer::Answer answer = handler(words, payload);
      const Header back{answer.words.size(), answer.payload.size()};
      if (!send_all(socket, bytes_of(back), wait) ||
          !send_all(socket, std::as_bytes(std::span(answer.words)), wait) ||
          !send_all(socket, answer.payload, wait))
        break;
    }
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(nobody_there);
}

// ---- here

void wait_for(int socket, short events) {
  pollfd file{socket, events, 0};
  ::poll(&file, 1, between_looks);
  stop_if_interrupted();
}

}  // namespace

ForkedServer::ForkedServer(const Handler& handler) {
  keep_records_of_children();
  std::array<int, 2> ends{-1, -1};
  const auto refuse = [] {
    throw Error(ExitCode::runtime, fmt::format("cannot start a process: {}", std::strerror(errno)));
  };
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) refuse();
  // The copy replaces stdin, stdout and stderr, whose numbers may be free here.
  Descriptor here = above_standard_streams(Descriptor(ends[0]));
  const Descriptor there = above_standard_streams(Descriptor(ends[1]));
  if (!here.valid() || !there.valid()) refuse();
  // Large payloads with few changes from one process to the other; the system may give less.
  for (const int end : {here.value(), there.value()}) {
    constexpr int buffer = 4 << 20;
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  }
  child_ = fork_quietly();
  if (child_ == 0) {
    here.close();
    serve(there.value(), handler);
  }
  if (child_ < 0) refuse();
  socket_ = std::move(here);
  ::fcntl(socket_.value(), F_SETFL, O_NONBLOCK);
}

ForkedServer::~ForkedServer() { end(); }

void ForkedServer::end() {
  socket_.close();
  if (child_ < 0) return;
  ::kill(child_, SIGKILL);  // it may be in the middle of something that does not end
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
}

void ForkedServer::report_end() {
  using How = ServerEnded::How;
  int status = 0;
  pid_t collected = -1;
  // Its end of the socket is closed, so it is about to end; or this end has failed, and it waits for a question that does not
  // come: it ends, too, once there is nobody to ask it. One that does neither is ended.
  socket_.close();
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while ((collected = ::waitpid(child_, &status, WNOHANG)) == 0 || (collected < 0 && errno == EINTR)) {
    if (std::chrono::steady_clock::now() > latest) {
      end();
      throw ServerEnded(How::unknown, "did not end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  child_ = -1;
  if (collected < 0) throw ServerEnded(How::unknown, "ended without an answer");
  if (WIFEXITED(status) && WEXITSTATUS(status) == nobody_there)
    throw ServerEnded(How::unknown, "could not be asked, or could not answer");
  if (!WIFSIGNALED(status))
    throw ServerEnded(How::exited, fmt::format("exited with status {}", WEXITSTATUS(status)));
  const int signal = WTERMSIG(status);
  const std::string name = fmt::format("signal {} ({})", signal, ::strsignal(signal));
  switch (signal) {
    case SIGXCPU:
      throw ServerEnded(How::out_of_time, "ran out of time");
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
      throw ServerEnded(How::crashed, "crashed with " + name);
    default:
      throw ServerEnded(How::killed, "was ended by " + name);
  }
}

std::string ForkedServer::ask(std::string_view words, const ServerLimits& limits,
                              std::span<const std::byte> payload, std::span<std::byte> answer_payload) {
  if (!socket_.valid()) throw ServerEnded(ServerEnded::How::unknown, "has ended before");
  const Header header{words.size(), payload.size(), limits};
  const auto ready = [this](short events) { wait_for(socket_.value(), events); };
  try {
    Header back;
    const bool answered = send_all(socket_.value(), bytes_of(header), ready) &&
                          send_all(socket_.value(), std::as_bytes(std::span(words)), ready) &&
                          send_all(socket_.value(), payload, ready) &&
                          receive_all(socket_.value(), std::as_writable_bytes(std::span(&back, 1)), ready);
    if (!answered) report_end();
    // An answer of another size than the one that was asked for says in its words why.
    const bool fits = back.payload == 0 || back.payload == answer_payload.size();
    if (back.words > most_words || !fits) {
      end();
      throw ServerEnded(ServerEnded::How::unknown, "gave an answer of impossible size");
    }
    std::string answer(back.words, '\0');
    if (!receive_all(socket_.value(), std::as_writable_bytes(std::span(answer)), ready) ||
        !receive_all(socket_.value(), answer_payload.first(back.payload), ready))
      report_end();
    return answer;
  } catch (const ServerEnded&) {
    throw;
  } catch (...) {
    end();  // half an answer would be taken for the next one
    throw;
  }
}

}  // namespace fsconv
