// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/deflate.hpp>
#include <fsconv/io/zip/zip_reader.hpp>
#include <utility>

// The format: PKWARE's APPNOTE.TXT 6.3. All numbers are little endian.

namespace fsconv {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50,
                        end_signature = 0x06054b50, end64_signature = 0x06064b50,
                        locator64_signature = 0x07064b50;
constexpr std::uint64_t local_size = 30, central_size = 46, end_size = 22, end64_size = 56,
                        locator64_size = 20;
constexpr std::uint64_t in_zip64 = 0xffffffff;  // "the zip64 field has it", or in two bytes
constexpr std::uint64_t short_in_zip64 = 0xffff;

// A run of the file's bytes, read field by field.
class Record {
 public:
  Record(const InputFile& file, std::uint64_t offset, std::uint64_t size)
      : bytes_(size), where_(file.path()) {
    file.read(offset, bytes_);
  }
  std::uint64_t left() const { return bytes_.size() - at_; }
  std::uint64_t number(std::size_t bytes) {
    need(bytes);
    const std::uint64_t value = little_endian(std::span(bytes_).subspan(at_, bytes));
    at_ += bytes;
    return value;
  }
  std::string text(std::uint64_t bytes) {
    need(bytes);
    const auto* first = reinterpret_cast<const char*>(bytes_.data() + at_);
    at_ += bytes;
    return std::string(first, bytes);
  }
  void skip(std::uint64_t bytes) {
    need(bytes);
    at_ += bytes;
  }

 private:
  void need(std::uint64_t bytes) const {
    if (left() < bytes)
      throw BadData(where_, "is a damaged zip archive: a record of its directory ends early");
  }
  std::vector<std::byte> bytes_;
  std::string where_;
  std::uint64_t at_ = 0;
};

struct Directory {
  std::uint64_t entries, size, offset, end;  // end: where the records after it begin
};

// The last record of an archive stands right before its comment, which ends with the file.
std::uint64_t find_end_record(const InputFile& file) {
  if (file.size() == 0) throw BadData(file.path(), "is empty", "a zip archive was expected");
  const std::uint64_t reach = std::min<std::uint64_t>(file.size(), end_size + 0xffff);
  std::vector<std::byte> tail(reach);
  file.read(file.size() - reach, tail);
  for (std::uint64_t before_end = end_size; before_end <= reach; ++before_end) {
    const auto at = reach - before_end;
    const auto number = [&](std::uint64_t offset, std::size_t bytes) {
      return little_endian(std::span(tail).subspan(at + offset, bytes));
    };
    if (number(0, 4) == end_signature && number(20, 2) == before_end - end_size)
      return file.size() - before_end;
  }
  std::vector<std::byte> start(std::min<std::uint64_t>(file.size(), 1024));
  file.read(0, start);
  const std::string kind = content_kind(start);
  throw BadData(file.path(), kind == "a zip archive"
                                 ? "is a damaged zip archive: its end is missing, or something follows it"
                                 : with_kind("is no zip archive, or its end is missing", kind));
}

// The numbers of the zip64 record override those of the last one, which then say nothing, or the same.
void read_zip64_end(const InputFile& file, std::uint64_t end, Directory& directory) {
  Record locator(file, end - locator64_size, locator64_size);
  if (locator.number(4) != locator64_signature) return;
  locator.skip(4);
  directory.end = locator.number(8);
  if (directory.end > end - locator64_size || end - locator64_size - directory.end < end64_size)
    throw BadData(file.path(), "is a damaged zip archive: its zip64 record lies outside");
  Record record(file, directory.end, end64_size);
  constexpr std::uint64_t before_size = 12;  // the signature and the size itself, which it does not count
  if (record.number(4) != end64_signature ||
      record.number(8) != end - locator64_size - directory.end - before_size)
    throw BadData(file.path(), "is a damaged zip archive: its zip64 record is missing");
  record.skip(2 + 2 + 4 + 4 + 8);
  bool agree = true;
  const auto take = [&](std::uint64_t& field, std::uint64_t says_nothing) {
    const std::uint64_t number = record.number(8);
    agree = agree && (field == says_nothing || field == number);
    field = number;
  };
  take(directory.entries, short_in_zip64);
  take(directory.size, in_zip64);
  take(directory.offset, in_zip64);
  if (!agree)
    throw BadData(file.path(), "is a damaged zip archive: its two last records contradict each other");
}

Directory find_directory(const InputFile& file) {
  const std::uint64_t end = find_end_record(file);
  Record record(file, end, end_size);
  record.skip(4);
  const std::uint64_t disk = record.number(2), disk_of_directory = record.number(2),
                      entries_here = record.number(2);
  Directory directory{record.number(2), record.number(4), record.number(4), end};
  if (disk != disk_of_directory || entries_here != directory.entries)
    throw BadData(file.path(), "is one part of a zip archive of several", "put it together first");
  if (end >= locator64_size) read_zip64_end(file, end, directory);
  if (directory.offset > directory.end || directory.size != directory.end - directory.offset)
    throw BadData(file.path(), "is a damaged zip archive: its directory does not fill its place");
  if (directory.entries > directory.size / central_size)
    throw BadData(file.path(), fmt::format("is a damaged zip archive: {} members do not fit its directory",
                                           directory.entries));
  return directory;
}

// Members that share bytes are how a small file holds a huge content, or one content under two names.
void find_ends(const InputFile& file, const Directory& directory, std::vector<ZipMember>& members) {
  std::vector<ZipMember*> in_order;
  for (ZipMember& member : members) in_order.push_back(&member);
  std::sort(in_order.begin(), in_order.end(),
            [](const ZipMember* a, const ZipMember* b) { return a->header_offset < b->header_offset; });
  std::uint64_t end = directory.offset;
  for (auto at = in_order.rbegin(); at != in_order.rend(); ++at) {
    ZipMember& member = **at;
    const std::uint64_t least = local_size + member.name.size();  // of the header before the content
    if (member.header_offset > end || end - member.header_offset < least ||
        member.compressed > end - member.header_offset - least)
      throw BadData(file.path() + ":" + excerpt(member.name),
                    "is damaged: it lies outside the archive, or inside another member");
    member.end = std::exchange(end, member.header_offset);
  }
}

// The extra field 1 holds, in this order, those numbers that did not fit their 32 bits.
void read_zip64(Record& record, std::uint64_t extra, ZipMember& member) {
  while (extra >= 4) {
    const std::uint64_t id = record.number(2), size = record.number(2);
    extra -= 4;
    if (size > extra) break;
    extra -= size;
    std::uint64_t left = size;
    if (id == 1)
      for (std::uint64_t* field : {&member.size, &member.compressed, &member.header_offset})
        if (*field == in_zip64 && left >= 8) {
          *field = record.number(8);
          left -= 8;
        }
    record.skip(left);
  }
  record.skip(extra);
}

}  // namespace

