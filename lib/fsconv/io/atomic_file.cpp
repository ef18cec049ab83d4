// SPDX-License-Identifier: Apache-2.0
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
#include <fsconv/io/leftovers.hpp>
#include <fsconv/io/patient_calls.hpp>
#include <optional>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

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

Descriptor duplicate_stream(int stream, const std::string& path) {
  Descriptor copy(::fcntl(stream, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) throw IoError::from_errno(path, "write");
  if ((::fcntl(copy.value(), F_GETFL) & O_ACCMODE) == O_RDONLY)
    throw IoError(path, "cannot write: it is open for reading only");
  return copy;
}

// What a name leads to. `mode` is that of what is there; nothing where a file would be made.
struct Target {
  std::string path;  // links resolved
  std::optional<mode_t> mode;
  dev_t device = 0;  // which one, where it is a device
  bool is_direct() const { return mode && !S_ISREG(*mode); }
};

Target look_at(const std::string& path) {
  if (path.empty()) throw IoError("output file", "the name is empty");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw IoError::from_errno(path, "write");
    return {end_of_links(path), std::nullopt};
  }
  if (S_ISDIR(status.st_mode) || S_ISSOCK(status.st_mode))
    throw IoError(path, fmt::format("cannot write: it is {}", kind_of_file(status.st_mode)));
  if (::access(path.c_str(), W_OK) != 0) throw IoError::from_errno(path, "write");
  if (!S_ISREG(status.st_mode)) return {path, status.st_mode, status.st_rdev};
  // A link to the file stays a link: what is replaced is the file behind it.
  std::error_code error;
  const auto resolved = fs::canonical(path, error);
  if (error) throw IoError(path, error.message());
  return {resolved.string(), status.st_mode};
}

// The names of temporary files, where a handler finds them. A file more than there are places is left over if the process ends; so
// is one of a longer name.
struct Unfinished {
  std::atomic<bool> taken = false, named = false;
  std::array<char, PATH_MAX> name{};
};
std::array<Unfinished, 8> all_unfinished;

std::size_t note_unfinished(const std::string& name) {
  for (std::size_t at = 0; at < all_unfinished.size(); ++at) {
    Unfinished& one = all_unfinished[at];
    if (name.size() >= one.name.size() || one.taken.exchange(true)) continue;
    name.copy(one.name.data(), name.size());
    one.name[name.size()] = '\0';
    one.named = true;
    return at;
  }
  return all_unfinished.size();
}

void forget_unfinished(std::size_t at) {
  if (at == all_unfinished.size()) return;
  all_unfinished[at].named = false;
  all_unfinished[at].taken = false;
}

// Why nothing can be put under a name whose folder is not there, and what to do.
IoError no_folder(const std::string& path, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return IoError(path, fmt::format("cannot write: there is no folder {}; make it with mkdir -p", folder));
}

bool is_folder(const std::string& path) {
  std::error_code none;
  return fs::is_directory(path, none);
}

void sync_and_close(Descriptor& file, const std::string& path) {
  if (!sync_patiently(file.value())) throw IoError::from_errno(path, "sync");
  if (!close_synced(file)) throw IoError::from_errno(path, "write");
}

