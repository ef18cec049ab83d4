// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/pipe.hpp>

namespace fsconv {
namespace {

constexpr int longest_wait = 20;  // milliseconds between two looks at Ctrl-C
constexpr std::size_t large_block = std::size_t{1} << 22;

// Whether a write may have to wait for somebody who reads.
bool may_wait(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode);
}

bool is_pipe(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

}  // namespace

std::string_view kind_of_file(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "a regular file";
}

void pause_or_stop() {
  stop_if_interrupted();
  const timespec time{0, longest_wait * 1'000'000L};
  ::nanosleep(&time, nullptr);
  stop_if_interrupted();
}

// A plain open() of a pipe would wait inside the system, where a signal that is caught does not end it.
Descriptor open_for_writing(const std::string& path) {
  while (true) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file.valid()) return file;
    const int reason = errno;
    if (reason != EINTR && !(reason == ENXIO && is_pipe(path))) {
      errno = reason;
      throw IoError::from_errno(path, "write");
    }
    pause_or_stop();
  }
}

// A pipe that is ready takes PIPE_BUF bytes without waiting, even where others share the descriptor and it must not be
// set to O_NONBLOCK.
void write_all(int descriptor, std::span<const std::byte> bytes, const std::string& path) {
  const bool waits = may_wait(descriptor);
  const std::size_t most = waits ? PIPE_BUF : large_block;
  while (!bytes.empty()) {
    stop_if_interrupted();
    pollfd ready{descriptor, POLLOUT, 0};
    if (waits && ::poll(&ready, 1, longest_wait) <= 0) continue;
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), most));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) throw IoError::from_errno(path, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace fsconv
