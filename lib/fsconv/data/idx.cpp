// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/unpacked_file.hpp>
#include <fsconv/io/content_kind.hpp>
#include <span>
#include <utility>

namespace fsconv {
namespace {

constexpr std::uint32_t images_magic = 2051, labels_magic = 2049;

// The fields of an IDX file, from its header on.
class IdxFile {
 public:
  explicit IdxFile(const std::string& path) : file_(path) {
    if (file_.is_empty()) throw BadData(path, "is empty", "an IDX file begins with a header");
  }

  void read(std::span<std::uint8_t> bytes, const char* what) {
    if (file_.read(bytes) < bytes.size())
      throw BadData(file_.path(), fmt::format("ends early, inside {}", what));
  }

  std::uint32_t number() {
    std::array<std::uint8_t, 4> bytes;
    read(bytes, "its header");
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
           bytes[3];
  }

  // What the file is, or holds where it is packed, by its first bytes, of which four have been read.
  std::string kind(std::uint32_t first) {
    if (file_.is_plain()) return content_kind_of(file_.path());
    std::vector<std::uint8_t> start(1024);
    for (std::size_t at = 0; at < 4; ++at) start[at] = static_cast<std::uint8_t>(first >> (24 - 8 * at));
    std::size_t got = 0;
    try {
      got = file_.read(std::span(start).subspan(4));
    } catch (const BadData&) {
      // damage behind a wrong beginning is no news
    }
    start.resize(4 + got);
    return content_kind(std::as_bytes(std::span(start)));
  }

  // Reading past the last byte also compares gzip's checksum, and finds what follows it.
  void expect_end(Index count, const char* what) {
    std::array<std::uint8_t, 1> extra;
    if (file_.read(extra) != 0) refuse_more(count, what);
  }

  [[noreturn]] void refuse_more(Index count, const char* what) const {
    throw BadData(file_.path(), fmt::format("holds more than the {} {} that its header states", count, what));
  }

  bool is_plain() const { return file_.is_plain(); }

  // Before anything is allocated for them: no more than `bytes` can come of a file of this length.
  void require_bytes(Index bytes) const {
    const Index most = file_.most_bytes();
    if (bytes > most)
      throw BadData(
          file_.path(),
          fmt::format("its header states {} bytes of content, {} at most can be there", bytes, most));
  }

 private:
  UnpackedFile file_;
};

// What another file than was wanted is: IDX numbers its types, and says after them how many axes there are.
std::string idx_kind(std::uint32_t magic) {
  constexpr std::pair<std::uint32_t, const char*> types[] = {
      {0x08, "unsigned bytes"},      {0x09, "signed bytes"},      {0x0b, "integers of 2 bytes"},
      {0x0c, "integers of 4 bytes"}, {0x0d, "floats of 4 bytes"}, {0x0e, "floats of 8 bytes"}};
  for (const auto& [type, name] : types)
    if (magic >> 8 == type)
      return fmt::format("an IDX file of {} with {}", name, counted(magic & 0xff, "axis", "axes"));
  return {};
}

void require_magic(IdxFile& file, const std::string& path, std::uint32_t wanted) {
  const std::uint32_t magic = file.number();
  if (magic == wanted) return;
  const char* legal = wanted == images_magic ? "images are IDX of unsigned bytes with 3 axes (2051)"
                                             : "labels are IDX of unsigned bytes with 1 axis (2049)";
  if (magic == images_magic) throw BadData(path, "is an IDX file of images", "labels are wanted here");
  if (magic == labels_magic) throw BadData(path, "is an IDX file of labels", "images are wanted here");
  if (const std::string kind = idx_kind(magic); !kind.empty()) throw BadData(path, "is " + kind, legal);
  throw BadData(path, with_kind("is no IDX file", file.kind(magic)), legal);
}

}  // namespace

Images read_idx_images(const std::string& path) {
  IdxFile file(path);
  require_magic(file, path, images_magic);
  const Index count = file.number(), rows = file.number(), columns = file.number();
  const Shape shape = {count, 1, rows, columns};
  if (count == 0 || rows == 0 || columns == 0)
    throw BadData(path, fmt::format("holds {} images of {}x{} pixels", count, rows, columns),
                  "at least one of each");
  const Index bytes = stated_count(path, shape);
  file.require_bytes(bytes);
  if (bytes > largest_in_memory && file.is_plain()) {
    constexpr Index header = 16;
    const auto plain = std::make_shared<const InputFile>(path);
    if (static_cast<std::uint64_t>(bytes) + header < plain->size()) file.refuse_more(count, "images");
    return images_in_file({plain, header, path}, shape);
  }
  require_memory_for(path, bytes, 1);
  Tensor<std::uint8_t> images(shape);
  file.read(std::span(images.data(), static_cast<std::size_t>(bytes)), "its images");
  file.expect_end(count, "images");
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::string& path) {
  IdxFile file(path);
  require_magic(file, path, labels_magic);
  const Index count = file.number();
  if (count == 0) throw BadData(path, "holds no labels");
  file.require_bytes(count);
  require_memory_for(path, count, 1);
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  file.read(labels, "its labels");
  file.expect_end(count, "labels");
  return labels;
}

}  // namespace fsconv