// Hands every block of a file over; returns how many bytes there were.
template <class Take>
std::uint64_t read_blocks(int from, const std::string& path, const Take& take) {
  std::array<std::byte, 1 << 16> block;
  std::uint64_t at = 0;
  while (true) {
    const ssize_t got = ::pread(from, block.data(), block.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError::from_errno(path, "read");
    if (got == 0) return at;
    take(std::span<const std::byte>(block).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
}

// Gives a file a name that nobody has; false, with errno, where somebody has, or the system cannot do it.
bool rename_to_free_name(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  return errno != EEXIST && ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, Purpose purpose) : path_(path), target_(path) {
  if (const auto stream = open_stream(path)) {
    direct_ = true;
    file_ = duplicate_stream(*stream, path_);
    return;
  }
  Target target = look_at(path);
  if (target.is_direct()) {
    direct_ = true;
    file_ = open_for_writing(path);
    return;
  }
  target_ = target.path;
  if (!is_folder(folder_of(target_)) && !target.mode) throw no_folder(path_, folder_of(target_));
  if (purpose == Purpose::update) {
    lock_.emplace(target_);
    target.mode.reset();  // whoever held the lock may have made the file, or taken it away
    struct stat status {};
    if (lock_->file().valid() && ::fstat(lock_->file().value(), &status) == 0) target.mode = status.st_mode;
  }
  remove_leftovers(folder_of(target_));
  open_temporary(folder_of(target_));
  try {
    if (target.mode && ::fchmod(file_.value(), *target.mode & 0777) != 0)
      throw IoError::from_errno(path_, "set permissions");
    if (lock_ && lock_->file().valid())
      copied_ =
          read_blocks(lock_->file().value(), path_, [&](std::span<const std::byte> bytes) { write(bytes); });
  } catch (...) {
    discard();
    throw;
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary(const std::string& directory) {
  // Opened by hand rather than with mkstemp, so that the file gets the permissions that the user's umask gives new
  // files.
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  do {
    temporary_ = prefix + temporary_name();
    file_ = open_patiently(temporary_, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (!file_.valid() && errno == EEXIST);
  if (!file_.valid()) {
    const auto error = IoError::from_errno(path_, "write");
    temporary_.clear();
    throw error;
  }
  noted_ = note_unfinished(temporary_);
}

void AtomicFile::write(std::span<const std::byte> bytes) { write_all(file_.value(), bytes, path_); }

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

const std::string& AtomicFile::temporary_path() {
  if (!temporary_.empty()) return temporary_;
  std::error_code error;
  const auto directory = fs::temp_directory_path(error);
  if (error) throw IoError("the folder for temporary files", error.message());
  Descriptor target = std::move(file_);
  open_temporary(directory.string());
  file_ = std::move(target);
  return temporary_;
}

void AtomicFile::copy_temporary_to_target() {
  const Descriptor from = open_patiently(temporary_, O_RDONLY | O_CLOEXEC);
  if (!from.valid()) throw IoError::from_errno(temporary_, "read");
  read_blocks(from.value(), temporary_, [&](std::span<const std::byte> bytes) { write(bytes); });
}

void AtomicFile::finish() {
  if (!direct_ && file_.valid()) sync_and_close(file_, path_);
}

void AtomicFile::put_over_own() {
  const auto mine = identity_of(temporary_);
  const auto refuse = [&] { throw IoError(path_, "was written by another program meanwhile"); };
  const auto there = identity_of(target_);
  if (there && !(*own_ && there->is_same_file(**own_))) refuse();
  const bool is_put = !there && rename_to_free_name(temporary_, target_);
  if (!there && !is_put && errno == EEXIST) refuse();  // somebody was faster, in this very moment
  // Not every file system can give away a free name and nothing else.
  if (!is_put && ::rename(temporary_.c_str(), target_.c_str()) != 0)
    throw IoError::from_errno(path_, "replace");
  *own_ = mine;
}

void AtomicFile::put_in_place() {
  if (own_ != nullptr) return put_over_own();
  if (lock_) lock_->require_unchanged(path_);
  if (lock_ && !lock_->file().valid()) {
    if (rename_to_free_name(temporary_, target_)) return;
    lock_->require_unchanged(path_);  // somebody was faster, in this very moment
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw IoError::from_errno(path_, "replace");
}

void AtomicFile::commit() {
  if (direct_) {
    if (!temporary_.empty()) copy_temporary_to_target();
    sync_and_close(file_, path_);
    return;
  }
  finish();
  put_in_place();
  forget_unfinished(noted_);
  temporary_.clear();
  lock_.reset();
  // The new name itself is on the disk only once the folder is.
  if (!sync_folder(folder_of(target_))) throw IoError::from_errno(path_, "sync the folder");
}

void AtomicFile::discard() {
  file_.close();
  if (temporary_.empty()) return;
  // Emptied first: a library that failed may hold it open, and on a full disk its space is wanted back at
  // once.
  [[maybe_unused]] const int emptied = ::truncate(temporary_.c_str(), 0);
  ::unlink(temporary_.c_str());
  forget_unfinished(noted_);
  temporary_.clear();
}

void remove_unfinished() noexcept {
  for (Unfinished& one : all_unfinished)
    if (one.named) ::unlink(one.name.data());
}

void write_whole(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

std::string end_of_links(std::string path) {
  constexpr int most_links = 40;  // as many as the system follows
  std::error_code none;
  for (int n = 0; n < most_links && fs::is_symlink(fs::symlink_status(path, none)); ++n) {
    const fs::path link = fs::read_symlink(path, none);
    path = link.is_absolute() ? link.string() : folder_of(path) + "/" + link.string();
  }
  return path;
}

bool is_same_output(const std::string& a, const std::string& b) {
  std::error_code none;
  if (fs::equivalent(a, b, none)) return true;
  if (fs::exists(a, none) || fs::exists(b, none)) return false;
  const auto place = [&](const std::string& path) {
    const std::string end = end_of_links(path);
    return fs::weakly_canonical(folder_of(end), none) / fs::path(end).filename();
  };
  return place(a) == place(b);
}

void require_writable(const std::string& path) {
  if (const auto stream = open_stream(path))
    duplicate_stream(*stream, path);
  else if (!look_at(path).is_direct())
    AtomicFile file(path);
}

void require_rewritable(const std::string& path) {
  constexpr auto why = "and the file is written again and again: name a regular file";
  if (open_stream(path)) throw IoError(path, fmt::format("cannot write: it is an open stream, {}", why));
  const Target target = look_at(path);
  if (!target.is_direct()) return require_writable(path);
  struct stat nothing {};
  const bool is_null = S_ISCHR(*target.mode) && ::stat("/dev/null", &nothing) == 0 &&
                       S_ISCHR(nothing.st_mode) && nothing.st_rdev == target.device;
  if (!is_null)
    throw IoError(path, fmt::format("cannot write: it is {}, {}", kind_of_file(*target.mode), why));
}

bool lacks_folder(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty() || is_folder(folder.string())) return false;
  const fs::path above = folder.parent_path();
  if (!above.empty() && !is_folder(above.string())) throw no_folder(path, folder.string());
  return true;
}

std::optional<std::string> make_folder_for(const std::string& path) {
  if (!lacks_folder(path)) return std::nullopt;
  return make_folder(fs::path(path).parent_path().string());
}

std::optional<std::string> make_folder(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (is_folder(folder)) return std::nullopt;
  const std::string above = fs::path(folder).parent_path().string();
  if (!above.empty() && !is_folder(above)) throw no_folder(folder, above);
  std::error_code failure;
  fs::create_directory(folder, failure);
  if (failure == std::errc::file_exists) throw IoError(folder, "is no folder; name one");
  if (failure) throw IoError(folder, "cannot create: " + failure.message());
  // Its own name, too, is on the disk only once the folder above is.
  if (!sync_folder(folder_of(folder))) throw IoError::from_errno(folder, "sync the folder above");
  return folder;
}

}  // namespace fsconv