std::vector<ZipMember> zip_directory(const InputFile& file) {
  const Directory directory = find_directory(file);
  // Of every member a record, whose name, extra field and comment have 64 KiB at most.
  constexpr std::uint64_t longest_record = 46 + 3 * 0xffff;
  if (directory.size / longest_record > directory.entries)
    throw BadData(file.path(),
                  fmt::format("is a damaged zip archive: {} bytes are too many for a directory of {}",
                              directory.size, counted(static_cast<Index>(directory.entries), "member")));
  require_memory_for(file.path(), static_cast<Index>(directory.size), 1);
  Record record(file, directory.offset, directory.size);
  std::vector<ZipMember> members;
  for (std::uint64_t entry = 0; entry < directory.entries; ++entry) {
    if (record.number(4) != central_signature)
      throw BadData(file.path(),
                    fmt::format("is a damaged zip archive: member {} is not in its directory", entry));
    ZipMember member;
    record.skip(2 + 2);
    member.flags = static_cast<unsigned>(record.number(2));
    member.method = static_cast<unsigned>(record.number(2));
    record.skip(2 + 2);
    member.crc = static_cast<std::uint32_t>(record.number(4));
    member.compressed = record.number(4);
    member.size = record.number(4);
    const std::uint64_t name = record.number(2), extra = record.number(2), comment = record.number(2);
    record.skip(2 + 2 + 4);
    member.header_offset = record.number(4);
    member.name = record.text(name);
    read_zip64(record, extra, member);
    record.skip(comment);
    members.push_back(std::move(member));
  }
  if (record.left() > 0)
    throw BadData(file.path(),
                  fmt::format("is a damaged zip archive: {} the last member of its directory",
                              counted(static_cast<Index>(record.left()), "byte follows", "bytes follow")));
  find_ends(file, directory, members);
  return members;
}

