// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/standard_streams.hpp>
#include <new>

namespace fsconv {
namespace {

// 0, or the reason why not all of it was written.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody who shares it has made it one that does not wait
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::atomic<int> first_failure = 0;

void note_failure(int reason) noexcept {
  int none = 0;
  if (reason != 0) first_failure.compare_exchange_strong(none, reason);
}

ssize_t write_output(void*, const char* text, std::size_t size) {
  if (first_failure == 0) note_failure(write_all(STDOUT_FILENO, {text, size}));
  return static_cast<ssize_t>(size);
}

// Some systems tell only here that they had no room.
int close_output(void*) {
  if (::close(STDOUT_FILENO) != 0 && errno != EINTR) note_failure(errno);  // closed it is all the same
  return 0;
}

}  // namespace

void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 &&
        errno == EBADF)  // open() takes the lowest number that is free: this one
      ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void say(std::string_view text) noexcept { write_all(STDERR_FILENO, text); }

void remember_lost_output() {
  static std::array<char, 1 << 16> buffer;
  std::FILE* stream = ::fopencookie(
      nullptr, "w", {.read = nullptr, .write = write_output, .seek = nullptr, .close = close_output});
  if (stream == nullptr) throw std::bad_alloc();
  std::setvbuf(stream, buffer.data(), is_terminal(STDOUT_FILENO) ? _IOLBF : _IOFBF, buffer.size());
  stdout = stream;
}

int finish_output() noexcept {
  std::fclose(stdout);
  return first_failure;
}

}  // namespace fsconv
