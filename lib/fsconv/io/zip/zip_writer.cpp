// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/io/zip/zip_writer.hpp>

// The format: PKWARE's APPNOTE.TXT 6.3. All numbers are little endian.

namespace fsconv {
namespace {

// Little-endian fields put together to a record.
struct RecordText {
  std::string bytes;
  RecordText& number(std::uint64_t value, int width) {
    append_little_endian(bytes, value, width);
    return *this;
  }
};

// From here on a number is too large for its 32-bit field, and stands in a zip64 field instead.
constexpr std::uint64_t zip64_from = 0xffffffff;
std::uint64_t short_field(std::uint64_t value) { return value >= zip64_from ? 0xffffffff : value; }

constexpr int dos_date = 1 << 5 | 1;  // 1980-01-01
constexpr int plain_version = 20, zip64_version = 45;
constexpr std::size_t longest_name = 0xff80;
constexpr std::uint64_t local_size = 30, field_head = 4;
constexpr std::uint64_t padding_id = 0x4246;  // "FB", as PyTorch's writer has it

}  // namespace

ZipWriter::ZipWriter(const std::string& path, Seal seal) : file_(path) {
  if (seal == Seal::sha256) sum_.emplace();
}

void ZipWriter::put(std::span<const std::byte> bytes) {
  file_.write(bytes);
  if (sum_) sum_->add(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::span<const std::byte>> pieces,
                    std::uint64_t alignment) {
  if (name.empty() || has(name) || name.size() > longest_name)
    throw InvalidArgument("member name", fmt::format("'{}' cannot be added to {}", name, path()),
                          "every member needs a name of its own");
  Member member{name, 0, 0, position_};
  auto crc = crc32_z(0, nullptr, 0);
  for (const auto piece : pieces) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    member.size += piece.size();
  }
  member.crc = static_cast<std::uint32_t>(crc);

  RecordText extra;
  const bool zip64 = member.size >= zip64_from;
  if (zip64) extra.number(1, 2).number(16, 2).number(member.size, 8).number(member.size, 8);
  const std::uint64_t begin = position_ + local_size + name.size() + extra.bytes.size();
  if (begin % alignment != 0) {
    const std::uint64_t gap = (alignment - (begin + field_head) % alignment) % alignment;
    extra.number(padding_id, 2).number(gap, 2).bytes.append(gap, '\0');
  }
  RecordText local;
  local.number(0x04034b50, 4).number(zip64 ? zip64_version : plain_version, 2).number(0, 2).number(0, 2);
  local.number(0, 2).number(dos_date, 2).number(member.crc, 4);
  local.number(short_field(member.size), 4).number(short_field(member.size), 4);
  local.number(name.size(), 2).number(extra.bytes.size(), 2).bytes += name;
  put(local.bytes + extra.bytes);
  for (const auto piece : pieces) put(piece);
  names_.insert(name);
  members_.push_back(std::move(member));
}

void ZipWriter::commit() {
  const std::uint64_t start = position_;
  for (const Member& member : members_) {
    RecordText extra;  // only what does not fit, in this order
    if (member.size >= zip64_from) extra.number(member.size, 8).number(member.size, 8);
    if (member.offset >= zip64_from) extra.number(member.offset, 8);
    const bool zip64 = !extra.bytes.empty();
    const int version = zip64 ? zip64_version : plain_version;
    RecordText entry;
    entry.number(0x02014b50, 4).number(static_cast<std::uint64_t>(version), 2);
    entry.number(static_cast<std::uint64_t>(version), 2).number(0, 2).number(0, 2);
    entry.number(0, 2).number(dos_date, 2).number(member.crc, 4);
    entry.number(short_field(member.size), 4).number(short_field(member.size), 4);
    entry.number(member.name.size(), 2).number(zip64 ? extra.bytes.size() + field_head : 0, 2).number(0, 2);
    entry.number(0, 2).number(0, 2).number(0, 4).number(short_field(member.offset), 4);
    entry.bytes += member.name;
    if (zip64) entry.number(1, 2).number(extra.bytes.size(), 2).bytes += extra.bytes;
    put(entry.bytes);
  }
  const std::uint64_t end = position_, count = members_.size();
  RecordText last;
  if (start >= zip64_from || count >= 0xffff) {
    last.number(0x06064b50, 4).number(44, 8).number(zip64_version, 2).number(zip64_version, 2).number(0, 4);
    last.number(0, 4).number(count, 8).number(count, 8).number(end - start, 8).number(start, 8);
    last.number(0x07064b50, 4).number(0, 4).number(end, 8).number(1, 4);
  }
  const std::uint64_t short_count = std::min<std::uint64_t>(count, 0xffff);
  last.number(0x06054b50, 4).number(0, 2).number(0, 2).number(short_count, 2).number(short_count, 2);
  last.number(short_field(end - start), 4).number(short_field(start), 4);
  last.number(sum_ ? seal_words.size() + seal_digits : 0, 2);
  if (sum_) last.bytes += seal_words;
  put(last.bytes);
  if (sum_) file_.write(sum_->hex());
  file_.commit();
}

}  // namespace fsconv
