// A regular file of known length, read from anywhere inside it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/io/pipe.hpp>
#include <span>
#include <string>

namespace fsconv {

class InputFile {
 public:
  // IoError with the system's reason if it cannot be opened, or if it is a directory, a pipe, a socket or a device
  // (those have no length that a header could be checked against, and reading them could wait for ever): they are not
  // even opened, so that whoever writes into a pipe does not notice. Nor is a file taken for empty that is not, as those of /proc say.
  explicit InputFile(const std::string& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // Fills `bytes` from `offset`. BadData "ends early" if the file has fewer; IoError if the system fails.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;

  // That these bytes will be read soon. A hint; it cannot fail.
  void will_read(std::uint64_t offset, std::uint64_t bytes) const noexcept;

 private:
  std::string path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

// Whether there is a regular file of this name that holds anything. What the system does not say is not there.
bool has_content(const std::string& path);

}  // namespace fsconv
