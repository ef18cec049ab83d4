// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fsconv/base/error.hpp>
#include <fsconv/io/file_lock.hpp>
#include <fsconv/io/patient_calls.hpp>
#include <fsconv/io/pipe.hpp>

namespace fsconv {
namespace {

// Of an open file, where `path` is empty.
std::optional<FileIdentity> identity_at(int descriptor, const char* path) {
  struct statx status {};
  if (::statx(descriptor, path, *path == '\0' ? AT_EMPTY_PATH : 0, STATX_BASIC_STATS | STATX_BTIME,
              &status) != 0)
    return std::nullopt;
  const auto time = [](const statx_timestamp& from) { return FileIdentity::Time{from.tv_sec, from.tv_nsec}; };
  FileIdentity identity{.device = (std::uint64_t{status.stx_dev_major} << 32) | status.stx_dev_minor,
                        .inode = status.stx_ino,
                        .size = status.stx_size,
                        .modified = time(status.stx_mtime)};
  if ((status.stx_mask & STATX_BTIME) != 0) identity.born = time(status.stx_btime);
  return identity;
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

bool FileIdentity::is_same_file(const FileIdentity& other) const {
  const bool by_number = device == other.device && inode == other.inode && born == other.born;
  return by_number || (size == other.size && modified == other.modified);
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  if (path.empty()) {
    errno = ENOENT;
    return std::nullopt;
  }
  return identity_at(AT_FDCWD, path.c_str());
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
      identity_ = identity_at(file_.value(), "");
      if (!identity_) throw IoError::from_errno(path, "read");
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
