// The bytes of a file in order, inflated where it is a gzip file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <fsconv/io/input_file.hpp>
#include <memory>
#include <span>
#include <string>

namespace fsconv {

// What begins with 1f 8b is read as gzip (RFC 1952): members one after the other are one content, each is checked
// against its CRC and length, and nothing but a member may follow one. Other files are read as they are, without a
// checksum: a changed byte is another content. Reading answers interrupts.
class UnpackedFile {
 public:
  // IoError if there is no file that can be read.
  explicit UnpackedFile(const std::string& path);
  ~UnpackedFile();

  const std::string& path() const { return file_.path(); }
  bool is_empty() const { return file_.size() == 0; }
  bool is_plain() const { return !inflater_; }

  // The next bytes, as many as `bytes` has; fewer at the end of the content only, where the last member has been checked.
  // BadData if gzip's content is damaged, ends early or is followed by something else.
  std::size_t read(std::span<std::uint8_t> bytes);

  // No more bytes than this can come of a file of that length: 1032 of each that is packed.
  Index most_bytes() const;

 private:
  struct Inflater;
  void refill();
  bool begin_member();
  std::size_t inflate_some(std::span<std::uint8_t> bytes);

  InputFile file_;
  std::uint64_t position_ = 0;  // of the bytes not yet taken from the file
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace fsconv
