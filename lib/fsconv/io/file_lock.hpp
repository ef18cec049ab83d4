// Keeps a file that is read, changed and put back from others who would do the same to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/descriptor.hpp>
#include <optional>
#include <string>

namespace fsconv {

// What a file was when it was looked at. Whoever replaces it, or writes into it, makes it another one. The number of a file
// that has gone is soon another one's, whose birth tells them apart where the system knows it; and some systems (FUSE's)
// give one file another number every now and then.
struct FileIdentity {
  struct Time {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    bool operator==(const Time&) const = default;
  };
  std::uint64_t device = 0, inode = 0;
  Time born = {};
  std::uint64_t size = 0;  // bytes
  Time modified = {};

  bool operator==(const FileIdentity&) const = default;
  // By number and birth, whatever was written into it; or as large as it was, and as old.
  bool is_same_file(const FileIdentity& other) const;
};
// Of what `path` names, through links; nothing, with errno, where there is no such file.
std::optional<FileIdentity> identity_of(const std::string& path);

// As long as it lives, no other FileLock of that file does, in this process or another: whoever comes second waits.
// Of a file that is not there its folder is locked, until it is there. Who asks for it twice in one thread waits for
// ever.
//
// The lock of a file is fcntl's, of the open file (F_OFD_SETLK), which the flock() of HDF5's readers neither sees nor
// disturbs; that of a folder is flock's. Both are advice, and some systems (NFS without its lock daemon, folders that
// may not be read) have none: require_unchanged() notices what a lock could not keep away, unless it happens between
// this look and the rename that follows.
class FileLock {
 public:
  // `path`: no link. IoError if it is there and cannot be opened for reading and writing; Interrupted after Ctrl-C,
  // where it is caught, while it waits.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // The file, for reading and writing; not valid where there is none.
  const Descriptor& file() const { return file_; }

  // IoError if `path` is no longer what it was when the lock was taken: the file, or nothing. `shown` is its name in
  // the message.
  void require_unchanged(const std::string& shown) const;

 private:
  std::string path_;
  Descriptor file_, folder_;
  std::optional<FileIdentity> identity_;
};

// The part of a path that says the folder, with its slash, or ".".
std::string folder_of(const std::string& path);

}  // namespace fsconv
