#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/input_file.hpp>
#include <memory>
#include <span>
#include <utility>

namespace fsconv {
namespace {

constexpr std::uint32_t images_magic = 2051, labels_magic = 2049;
constexpr Index best_compression = 1032;  // deflate makes at most so many bytes of one

// The bytes of a file, inflated where they are gzipped.
class IdxFile {
 public:
  explicit IdxFile(const std::string& path)
      : path_(path),
        file_bytes_(static_cast<Index>(InputFile(path).size())),
        file_(gzopen(path.c_str(), "rb"), gzclose) {
    if (!file_) throw IoError::from_errno(path, "read");
    if (file_bytes_ == 0) throw BadData(path, "is empty", "an IDX file begins with a header");
    gzbuffer(file_.get(), 1 << 17);
  }

  void read(std::span<std::uint8_t> bytes, const char* what) {
    constexpr std::size_t at_once = std::size_t{1} << 28;
    while (!bytes.empty()) {
      const auto wanted = static_cast<unsigned>(std::min(at_once, bytes.size()));
      const int got = gzread(file_.get(), bytes.data(), wanted);
      require_sound(got);
      if (got == 0) throw BadData(path_, fmt::format("ends early, inside {}", what));
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }

  std::uint32_t number() {
    std::array<std::uint8_t, 4> bytes;
    read(bytes, "its header");
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
           bytes[3];
  }

  // What the file is by its first bytes, of which the first four have been read.
  std::string kind(std::uint32_t first) {
    std::vector<std::byte> start(1024);
    for (std::size_t at = 0; at < 4; ++at) start[at] = static_cast<std::byte>(first >> (24 - 8 * at) & 0xff);
    const int got = gzread(file_.get(), start.data() + 4, static_cast<unsigned>(start.size() - 4));
    start.resize(4 + static_cast<std::size_t>(std::max(got, 0)));
    return content_kind(start);
  }

  // Reading past the last byte also makes zlib compare its checksum.
  void expect_end(Index count, const char* what) {
    std::uint8_t extra = 0;
    const int got = gzread(file_.get(), &extra, 1);
    require_sound(got);
    if (got != 0)
      throw BadData(path_, fmt::format("holds more than the {} {} that its header states", count, what));
  }

  // No more than `bytes` can come of a file of this length.
  void require_room(Index bytes) const {
    const Index most = gzdirect(file_.get()) ? file_bytes_ : file_bytes_ * best_compression;
    if (bytes > most)
      throw BadData(
          path_, fmt::format("its header states {} bytes of content, {} at most can be there", bytes, most));
    require_memory_for(path_, bytes, 1);
  }

 private:
  void require_sound(int got) const {
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (code == Z_ERRNO) throw IoError::from_errno(path_, "read");
    // zlib says Z_BUF_ERROR where a gzip file stops before its end
    if (code == Z_BUF_ERROR) throw BadData(path_, "its gzip content ends early");
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      throw BadData(path_, fmt::format("its gzip content is damaged: {}", message));
  }

  std::string path_;
  Index file_bytes_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
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

Tensor<std::uint8_t> read_idx_images(const std::string& path) {
  IdxFile file(path);
  require_magic(file, path, images_magic);
  const Index count = file.number(), rows = file.number(), columns = file.number();
  const Shape shape = {count, 1, rows, columns};
  if (count == 0 || rows == 0 || columns == 0)
    throw BadData(path, fmt::format("holds {} images of {}x{} pixels", count, rows, columns),
                  "at least one of each");
  const Index bytes = stated_count(path, shape);
  file.require_room(bytes);
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
  file.require_room(count);
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  file.read(labels, "its labels");
  file.expect_end(count, "labels");
  return labels;
}

}  // namespace fsconv
