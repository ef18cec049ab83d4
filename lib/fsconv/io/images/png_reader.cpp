// Reads PNG, by libpng: picture_reader.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/io/images/orientation.hpp>
#include <fsconv/io/images/picture_decoders.hpp>
#include <new>
#include <string_view>

namespace fsconv {
namespace {

constexpr png_alloc_size_t most_chunk_bytes = 8'000'000;
constexpr std::uint8_t opaque = 255;

// Every chunk that libpng would otherwise look into and that says nothing about the values of pixels: colour profiles
// (many of which it finds faulty), texts (which may be packed bombs), times, units. Their checksums are still looked at.
constexpr png_byte skipped_chunks[][5] = {"bKGD", "cHRM", "gAMA", "hIST", "iCCP", "iTXt", "oFFs", "pCAL",
                                          "pHYs", "sBIT", "sCAL", "sPLT", "sRGB", "tEXt", "tIME", "zTXt"};

// libpng reports an error by calling a function that must not return; it jumps back to guarded(), as in jpeg_reader.cpp:
// what is given to guarded() holds nothing that has a destructor.
class PngDecoder {
 public:
  PngDecoder(std::span<const std::byte> bytes, const std::string& where, const DecodeOptions& options)
      : bytes_(bytes), rest_(bytes), where_(where), options_(options) {
    // A warning is as good as an error: what would follow is a guess.
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, fail);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  Picture decode() {
    guarded([&] { read_header(); });
    const Index width = png_get_image_width(png_, info_), height = png_get_image_height(png_, info_);
    check_pixels(where_, width, height, options_);
    require_room_for_pixels(width, height);
    if (png_get_bit_depth(png_, info_) == 16)
      throw BadData(where_, "is a PNG of 16 bits per value",
                    "convert it to 8 bits, with the range of values that matters");
    Index channels = 0;
    const bool has_palette = png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE;
    guarded([&] {
      if (has_palette)
        png_set_packing(png_);  // an index a byte: libpng would look up those without an entry, too
      else
        png_set_expand(png_);  // fewer bits to 8, a transparent colour to an alpha channel
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      channels = png_get_channels(png_, info_);
    });
    require_memory_for(where_, width * height * (has_palette ? 4 : channels), 1);
    Picture picture{width, height, channels,
                    std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * channels))};
    std::uint8_t* const pixels = picture.pixels.data();
    guarded([&] { read_pixels(pixels, width * channels, height); });
    if (has_palette)
      picture = with_colours(picture);
    else if (channels % 2 == 0)
      drop_alpha(picture);
    const int orientation = options_.orientation == Orientation::applied ? stored_orientation() : 1;
    if (orientation == 1) return picture;
    require_memory_for(where_, static_cast<Index>(picture.pixels.size()), 1);  // a second one
    return oriented(picture, orientation);
  }

 private:
  static void fail(png_structp png, png_const_charp text) {
    PngDecoder& self = *static_cast<PngDecoder*>(png_get_error_ptr(png));
    self.message_[std::string_view(text).copy(self.message_.data(), self.message_.size() - 1)] = '\0';
    std::longjmp(self.back_, 1);
  }

  static void read(png_structp png, png_bytep to, std::size_t count) {
    std::span<const std::byte>& rest = static_cast<PngDecoder*>(png_get_io_ptr(png))->rest_;
    if (rest.size() < count) png_error(png, "the file ends early");
    std::memcpy(to, rest.data(), count);
    rest = rest.subspan(count);
  }

  template <class Work>
  void guarded(const Work& work) {
    message_.fill('\0');
    if (setjmp(back_) != 0) {
      if (tells_of_no_memory(message_.data())) throw std::bad_alloc();
      throw BadData(where_, fmt::format("is a broken PNG: {}", message_.data()));
    }
    work();
  }

  void read_header() {
    png_set_read_fn(png_, this, read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_pixels() says more
    png_set_chunk_malloc_max(png_, most_chunk_bytes);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, skipped_chunks[0], std::size(skipped_chunks));
    // libpng's own reader of Exif has more opinions on it than orientation.hpp.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_ALWAYS, reinterpret_cast<png_const_bytep>("eXIf"), 1);
    png_read_info(png_, info_);
  }

