// A file that appears under its name complete or not at all.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

// Writes go to a temporary file in the target's directory; commit() syncs it, renames it to the target and
// syncs the directory. Until then, and after any failure, a file that was there before is untouched; the
// destructor removes what was not committed. A symbolic link is followed, and a file that is replaced hands
// on its permissions.
//
// A target that exists and is no regular file (a pipe, /dev/stdout, /dev/full) cannot be replaced: write()
// goes straight to it. Every failure is an IoError with the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }

  // Answers Ctrl-C, where it is caught, by throwing Interrupted.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  // For libraries that write files by name: a file holding what was written so far (for a target that is
  // written directly: an empty one in the system's folder for temporary files, which commit() copies). From
  // then on it is the library's, which must have closed it before commit().
  const std::string& temporary_path();

  // Once; the object is only destroyed after that.
  void commit();

 private:
  void open_temporary(const std::string& directory);
  void copy_temporary_to_target();
  void discard();

  std::string path_;       // as the caller wrote it, for messages
  std::string target_;     // links resolved
  std::string temporary_;  // empty where the target is written directly
  int descriptor_ = -1;    // what write() writes to
  bool direct_ = false;
};

// Finds out before long work, not after it, that a file cannot be written. IoError. Leaves nothing behind.
void require_writable(const std::string& path);

// Makes the folder that `path` lies in if that is all that is missing, and returns it for the user to be told;
// nothing if it is there. IoError that names the missing folder and mkdir -p if the one above it is missing too: a
// mistyped path must not leave a row of folders behind.
std::optional<std::string> make_folder_for(const std::string& path);

}  // namespace fsconv
