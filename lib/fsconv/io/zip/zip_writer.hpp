// Writes a zip archive whose members are stored as they are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/sha256.hpp>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// zip64 where it is needed; every date is 1980-01-01, so that the same members make the same bytes. The file appears with
// commit(). Contents are streamed: nothing is copied. IoError.
class ZipWriter {
 public:
  // sha256: the archive's comment is its seal (io/seal.hpp), by which fsconv knows that nobody has changed it.
  enum class Seal { none, sha256 };

  explicit ZipWriter(const std::string& path, Seal seal = Seal::none);

  const std::string& path() const { return file_.path(); }
  bool has(std::string_view name) const { return names_.contains(name); }

  // A member of these pieces, one behind the other, which begins at a multiple of `alignment` bytes in the file (a power of
  // 2, at most 4096; the gap is an extra field of zeros). InvalidArgument for a name that is empty, taken or too long.
  void add(const std::string& name, std::span<const std::span<const std::byte>> pieces,
           std::uint64_t alignment = 1);

  void commit();

 private:
  struct Member {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size, offset;
  };
  void put(std::span<const std::byte> bytes);
  void put(const std::string& bytes) { put(std::as_bytes(std::span(bytes))); }

  AtomicFile file_;
  std::uint64_t position_ = 0;
  std::vector<Member> members_;
  std::set<std::string, std::less<>> names_;
  std::optional<Sha256> sum_;  // of what is written, where it is to be sealed
};

}  // namespace fsconv