  // A file of some bytes may claim a hundred million pixels: they are not allocated before they can be there.
  void require_room_for_pixels(Index width, Index height) const {
    constexpr Index most_per_byte = 1032;  // deflate: 258 bytes for two bits
    const Index bits = Index{png_get_channels(png_, info_)} * png_get_bit_depth(png_, info_);
    const Index claimed = width * height / 8 * bits, packed = packed_bytes();
    if (claimed / most_per_byte > packed)
      throw BadData(
          where_,
          fmt::format("is a broken PNG: it claims {} by {} pixels, {} bytes, and has {} that hold them",
                      height, width, claimed, packed));
  }

  // The content of all IDAT chunks, as far as the file goes.
  Index packed_bytes() const {
    constexpr std::size_t signature = 8, head = 8, checksum = 4;
    Index total = 0;
    for (std::size_t at = signature; at < bytes_.size() && bytes_.size() - at >= head;) {
      const auto* const chunk = reinterpret_cast<png_const_bytep>(bytes_.data() + at);
      const std::size_t length = std::min<std::size_t>(png_get_uint_32(chunk), bytes_.size() - at - head);
      if (std::memcmp(chunk + 4, "IDAT", 4) == 0) total += static_cast<Index>(length);
      at += head + length + checksum;
    }
    return total;
  }

  // The passes of an interlaced file complete the same rows.
  void read_pixels(std::uint8_t* pixels, Index row_bytes, Index height) {
    const int passes = png_get_interlace_type(png_, info_) == PNG_INTERLACE_ADAM7 ? 7 : 1;
    for (int pass = 0; pass < passes; ++pass)
      for (Index row = 0; row < height; ++row) png_read_row(png_, pixels + row * row_bytes, nullptr);
    png_read_end(png_, info_);
  }

  // Indices to the colours of the palette.
  Picture with_colours(const Picture& indices) const {
    png_colorp colours = nullptr;
    png_bytep alphas = nullptr;
    int colour_count = 0, alpha_count = 0;  // entries without an alpha are opaque
    png_get_PLTE(png_, info_, &colours, &colour_count);
    png_get_tRNS(png_, info_, &alphas, &alpha_count, nullptr);
    Picture picture{indices.width, indices.height, 3, std::vector<std::uint8_t>(3 * indices.pixels.size())};
    std::uint8_t* to = picture.pixels.data();
    Index seen_through = 0;
    for (const int index : indices.pixels) {
      if (index >= colour_count)
        throw BadData(where_, fmt::format("is a broken PNG: it has pixels of colour {}, and a palette of {}",
                                          index, colour_count));
      seen_through += index < alpha_count && alphas[index] != opaque;
      *to++ = colours[index].red;
      *to++ = colours[index].green;
      *to++ = colours[index].blue;
    }
    require_opaque(seen_through, picture);
    return picture;
  }

  // Grey and alpha to grey, RGBA to RGB.
  void drop_alpha(Picture& picture) const {
    const Index channels = picture.channels, count = picture.width * picture.height;
    std::uint8_t* const pixels = picture.pixels.data();
    Index seen_through = 0;
    for (Index at = 0; at < count; ++at) {
      seen_through += pixels[at * channels + channels - 1] != opaque;
      std::copy_n(pixels + at * channels, channels - 1, pixels + at * (channels - 1));
    }
    require_opaque(seen_through, picture);
    picture.channels = channels - 1;
    picture.pixels.resize(static_cast<std::size_t>(count * picture.channels));
  }

  void require_opaque(Index seen_through, const Picture& picture) const {
    if (seen_through == 0) return;
    throw BadData(
        where_,
        fmt::format(
            "is transparent or partly so in {} of its {} pixels, and what is behind them is not known",
            seen_through, picture.width * picture.height),
        "put it onto a background");
  }

  int stored_orientation() const {
    png_unknown_chunkp chunks = nullptr;
    const int count = png_get_unknown_chunks(png_, info_, &chunks);
    if (count < 1) return 1;
    return exif_orientation({reinterpret_cast<const std::byte*>(chunks[0].data), chunks[0].size});
  }

  const std::span<const std::byte> bytes_;
  std::span<const std::byte> rest_;  // not read yet
  const std::string& where_;
  const DecodeOptions options_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf back_{};
  std::array<char, 200> message_{};
};

}  // namespace

Picture decode_png(std::span<const std::byte> bytes, const std::string& where, const DecodeOptions& options) {
  return PngDecoder(bytes, where, options).decode();
}

std::string png_decoder_text() { return fmt::format("libpng {}", png_get_libpng_ver(nullptr)); }

}  // namespace fsconv
