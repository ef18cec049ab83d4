#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <optional>

namespace fsconv {
namespace {

// The descriptor that names like /dev/stdout stand for. It is duplicated rather than opened anew, so that its
// position is shared with everything else that is written to it.
std::optional<int> open_stream(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string prefix : {"/dev/fd/", "/proc/self/fd/"})
    if (path.starts_with(prefix))
      if (const auto number = to_integer(path.substr(prefix.size()));
          number && *number >= 0 && *number <= INT_MAX)
        return static_cast<int>(*number);
  return std::nullopt;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Why nothing can be put under a name whose folder is not there, and what to do.
IoError no_folder(const std::string& path, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return IoError(path, fmt::format("cannot write: there is no folder {}; make it with mkdir -p", folder));
}

bool is_folder(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_directory(path, none);
}

void sync(int descriptor, const std::string& path) {
  // Pipes and some devices cannot be synced and say so with EINVAL; nothing is lost there.
  if (::fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
    throw IoError::from_errno(path, "sync");
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(path) {
  if (path.empty()) throw IoError("output file", "the name is empty");
  if (const auto stream = open_stream(path)) {
    direct_ = true;
    descriptor_ = ::fcntl(*stream, F_DUPFD_CLOEXEC, 0);
    if (descriptor_ < 0) throw IoError::from_errno(path_, "write");
    return;
  }
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) throw IoError::from_errno(path_, "write");
  if (exists) {
    if (S_ISDIR(status.st_mode)) throw IoError(path_, "cannot write: it is a directory");
    if (::access(path.c_str(), W_OK) != 0) throw IoError::from_errno(path_, "write");
    if (!S_ISREG(status.st_mode)) {
      direct_ = true;
      descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (descriptor_ < 0) throw IoError::from_errno(path_, "write");
      return;
    }
    // A link to the file stays a link: what is replaced is the file behind it.
    std::error_code error;
    const auto resolved = std::filesystem::canonical(path, error);
    if (error) throw IoError(path_, error.message());
    target_ = resolved.string();
  }
  open_temporary(directory_of(target_));
  if (exists && ::fchmod(descriptor_, status.st_mode & 0777) != 0) {
    const auto error = IoError::from_errno(path_, "set permissions");
    discard();
    throw error;
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary(const std::string& directory) {
  // A name of its own, short, so that a long target name cannot make it too long. Opened by hand rather than
  // with mkstemp, so that the file gets the permissions that the user's umask gives new files.
  static std::atomic<unsigned> count{0};
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  do {
    temporary_ = fmt::format("{}.fsconv-{}-{}.tmp", prefix, ::getpid(), count++);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    const int reason = errno;
    temporary_.clear();
    if (reason == ENOENT && !is_folder(directory)) throw no_folder(path_, directory);
    errno = reason;
    throw IoError::from_errno(path_, "write");
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  stop_if_interrupted();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError::from_errno(path_, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

const std::string& AtomicFile::temporary_path() {
  if (!temporary_.empty()) return temporary_;
  const int target = descriptor_;
  std::error_code error;
  const auto directory = std::filesystem::temp_directory_path(error);
  if (error) throw IoError("the folder for temporary files", error.message());
  open_temporary(directory.string());
  ::close(descriptor_);
  descriptor_ = target;
  return temporary_;
}

void AtomicFile::copy_temporary_to_target() {
  const int from = ::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) throw IoError::from_errno(temporary_, "read");
  std::array<std::byte, 1 << 16> block;
  try {
    while (true) {
      const ssize_t got = ::read(from, block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw IoError::from_errno(temporary_, "read");
      if (got == 0) break;
      write(std::span(block).first(static_cast<std::size_t>(got)));
    }
  } catch (...) {
    ::close(from);
    throw;
  }
  ::close(from);
}

void AtomicFile::commit() {
  if (direct_ && !temporary_.empty()) copy_temporary_to_target();
  sync(descriptor_, path_);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) throw IoError::from_errno(path_, "write");
  if (direct_) return;

  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw IoError::from_errno(path_, "replace");
  temporary_.clear();
  // The new name itself is on the disk only once the directory is. One that may be written but not read
  // cannot be synced; the file is complete all the same.
  const int directory = ::open(directory_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  const int synced = ::fsync(directory);
  const int reason = errno;
  ::close(directory);
  if (synced != 0 && reason != EINVAL && reason != ENOTSUP) {
    errno = reason;
    throw IoError::from_errno(path_, "sync the directory");
  }
}

void AtomicFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (temporary_.empty()) return;
  // Emptied first: a library that failed may hold it open, and on a full disk its space is wanted back at
  // once.
  [[maybe_unused]] const int emptied = ::truncate(temporary_.c_str(), 0);
  ::unlink(temporary_.c_str());
  temporary_.clear();
}

void require_writable(const std::string& path) { AtomicFile(path).temporary_path(); }

std::optional<std::string> make_folder_for(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty() || is_folder(folder.string())) return std::nullopt;
  const fs::path above = folder.parent_path();
  if (!above.empty() && !is_folder(above.string())) throw no_folder(path, folder.string());
  std::error_code failure;
  fs::create_directory(folder, failure);
  if (failure) throw IoError(folder.string(), "cannot create: " + failure.message());
  return folder.string();
}

}  // namespace fsconv
