// A file that appears under its name complete or not at all.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/io/file_lock.hpp>
#include <fsconv/io/pipe.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

// Writes go to a temporary file in the target's directory; commit() syncs it, renames it to the target and
// syncs the directory. Until then, and after any failure, a file that was there before is untouched; the
// destructor removes what was not committed, and the next writer in that folder what a killed one has left
// (leftovers.hpp). A file that is replaced hands on its permissions. A symbolic link is followed and stays; where it
// leads to nothing, the file is made that it names, as a shell's > does.
//
// A target that exists and is no regular file (a pipe, /dev/stdout, /dev/full) cannot be replaced: it is opened once
// and write() goes straight to it. A pipe without a reader is waited for. Directories and sockets are refused.
//
// Every failure is an IoError with the path and the system's reason. Whatever waits or writes answers Ctrl-C, where it
// is caught, by throwing Interrupted.
class AtomicFile {
 public:
  enum class Purpose {
    replace,
    // The temporary file begins as a copy of the file that is there. From before it is read until commit() no other
    // update of it begins, in this process or another (file_lock.hpp): whoever comes second waits, and then updates
    // what the first has made. What a lock cannot keep away commit() notices: IoError, and nothing is written. Two
    // updates of one file at once in one thread wait for ever.
    update
  };

  explicit AtomicFile(const std::string& path, Purpose purpose = Purpose::replace);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }

  // Of an update: how many bytes were copied. None: there is no file yet, or an empty one, or none that holds anything.
  std::uint64_t copied() const { return copied_; }

  void write(std::span<const std::byte> bytes);  // behind what was copied or written
  void write(std::string_view text);

  // For libraries that write files by name: a file holding what was copied and written so far (for a target that is
  // written directly: an empty one in the system's folder for temporary files, which commit() copies). From
  // then on it is the library's, which must have closed it before commit().
  const std::string& temporary_path();

  // Syncs and closes what was written: all that a full disk can hinder. Then commit() has only to rename, which makes
  // several files that belong together appear as good as at once. Nothing may be written after it. A target that is
  // written directly has its turn in commit().
  void finish();

  // For a file that is written again and again: `own` is what stood under its name when that began (nothing where there was none),
  // and from commit() on what this has put there. commit() throws IoError, and changes nothing, where another file stands
  // there by now: somebody else writes under that name, too, and would lose it. A file that has gone is made anew. `own` must stay.
  void keep_to(std::optional<FileIdentity>& own) { own_ = &own; }

  // Once; the object is only destroyed after that.
  void commit();

 private:
  void open_temporary(const std::string& directory);
  void copy_temporary_to_target();
  void put_in_place();
  void put_over_own();
  void discard();

  std::string path_;       // as the caller wrote it, for messages
  std::string target_;     // links resolved
  std::string temporary_;  // empty where the target is written directly
  std::size_t noted_ = 0;  // where its name stands for remove_unfinished()
  Descriptor file_;        // what write() writes to
  bool direct_ = false;
  std::uint64_t copied_ = 0;
  std::optional<FileLock> lock_;                // of an update
  std::optional<FileIdentity>* own_ = nullptr;  // of keep_to()
};

// Takes away the temporary files of what is being written now, where a signal's handler is about to end the process: calls nothing
// that a handler may not.
void remove_unfinished() noexcept;

// A file that has this content, whole or not at all. IoError.
void write_whole(const std::string& path, std::string_view content);

// Where a link leads that leads to nothing (yet): what the last link of the chain names; the path itself where it is no link.
std::string end_of_links(std::string path);

// Whether two names are of one output: by one path, another one, or a link; of a file that is there or one that is yet to
// come.
bool is_same_output(const std::string& a, const std::string& b);

// Finds out before long work, not after it, that a file cannot be written. IoError. Leaves nothing behind, and opens no
// pipe or device: its reader would see a writer come and go.
void require_writable(const std::string& path);

// The same for a file that is written again and again: only a regular file, which may be yet to come, or a link to
// /dev/null keeps what it is told. IoError says what else it is.
void require_rewritable(const std::string& path);

// Makes the folder that `path` lies in if that is all that is missing, and returns it for the user to be told;
// nothing if it is there. IoError that names the missing folder and mkdir -p if the one above it is missing too: a
// mistyped path must not leave a row of folders behind.
std::optional<std::string> make_folder_for(const std::string& path);
// The same of a folder that is named itself.
std::optional<std::string> make_folder(std::string folder);
// Whether make_folder_for would make one; throws what it would throw for a missing folder above.
bool lacks_folder(const std::string& path);

}  // namespace fsconv
