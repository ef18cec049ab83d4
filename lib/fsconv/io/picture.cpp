#include <fmt/format.h>
#include <fmt/ranges.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/picture.hpp>

namespace fsconv {
namespace {

constexpr std::uint8_t separator_grey = 128;
constexpr Index longest_side = 1'000'000;  // what libpng reads back

std::uint8_t to_byte(float value) {
  if (std::isnan(value)) return 0;
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
}

// Draws image `n` of a row with its upper left corner at (top, left).
void draw(Picture& picture, const Tensor<float>& row, Index n, Index zoom, Index top, Index left) {
  const Index channels = row.shape()[1], height = row.shape()[2], width = row.shape()[3];
  for (Index c = 0; c < channels; ++c)
    for (Index y = 0; y < height * zoom; ++y)
      for (Index x = 0; x < width * zoom; ++x) {
        const float value = row[((n * channels + c) * height + y / zoom) * width + x / zoom];
        const Index at = ((top + y) * picture.width + left + x) * channels + c;
        picture.pixels[static_cast<std::size_t>(at)] = to_byte(value);
      }
}

void check_rows(std::span<const Tensor<float>> rows) {
  if (rows.empty()) throw InvalidArgument("rows", "there are none");
  for (const Tensor<float>& row : rows) {
    const Shape& shape = row.shape();
    if (shape.size() != 4 || (shape[1] != 1 && shape[1] != 3) || row.size() == 0)
      throw InvalidArgument("rows", fmt::format("the shape ({}) is no row of images", fmt::join(shape, ", ")),
                            "[N, C, H, W] with one or three channels");
    if (!std::equal(shape.begin() + 1, shape.end(), rows.front().shape().begin() + 1))
      throw InvalidArgument("rows", "their images differ in size or channels");
  }
}

}  // namespace

Picture image_grid(std::span<const Tensor<float>> rows, Index zoom) {
  check_rows(rows);
  if (zoom < 1 || zoom > longest_side) throw InvalidArgument("zoom", fmt::format("{}", zoom), "at least 1");
  Index columns = 0;
  for (const Tensor<float>& row : rows) columns = std::max(columns, row.shape()[0]);
  const Shape& shape = rows.front().shape();
  // the sides of a picture of `count` images, or one too long
  auto side = [zoom](Index count, Index size) {
    const auto pixels = checked_multiply(size, zoom);
    const auto all = pixels ? checked_multiply(*pixels + 1, count) : pixels;
    return all && *all - 1 <= longest_side ? *all - 1 : longest_side + 1;
  };
  Picture picture;
  picture.channels = shape[1];
  picture.width = side(columns, shape[3]);
  picture.height = side(static_cast<Index>(rows.size()), shape[2]);
  if (picture.width > longest_side || picture.height > longest_side)
    throw InvalidArgument("zoom", fmt::format("the picture would be longer than {} pixels", longest_side));
  const Index bytes = picture.width * picture.height * picture.channels;
  require_memory(bytes, 1, "picture");
  picture.pixels.assign(static_cast<std::size_t>(bytes), separator_grey);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (Index n = 0; n < rows[r].shape()[0]; ++n)
      draw(picture, rows[r], n, zoom, static_cast<Index>(r) * (shape[2] * zoom + 1),
           n * (shape[3] * zoom + 1));
  return picture;
}

void write_png(const std::string& path, const Picture& picture) {
  const bool sides = picture.width >= 1 && picture.height >= 1 && picture.width <= longest_side &&
                     picture.height <= longest_side && (picture.channels == 1 || picture.channels == 3);
  if (!sides ||
      static_cast<Index>(picture.pixels.size()) != picture.width * picture.height * picture.channels)
    throw InvalidArgument(
        "picture", fmt::format("{} bytes are no picture of {}x{} pixels with {} channels",
                               picture.pixels.size(), picture.width, picture.height, picture.channels));
  // libpng's simplified interface reports errors by returning; the other one jumps over destructors.
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  require_memory(static_cast<Index>(size), 1, "picture");
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr))
    throw IoError(path, fmt::format("cannot write: libpng: {}", image.message));
  AtomicFile file(path);
  file.write(std::span(bytes).first(size));
  file.commit();
}

}  // namespace fsconv
