// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <png.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/io/pixel_font.hpp>
#include <new>

namespace fsconv {
namespace {

constexpr std::uint8_t separator_grey = 128, paper_white = 255, ink_black = 0;
constexpr Index longest_side = 1'000'000;           // what libpng reads back
constexpr Index most_bytes = (Index{1} << 32) - 1;  // what it takes at once

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

// One direction of a grid: a strip for labels, if there are any, then cells with a separating line between each two.
struct Ruler {
  Index strip = 0;  // pixels for labels, or 0
  Index cells = 0;
  Index image = 0;  // pixels of an image
  Index label = 0;  // pixels of the longest label of a cell
  Index cell() const { return std::max(image, label); }
  Index first_cell() const { return strip > 0 ? strip + 1 : 0; }
  Index cell_start(Index at) const { return first_cell() + at * (cell() + 1); }
  Index image_start(Index at) const { return cell_start(at) + (cell() - image) / 2; }
  // of the picture, or more than the longest side
  Index length() const {
    const auto all = checked_multiply(cell() + 1, cells);
    return all && *all <= longest_side + 1 ? first_cell() + *all - 1 : longest_side + 1;
  }
};

Index longest_label(const std::vector<std::string>& labels) {
  Index longest = 0;
  for (const std::string& label : labels) longest = std::max(longest, text_width(label));
  return longest;
}

// Where everything is, in pixels of the picture.
struct Arrangement {
  Ruler across, down;
  Index letter_zoom = 1;
  Index margin() const { return 2 * letter_zoom; }  // around a label

  Arrangement(std::span<const Tensor<float>> rows, const GridOptions& options) {
    if (options.zoom < 1 || options.zoom > longest_side)
      throw InvalidArgument("zoom", fmt::format("{}", options.zoom), "at least 1");
    const Shape& shape = rows.front().shape();
    down.cells = static_cast<Index>(rows.size());
    for (const Tensor<float>& row : rows) across.cells = std::max(across.cells, row.shape()[0]);
    require_labels("row_labels", options.row_labels, down.cells);
    require_labels("column_labels", options.column_labels, across.cells);
    across.image = side(shape[3], options.zoom);
    down.image = side(shape[2], options.zoom);
    // a letter is about a sixth of the image's height, and never larger than 28 pixels
    letter_zoom = std::clamp<Index>(down.image / 40, 1, 4);
    const auto with_margins = [&](Index letters) { return letters * letter_zoom + 2 * margin(); };
    if (!options.row_labels.empty()) {
      across.strip = with_margins(longest_label(options.row_labels));
      down.label = with_margins(glyph_height);
    }
    if (!options.column_labels.empty()) {
      down.strip = with_margins(glyph_height);
      across.label = with_margins(longest_label(options.column_labels));
    }
  }

