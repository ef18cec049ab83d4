// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/patient_calls.hpp>

namespace fsconv {
namespace {

void require_regular(const std::string& path, mode_t mode) {
  if (S_ISREG(mode)) return;
  if (S_ISDIR(mode)) throw IoError(path, "cannot read: it is a directory");
  throw IoError(path, fmt::format("cannot read: it is {}, whose length nobody knows; name a regular file",
                                  kind_of_file(mode)));
}

}  // namespace

// What it is, is asked before it is opened: a pipe's writer would otherwise see a reader come and go. Opened without
// waiting, should it have become a pipe meanwhile.
InputFile::InputFile(const std::string& path) : path_(path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) require_regular(path, status.st_mode);
  file_ = open_patiently(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (!file_.valid() || ::fstat(file_.value(), &status) != 0)
    throw IoError::from_errno(path_.empty() ? "input file" : path_, "read");
  require_regular(path, status.st_mode);
  size_ = static_cast<std::uint64_t>(status.st_size);
  // What the system makes up while it is read (/proc) has no length before.
  char first = 0;
  if (size_ == 0 && ::pread(file_.value(), &first, 1, 0) > 0)
    throw IoError(path_,
                  "cannot read: it states no length and is not empty; copy it into a file and name that");
}

void InputFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(file_.value(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError::from_errno(path_, "read");
    if (got == 0) throw BadData(path_, fmt::format("ends early, after {} bytes", offset));
    offset += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

void InputFile::will_read(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  [[maybe_unused]] const int taken = ::posix_fadvise(file_.value(), static_cast<off_t>(offset),
                                                     static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
}

bool has_content(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none) && std::filesystem::file_size(path, none) > 0;
}

}  // namespace fsconv
