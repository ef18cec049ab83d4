// Reads the members of a zip archive, as far as .npz and PyTorch's files need it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/io/input_file.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

struct ZipMember {
  std::string name;
  unsigned flags = 0;
  unsigned method = 0;  // 0 stored, 8 deflated
  std::uint32_t crc = 0;
  std::uint64_t compressed = 0;     // bytes in the archive
  std::uint64_t size = 0;           // bytes of content
  std::uint64_t header_offset = 0;  // of the local header
  std::uint64_t end = 0;            // where the next member or the directory begins
};

// The archive's directory, zip64 included. BadData if the file is no zip archive, a field contradicts the file or another
// field, members overlap, or bytes stand before, inside or behind the directory that belong to nothing. (A comment of the
// archive and gaps between members are legal.)
std::vector<ZipMember> zip_directory(const InputFile& file);

// The content of one member from its first byte to its last.
class ZipMemberReader {
 public:
  // BadData if the member is encrypted, compressed in another way, leaves its place, has another name or method where it
  // stands than in the directory, or states a size that its compressed bytes cannot expand to. `file` must outlive the
  // reader.
  ZipMemberReader(const InputFile& file, const ZipMember& member);
  ~ZipMemberReader();

  void read(std::span<std::byte> bytes);  // BadData if the content ends early or is damaged
  void finish();  // BadData unless all was read, nothing is left over and its CRC is the directory's

 private:
  struct Inflater;
  void refill();
  void read_stored(std::span<std::byte> bytes);
  void read_deflated(std::span<std::byte> bytes);

  const InputFile& file_;
  ZipMember member_;
  std::string where_;
  std::uint64_t position_ = 0, end_ = 0;  // of the compressed bytes not yet taken from the file
  std::uint64_t delivered_ = 0;
  std::uint32_t crc_ = 0;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace fsconv