 private:
  static void require_labels(const char* field, const std::vector<std::string>& labels, Index cells) {
    if (!labels.empty() && static_cast<Index>(labels.size()) != cells)
      throw InvalidArgument(field, fmt::format("there are {}", labels.size()),
                            fmt::format("none or {}", cells));
  }
  static Index side(Index size, Index zoom) {
    const auto pixels = checked_multiply(size, zoom);
    return pixels ? std::min(*pixels, longest_side + 1) : longest_side + 1;
  }
};

void fill(Picture& picture, Index top, Index left, Index height, Index width, std::uint8_t value) {
  for (Index y = top; y < top + height; ++y) {
    const auto line = picture.pixels.begin() + (y * picture.width + left) * picture.channels;
    std::fill(line, line + width * picture.channels, value);
  }
}

void draw_text(Picture& picture, std::string_view text, Index top, Index left, Index zoom) {
  for (const char character : text) {
    for (Index y = 0; y < glyph_height; ++y)
      for (Index x = 0; x < glyph_width; ++x)
        if (glyph_ink(character, y, x)) fill(picture, top + y * zoom, left + x * zoom, zoom, zoom, ink_black);
    left += (glyph_width + 1) * zoom;
  }
}

// Row labels end at the images, in the middle of their height; column labels are centred.
void draw_labels(Picture& picture, const Arrangement& arrangement, const GridOptions& options) {
  fill(picture, 0, 0, picture.height, arrangement.across.strip, paper_white);
  fill(picture, 0, 0, arrangement.down.strip, picture.width, paper_white);
  const Index zoom = arrangement.letter_zoom, height = glyph_height * zoom;
  for (std::size_t r = 0; r < options.row_labels.size(); ++r) {
    const std::string& label = options.row_labels[r];
    const Index top =
        arrangement.down.cell_start(static_cast<Index>(r)) + (arrangement.down.cell() - height) / 2;
    draw_text(picture, label, top, arrangement.across.strip - arrangement.margin() - text_width(label) * zoom,
              zoom);
  }
  for (std::size_t n = 0; n < options.column_labels.size(); ++n) {
    const std::string& label = options.column_labels[n];
    const Index space = arrangement.across.cell() - text_width(label) * zoom;
    draw_text(picture, label, arrangement.margin(),
              arrangement.across.cell_start(static_cast<Index>(n)) + space / 2, zoom);
  }
}

}  // namespace

std::vector<std::uint8_t> planes(const Picture& picture) {
  const auto channels = static_cast<std::size_t>(picture.channels);
  std::vector<std::uint8_t> planes;
  planes.reserve(picture.pixels.size());
  for (std::size_t channel = 0; channel < channels; ++channel)
    for (std::size_t at = channel; at < picture.pixels.size(); at += channels)
      planes.push_back(picture.pixels[at]);
  return planes;
}

Picture image_grid(std::span<const Tensor<float>> rows, const GridOptions& options) {
  check_rows(rows);
  const Arrangement arrangement(rows, options);
  Picture picture{arrangement.across.length(), arrangement.down.length(), rows.front().shape()[1], {}};
  if (picture.width > longest_side || picture.height > longest_side)
    throw InvalidArgument("scale", fmt::format("the picture would be longer than {} pixels", longest_side),
                          "a smaller scale, or fewer images");
  const Index bytes = picture.width * picture.height * picture.channels;
  if (bytes > most_bytes)
    throw InvalidArgument("scale",
                          fmt::format("the picture would have {} x {} pixels", picture.width, picture.height),
                          "a PNG is written of at most 4 GiB of them: a smaller scale, or fewer images");
  require_memory(bytes, 1, "picture");
  picture.pixels.assign(static_cast<std::size_t>(bytes), separator_grey);
  draw_labels(picture, arrangement, options);
  const Ruler &across = arrangement.across, &down = arrangement.down;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto row = static_cast<Index>(r), images = rows[r].shape()[0];
    for (Index n = 0; n < images; ++n) {
      stop_if_interrupted();
      draw(picture, rows[r], n, options.zoom, down.image_start(row), across.image_start(n));
    }
    // The grey between images could be an image's.
    for (Index n = images; n < across.cells; ++n)
      fill(picture, down.cell_start(row), across.cell_start(n), down.cell(), across.cell(), paper_white);
  }
  return picture;
}

Index default_zoom(Index height, Index width) {
  if (height < 1 || width < 1)
    throw InvalidArgument("image", fmt::format("{}x{} pixels", height, width), "at least 1x1");
  constexpr Index large_enough = 84;
  return ceil_div(large_enough, std::min(std::max(height, width), large_enough));
}

std::vector<Tensor<float>> wrap_images(const Tensor<float>& images, Index columns) {
  if (images.rank() != 4 || images.size() == 0)
    throw InvalidArgument("images", fmt::format("the shape ({}) holds none", fmt::join(images.shape(), ", ")),
                          "[N, C, H, W]");
  if (columns < 1) throw InvalidArgument("columns", fmt::format("{}", columns), "at least 1");
  Shape shape = images.shape();
  const Index count = shape[0], image_size = images.size() / count;
  std::vector<Tensor<float>> rows;
  for (Index first = 0; first < count; first += shape[0]) {
    shape[0] = std::min(columns, count - first);
    const auto begin = images.begin() + first * image_size;
    rows.emplace_back(shape, std::vector<float>(begin, begin + shape[0] * image_size));
  }
  return rows;
}

bool is_picture_name(const std::string& path) {
  return lower_case(std::filesystem::path(path).extension().string()) == ".png";
}

std::vector<std::uint8_t> png_bytes(const Picture& picture) {
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
  std::vector<std::uint8_t> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr)) {
    if (tells_of_no_memory(image.message)) throw std::bad_alloc();
    throw Error(ExitCode::runtime,
                fmt::format("cannot make a PNG of the picture: libpng: {}", image.message));
  }
  bytes.resize(size);
  return bytes;
}

void write_png(AtomicFile& file, const Picture& picture) {
  const std::vector<std::uint8_t> bytes = png_bytes(picture);
  file.write(std::as_bytes(std::span(bytes)));
}

void write_png(const std::string& path, const Picture& picture) {
  AtomicFile file(path);
  write_png(file, picture);
  file.commit();
}

}  // namespace fsconv