struct ZipMemberReader::Inflater {
  Inflater() {
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  std::array<std::byte, 1 << 16> input;
  bool ended = false;
};

ZipMemberReader::ZipMemberReader(const InputFile& file, const ZipMember& member)
    : file_(file), member_(member), where_(file.path() + ":" + excerpt(member.name)) {
  if (member.flags & 1) throw BadData(where_, "is encrypted");
  if (member.method != 0 && member.method != 8)
    throw BadData(where_, fmt::format("is compressed with method {}", member.method),
                  "fsconv reads stored and deflated");
  const bool possible = member.method == 0 ? member.size == member.compressed
                                           : member.size / most_inflated_per_byte <= member.compressed;
  if (!possible)
    throw BadData(where_, fmt::format("is damaged: {} bytes cannot hold the {} that are stated",
                                      member.compressed, member.size));
  Record local(file, member.header_offset, local_size);
  if (local.number(4) != local_signature)
    throw BadData(where_, "is damaged: it does not begin where it is said to");
  local.skip(2 + 2);
  const std::uint64_t method = local.number(2);
  local.skip(2 + 2 + 4 + 4 + 4);
  const std::uint64_t name = local.number(2), extra = local.number(2);
  position_ = member.header_offset + local_size + name + extra;
  end_ = position_ + member.compressed;
  if (end_ > member.end) throw BadData(where_, "is damaged: it leaves its place in the archive");
  if (method != member.method || name != member.name.size() ||
      Record(file, member.header_offset + local_size, name).text(name) != member.name)
    throw BadData(where_, "is damaged: the directory calls it otherwise than the place where it stands");
  if (member.method == 8) inflater_ = std::make_unique<Inflater>();
  crc_ = static_cast<std::uint32_t>(crc32(0, nullptr, 0));
}

ZipMemberReader::~ZipMemberReader() = default;

void ZipMemberReader::read(std::span<std::byte> bytes) {
  if (bytes.size() > member_.size - delivered_) throw BadData(where_, "ends early");
  if (inflater_)
    read_deflated(bytes);
  else
    read_stored(bytes);
  delivered_ += bytes.size();
  crc_ =
      static_cast<std::uint32_t>(crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void ZipMemberReader::read_stored(std::span<std::byte> bytes) {
  file_.read(position_, bytes);
  position_ += bytes.size();
}

void ZipMemberReader::refill() {
  const auto take =
      std::span(inflater_->input).first(std::min<std::uint64_t>(inflater_->input.size(), end_ - position_));
  file_.read(position_, take);
  position_ += take.size();
  inflater_->stream.next_in = reinterpret_cast<Bytef*>(take.data());
  inflater_->stream.avail_in = static_cast<uInt>(take.size());
}

void ZipMemberReader::read_deflated(std::span<std::byte> bytes) {
  z_stream& stream = inflater_->stream;
  while (!bytes.empty()) {
    if (stream.avail_in == 0 && position_ < end_) refill();
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = piece.size() - stream.avail_out;
    bytes = bytes.subspan(made);
    inflater_->ended = result == Z_STREAM_END;
    // Z_BUF_ERROR says that nothing more can be made of the input; that is the end if there is none left.
    const bool stuck = made == 0 && stream.avail_in == 0 && position_ == end_;
    if ((result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) || stuck ||
        (inflater_->ended && !bytes.empty()))
      throw BadData(where_, fmt::format("is damaged: {}",
                                        stream.msg ? stream.msg : "its compressed content ends early"));
  }
}

void ZipMemberReader::finish() {
  if (inflater_ && !inflater_->ended) {
    // The end mark may still be unread; nothing but it may follow.
    z_stream& stream = inflater_->stream;
    std::byte extra;
    int result = Z_OK;
    while (result == Z_OK || (result == Z_BUF_ERROR && stream.avail_in == 0 && position_ < end_)) {
      if (stream.avail_in == 0 && position_ < end_) refill();
      stream.next_out = reinterpret_cast<Bytef*>(&extra);
      stream.avail_out = 1;
      result = inflate(&stream, Z_NO_FLUSH);
      if (stream.avail_out == 0) break;
    }
    if (result != Z_STREAM_END || stream.avail_out == 0)
      throw BadData(where_, "is damaged: its content is longer than stated, or has no end");
  }
  if (inflater_ && (inflater_->stream.avail_in > 0 || position_ < end_))
    throw BadData(where_,
                  fmt::format("is damaged: {} its compressed content",
                              counted(static_cast<Index>(inflater_->stream.avail_in + (end_ - position_)),
                                      "byte follows", "bytes follow")));
  if (delivered_ != member_.size) throw BadData(where_, "is longer than it should be");
  if (crc_ != member_.crc) throw BadData(where_, "is damaged: its CRC does not match its content");
}

}  // namespace fsconv
