// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/unpacked_file.hpp>
#include <fsconv/io/deflate.hpp>
#include <limits>
#include <new>

namespace fsconv {
namespace {

constexpr std::size_t at_once = std::size_t{1} << 24;  // between two looks at interrupts
constexpr int gzip_only = 16;                          // zlib's: added to the size of the window
constexpr std::array<std::uint8_t, 2> magic = {0x1f, 0x8b};

}  // namespace

struct UnpackedFile::Inflater {
  Inflater() {
    if (inflateInit2(&stream, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  std::array<std::uint8_t, 1 << 16> input;
  bool inside_member = false;
};

UnpackedFile::UnpackedFile(const std::string& path) : file_(path) {
  std::array<std::uint8_t, magic.size()> start;
  if (file_.size() < start.size()) return;
  file_.read(0, std::as_writable_bytes(std::span(start)));
  if (start == magic) inflater_ = std::make_unique<Inflater>();
}

UnpackedFile::~UnpackedFile() = default;

Index UnpackedFile::most_bytes() const {
  const auto bytes = static_cast<Index>(file_.size());
  if (!inflater_) return bytes;
  return checked_multiply(bytes, most_inflated_per_byte).value_or(std::numeric_limits<Index>::max());
}

std::size_t UnpackedFile::read(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    stop_if_interrupted();
    const auto piece = bytes.subspan(done, std::min(at_once, bytes.size() - done));
    std::size_t got = 0;
    if (inflater_) {
      got = inflate_some(piece);
    } else {
      got = std::min<std::uint64_t>(piece.size(), file_.size() - position_);
      file_.read(position_, std::as_writable_bytes(piece.first(got)));
      position_ += got;
    }
    if (got == 0) break;
    done += got;
  }
  return done;
}

void UnpackedFile::refill() {
  z_stream& stream = inflater_->stream;
  if (stream.avail_in > 0 || position_ == file_.size()) return;
  const auto take = std::span(inflater_->input)
                        .first(std::min<std::uint64_t>(inflater_->input.size(), file_.size() - position_));
  file_.read(position_, std::as_writable_bytes(take));
  position_ += take.size();
  stream.next_in = take.data();
  stream.avail_in = static_cast<uInt>(take.size());
}

// Whether another member begins; nothing else may follow one.
bool UnpackedFile::begin_member() {
  z_stream& stream = inflater_->stream;
  refill();
  if (stream.avail_in == 0) return false;
  const std::size_t seen = std::min<std::size_t>(magic.size(), stream.avail_in);
  if (!std::equal(magic.begin(), magic.begin() + seen, stream.next_in))
    throw BadData(path(),
                  counted(static_cast<Index>(file_.size() - position_ + stream.avail_in), "byte follows",
                          "bytes follow") +
                      " its gzip content",
                  "nothing but another gzip member may stand there");
  inflateReset(&stream);
  return inflater_->inside_member = true;
}

// At least one byte, but at the end of the content.
std::size_t UnpackedFile::inflate_some(std::span<std::uint8_t> bytes) {
  z_stream& stream = inflater_->stream;
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  while (stream.avail_out == bytes.size()) {
    if (!inflater_->inside_member && !begin_member()) return 0;
    refill();
    const bool all_taken = stream.avail_in == 0;
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inflater_->inside_member = false;
      stop_if_interrupted();  // a file may be nothing but empty members
    } else if (result == Z_BUF_ERROR && all_taken) {
      throw BadData(path(), "its gzip content ends early");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw BadData(path(),
                    fmt::format("its gzip content is damaged: {}", stream.msg ? stream.msg : zError(result)));
    }
  }
  return bytes.size() - stream.avail_out;
}

}  // namespace fsconv
