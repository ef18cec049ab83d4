// Files of pictures for tests: PNG written chunk by chunk, JPEG by libjpeg, both as odd as one likes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
//
#include <jpeglib.h>
#include <zlib.h>

#include <cstddef>
#include <cstdlib>
#include <fsconv/base/random.hpp>
#include <fsconv/io/picture.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace fsconv::testing {

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

inline std::string big_endian(std::size_t value, int bytes = 4) {
  std::string text;
  for (int byte = bytes - 1; byte >= 0; --byte) text += static_cast<char>(value >> (8 * byte) & 0xff);
  return text;
}

inline Picture random_picture(Index height, Index width, Index channels, std::uint64_t seed = 1) {
  Random random(seed);
  Picture picture{width, height, channels, {}};
  for (Index at = 0; at < height * width * channels; ++at)
    picture.pixels.push_back(static_cast<std::uint8_t>(random.integer(0, 255)));
  return picture;
}

// A picture that changes slowly, as photographs do: JPEG keeps it short.
inline Picture smooth_picture(Index height, Index width, Index channels) {
  Picture picture{width, height, channels, {}};
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      for (Index c = 0; c < channels; ++c)
        picture.pixels.push_back(
            static_cast<std::uint8_t>((y * (7 + c) + x * (11 - 2 * c) + x * y / 3) % 256));
  return picture;
}

// An Exif block that holds an orientation, in Intel's or Motorola's order of bytes.
inline std::string exif_block(int orientation, bool motorola, int type = 3) {
  const auto number = [&](std::size_t value, int bytes) {
    std::string text = big_endian(value, bytes);
    return motorola ? text : std::string(text.rbegin(), text.rend());
  };
  return (motorola ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) +        // two entries
         number(0x0100, 2) + number(4, 2) + number(1, 4) + number(6, 4) +                // the width
         number(0x0112, 2) + number(static_cast<std::size_t>(type), 2) + number(1, 4) +  //
         (type == 4 ? number(static_cast<std::size_t>(orientation), 4)
                    : number(static_cast<std::size_t>(orientation), 2) + number(0, 2)) +
         number(0, 4);
}

// --- PNG ---

inline constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return big_endian(data.size()) + checked + big_endian(crc);
}

inline std::string png_header(std::size_t width, std::size_t height, int bits, int colour_type,
                              int interlace = 0) {
  return png_chunk("IHDR", big_endian(width) + big_endian(height) +
                               big_endian(static_cast<std::size_t>(bits), 1) +
                               big_endian(static_cast<std::size_t>(colour_type), 1) + std::string(2, '\0') +
                               big_endian(static_cast<std::size_t>(interlace), 1));
}

// Rows as they are stored, each behind a byte that names its filter.
inline std::string png_data(const std::string& rows) {
  uLongf length = compressBound(rows.size());
  std::string packed(length, '\0');
  if (compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(rows.data()),
               rows.size()) != Z_OK)
    throw std::runtime_error("zlib");
  packed.resize(length);
  return png_chunk("IDAT", packed);
}

// Colour types of PNG.
enum PngColour { png_grey = 0, png_rgb = 2, png_palette = 3, png_grey_alpha = 4, png_rgb_alpha = 6 };

struct PngFile {
  std::size_t width, height;
  int bits;
  PngColour colour;
  std::string rows;         // unfiltered: "\0" before each
  std::string before = {};  // chunks before IDAT
  std::string after = {};   // and behind
  int interlace = 0;

  operator std::string() const {
    return std::string(png_signature) + png_header(width, height, bits, colour, interlace) + before +
           png_data(rows) + after + png_chunk("IEND", "");
  }
};

inline std::string rows_of(const std::vector<std::string>& rows) {
  std::string text;
  for (const std::string& row : rows) text += '\0' + row;
  return text;
}

// A picture as it is; the pixels of one pass of Adam7 in turn where it is interlaced.
inline std::string png_file(const Picture& picture, bool interlaced = false, const std::string& before = {},
                            const std::string& after = {}) {
  struct Pass {
    Index row, column, rows, columns;
  };
  static const std::vector<Pass> all = {{0, 0, 1, 1}},
                                 adam7 = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4},
                                          {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}};
  std::string rows;
  for (const Pass& pass : interlaced ? adam7 : all) {
    if (pass.column >= picture.width) continue;
    for (Index y = pass.row; y < picture.height; y += pass.rows) {
      rows += '\0';
      for (Index x = pass.column; x < picture.width; x += pass.columns)
        for (Index c = 0; c < picture.channels; ++c)
          rows += static_cast<char>(
              picture.pixels[static_cast<std::size_t>((y * picture.width + x) * picture.channels + c)]);
    }
  }
  return PngFile{static_cast<std::size_t>(picture.width),
                 static_cast<std::size_t>(picture.height),
                 8,
                 picture.channels == 3 ? png_rgb : png_grey,
                 rows,
                 before,
                 after,
                 interlaced ? 1 : 0};
}

// --- JPEG ---

// `more` changes settings after the defaults are set; `with_markers` is called when the file has begun. `samples` are those
// of `space`, as the picture has channels.
inline std::string jpeg_file(const Picture& picture, J_COLOR_SPACE space,
                             const std::function<void(jpeg_compress_struct&)>& more = {},
                             const std::function<void(jpeg_compress_struct&)>& with_markers = {}) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr info) {
    info->err->output_message(info);
    std::abort();
  };
  jpeg_create_compress(&encoder);
  unsigned char* bytes = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&encoder, &bytes, &length);
  encoder.image_width = static_cast<JDIMENSION>(picture.width);
  encoder.image_height = static_cast<JDIMENSION>(picture.height);
  encoder.input_components = static_cast<int>(picture.channels);
  encoder.in_color_space = space;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, 90, TRUE);
  if (more) more(encoder);
  jpeg_start_compress(&encoder, TRUE);
  if (with_markers) with_markers(encoder);
  while (encoder.next_scanline < encoder.image_height) {
    const auto at = static_cast<Index>(encoder.next_scanline) * picture.width * picture.channels;
    auto* row = const_cast<JSAMPLE*>(picture.pixels.data() + at);
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  std::string text(reinterpret_cast<const char*>(bytes), length);
  jpeg_destroy_compress(&encoder);
  std::free(bytes);
  return text;
}
inline std::string jpeg_file(const Picture& picture) {
  return jpeg_file(picture, picture.channels == 3 ? JCS_RGB : JCS_GRAYSCALE);
}

// With an Exif block.
inline std::string jpeg_with_exif(const Picture& picture, const std::string& block) {
  return jpeg_file(
      picture, picture.channels == 3 ? JCS_RGB : JCS_GRAYSCALE, {}, [&](jpeg_compress_struct& encoder) {
        const std::string marker = std::string("Exif\0\0", 6) + block;
        jpeg_write_marker(&encoder, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                          static_cast<unsigned>(marker.size()));
      });
}

}  // namespace fsconv::testing
