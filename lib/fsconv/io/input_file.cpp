#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fsconv/base/error.hpp>
#include <fsconv/io/input_file.hpp>

namespace fsconv {

// Opened without waiting: a pipe that nobody writes to would otherwise stop the program here.
InputFile::InputFile(const std::string& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (descriptor_ < 0) throw IoError::from_errno(path_.empty() ? "input file" : path_, "read");
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw IoError(path_, S_ISDIR(status.st_mode)
                             ? "cannot read: it is a directory"
                             : "cannot read: it is no regular file, which has a known length");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError::from_errno(path_, "read");
    if (got == 0) throw BadData(path_, fmt::format("ends early, after {} bytes", offset));
    offset += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace fsconv
