// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/images/picture_decoders.hpp>
#include <fsconv/io/images/picture_reader.hpp>
#include <fsconv/io/input_file.hpp>
#include <string_view>

namespace fsconv {
namespace {

using namespace std::string_view_literals;

// The end of a line in PNG's tells copies that were made as of a text.
constexpr std::string_view jpeg_signature = "\xff\xd8\xff"sv, png_signature = "\x89PNG\r\n\x1a\n"sv;
static_assert(png_signature.size() == picture_signature_bytes);

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
constexpr std::size_t bytes_that_tell = 512;  // what content_kind() wants

std::vector<std::byte> beginning_of(const InputFile& file, std::size_t bytes) {
  std::vector<std::byte> beginning(std::min<std::uint64_t>(file.size(), bytes));
  file.read(0, beginning);
  return beginning;
}

PictureFormat require_format(std::span<const std::byte> bytes, const std::string& where) {
  if (const auto format = picture_format(bytes)) return *format;
  constexpr std::size_t telling = 4;  // of the signature: what follows in it is there to be damaged
  if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
          .starts_with(png_signature.substr(0, telling)))
    throw BadData(where,
                  "is a broken PNG: its signature is damaged, as by a copy that was made as of a text");
  const std::string problem = bytes.empty() ? "is empty, and no picture" : "is no JPEG or PNG picture";
  throw BadData(where,
                with_kind(problem, content_kind(bytes.first(std::min(bytes.size(), bytes_that_tell)))));
}

}  // namespace

std::optional<PictureFormat> picture_format(std::span<const std::byte> beginning) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), beginning.size());
  if (text.starts_with(jpeg_signature)) return PictureFormat::jpeg;
  if (text.starts_with(png_signature)) return PictureFormat::png;
  return std::nullopt;
}

std::optional<PictureFormat> picture_format(const std::string& path) {
  std::error_code none;
  if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none))
    return std::nullopt;
  return picture_format(beginning_of(InputFile(path), picture_signature_bytes));
}

Picture decode_picture(std::span<const std::byte> bytes, const std::string& where,
                       const DecodeOptions& options) {
  return require_format(bytes, where) == PictureFormat::jpeg ? decode_jpeg(bytes, where, options)
                                                             : decode_png(bytes, where, options);
}

std::vector<std::byte> picture_file_bytes(const std::string& path) {
  const InputFile file(path);
  // A film that has been named .jpg is not read to its end.
  std::vector<std::byte> bytes = beginning_of(file, bytes_that_tell);
  require_format(bytes, path);
  if (file.size() > most_bytes)
    throw BadData(path, fmt::format("has {} bytes", file.size()),
                  fmt::format("a picture has {} at most", most_bytes));
  require_memory_for(path, static_cast<Index>(file.size()), 1);
  const std::size_t read = bytes.size();
  bytes.resize(file.size());
  file.read(read, std::span(bytes).subspan(read));
  return bytes;
}

Picture read_picture(const std::string& path, const DecodeOptions& options) {
  return decode_picture(picture_file_bytes(path), path, options);
}

std::string decoder_text() { return jpeg_decoder_text() + ", " + png_decoder_text(); }

void check_pixels(const std::string& where, Index width, Index height, const DecodeOptions& options) {
  // Both sides are below 2^31.
  if (width * height > options.most_pixels)
    throw BadData(where,
                  fmt::format("is {} pixels high and {} wide, {} pixels", height, width, width * height),
                  fmt::format("at most {} are decoded", options.most_pixels));
}

}  // namespace fsconv
