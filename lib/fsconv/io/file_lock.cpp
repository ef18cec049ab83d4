// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fsconv/base/error.hpp>
#include <fsconv/io/file_lock.hpp>
#include <fsconv/io/patient_calls.hpp>
#include <fsconv/io/pipe.hpp>

namespace fsconv {
namespace {

FileIdentity identity(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

enum class Answer { held, taken, no_locks };

Answer answer_of(int result) {
  if (result == 0) return Answer::held;
  return errno == EAGAIN || errno == EACCES || errno == EINTR ? Answer::taken : Answer::no_locks;
}

Answer try_lock_file(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return answer_of(::fcntl(descriptor, F_OFD_SETLK, &whole));
}

Answer try_lock_folder(int descriptor) { return answer_of(::flock(descriptor, LOCK_EX | LOCK_NB)); }

// The waiting calls of the system would swallow Ctrl-C.
template <class TryLock>
void wait_for(const TryLock& try_lock) {
  while (try_lock() == Answer::taken) pause_or_stop();
}

}  // namespace

bool FileIdentity::operator==(const FileIdentity& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return identity(status);
}

bool FileBirth::is_same_file(const FileBirth& other) const {
  const bool by_number = device == other.device && inode == other.inode && born == other.born;
  return by_number || (size == other.size && modified == other.modified);
}

std::optional<FileBirth> birth_of(const std::string& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return std::nullopt;
  const auto time = [](const statx_timestamp& from) { return FileBirth::Time{from.tv_sec, from.tv_nsec}; };
  FileBirth birth{.device = (std::uint64_t{status.stx_dev_major} << 32) | status.stx_dev_minor,
                  .inode = status.stx_ino,
                  .size = status.stx_size,
                  .modified = time(status.stx_mtime)};
  if ((status.stx_mask & STATX_BTIME) != 0) birth.born = time(status.stx_btime);
  return birth;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

FileLock::FileLock(const std::string& path) : path_(path) {
  while (true) {
    file_ = open_patiently(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (!file_.valid() && errno != ENOENT) throw IoError::from_errno(path, "read and write");
    if (file_.valid()) {
      wait_for([&] { return try_lock_file(file_.value()); });
      struct stat status {};
      if (::fstat(file_.value(), &status) != 0) throw IoError::from_errno(path, "read");
      identity_ = identity(status);
    } else {
      folder_ = open_patiently(folder_of(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (folder_.valid()) wait_for([&] { return try_lock_folder(folder_.value()); });
      identity_.reset();
    }
    // Whoever held the lock before may have put another file under this name.
    if (identity_of(path) == identity_) return;
    folder_ = Descriptor();
  }
}

// Unlocked by name, so to speak: a child process may hold a copy of the descriptor, and with it the lock.
FileLock::~FileLock() {
  struct flock whole {};
  whole.l_type = F_UNLCK;
  whole.l_whence = SEEK_SET;
  if (file_.valid()) ::fcntl(file_.value(), F_OFD_SETLK, &whole);
  if (folder_.valid()) ::flock(folder_.value(), LOCK_UN);
}

void FileLock::require_unchanged(const std::string& shown) const {
  const auto now = identity_of(path_);
  if (now == identity_) return;
  throw IoError(shown,
                !identity_ ? "has appeared since it was looked for: nothing was written, try again"
                : !now     ? "has gone since it was read: nothing was written"
                       : "was changed by another program since it was read: nothing was written, try again");
}

}  // namespace fsconv
