// The order of includes matters: jpeglib.h wants FILE and size_t to be known.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdio>
//
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/images/orientation.hpp>
#include <fsconv/io/images/picture_decoders.hpp>
#include <new>
#include <string_view>

#ifndef LIBJPEG_TURBO_VERSION_NUMBER
#error "decoded pictures are the same everywhere with libjpeg-turbo only"
#endif

namespace fsconv {
namespace {

// Encoders write about ten. Each is a pass over all pixels, even if it has but a few bytes in the file.
constexpr int most_scans = 100, usual_scans = 10;

// 16384 grey pixels: a picture with anything in it has a twentieth of that. What is one colour all over may have more,
// and is refused from some three million pixels on.
constexpr Index most_blocks_per_byte = 256;

// libjpeg reports an error by calling a function that must not return. It may not throw either (no exception crosses
// functions of C), so it jumps back to guarded(). A jump runs no destructors: work that is given to guarded() holds
// nothing that has one, and all else belongs to this class or lies outside.
class JpegDecoder {
 public:
  JpegDecoder(std::span<const std::byte> bytes, const std::string& where, const DecodeOptions& options)
      : bytes_(bytes), where_(where), options_(options) {
    decoder_.err = jpeg_std_error(&errors_);
    errors_.error_exit = [](j_common_ptr info) {
      JpegDecoder& self = of(info);
      info->err->format_message(info, self.message_.data());
      self.fail();
    };
    // Level -1 is a warning: the data is corrupt, and what is decoded from here on is a guess.
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) info->err->error_exit(info);
    };
    progress_.progress_monitor = [](j_common_ptr info) {
      JpegDecoder& self = of(info);
      if (interrupted()) self.fail();
      if (self.decoder_.input_scan_number <= self.most_scans_) return;
      const std::string_view text = self.most_scans_ == most_scans ? "has more than 100 scans"
                                                                   : "has more scans than its bytes can fill";
      self.message_[text.copy(self.message_.data(), text.size())] = '\0';
      self.fail();
    };
    decoder_.client_data = this;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&decoder_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Picture decode() {
    guarded([&] {
      jpeg_create_decompress(&decoder_);
      decoder_.progress = &progress_;
      jpeg_mem_src(&decoder_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
      jpeg_save_markers(&decoder_, JPEG_APP0 + 1, 0xffff);
      jpeg_read_header(&decoder_, TRUE);
    });
    check_pixels(where_, decoder_.image_width, decoder_.image_height, options_);
    require_room_for_blocks();
    const Index channels = output_channels();
    const int orientation = options_.orientation == Orientation::applied ? stored_orientation() : 1;
    decoder_.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    decoder_.dct_method = JDCT_ISLOW;
    decoder_.do_fancy_upsampling = TRUE;
    decoder_.do_block_smoothing = FALSE;  // it invents what a progressive file has left out
    decoder_.scale_num = decoder_.scale_denom = 1;
    decoder_.quantize_colors = FALSE;
    Picture picture{decoder_.image_width, decoder_.image_height, channels, {}};
    const Index bytes = picture.width * picture.height * channels;
    const Index pictures = orientation == 1 ? 1 : 2;  // a turned one is a copy
    require_memory_for(where_, bytes * pictures + coefficient_bytes(), 1);
    picture.pixels.resize(static_cast<std::size_t>(bytes));
    std::uint8_t* const pixels = picture.pixels.data();
    guarded([&] {
      jpeg_start_decompress(&decoder_);
      const std::size_t row_bytes = std::size_t{decoder_.output_width} * static_cast<std::size_t>(channels);
      while (decoder_.output_scanline < decoder_.output_height) {
        JSAMPROW row = pixels + decoder_.output_scanline * row_bytes;
        jpeg_read_scanlines(&decoder_, &row, 1);
      }
      jpeg_finish_decompress(&decoder_);  // demands the mark of the end
    });
    return orientation == 1 ? std::move(picture) : oriented(picture, orientation);
  }

 private:
  static JpegDecoder& of(j_common_ptr info) { return *static_cast<JpegDecoder*>(info->client_data); }

  [[noreturn]] void fail() { std::longjmp(back_, 1); }

  template <class Work>
  void guarded(const Work& work) {
    if (setjmp(back_) != 0) {
      stop_if_interrupted();
      if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      throw BadData(where_, fmt::format("is a broken JPEG: {}", message_.data()));
    }
    work();
  }

  Index output_channels() const {
    switch (decoder_.jpeg_color_space) {
      case JCS_GRAYSCALE:
        return 1;
      case JCS_RGB:
      case JCS_YCbCr:
        return 3;
      case JCS_CMYK:
      case JCS_YCCK:
        throw BadData(where_,
                      "is a JPEG in CMYK, the colours of printers, which no rule turns into a screen's",
                      "convert it to RGB with its colour profile");
      default:
        throw BadData(where_,
                      fmt::format("is a JPEG of {} channels without a meaning", decoder_.num_components),
                      "grey or RGB");
    }
  }

  // A file of some bytes may claim a hundred million pixels: they are not allocated before they can be there. By
  // Huffman's code each block of the first scan takes two bits at least (its mean, its end), in a progressive file one.
  // By arithmetic coding 32768 decisions take one, which bounds nothing: there so many blocks a byte are believed.
  void require_room_for_blocks() {
    Index blocks = 0;
    for (int c = 0; c < decoder_.comps_in_scan; ++c)
      blocks +=
          Index{decoder_.cur_comp_info[c]->width_in_blocks} * decoder_.cur_comp_info[c]->height_in_blocks;
    const Index bytes = static_cast<Index>(bytes_.size());
    if (decoder_.arith_code) {
      if (blocks > most_blocks_per_byte * bytes)
        throw BadData(
            where_,
            fmt::format("is a JPEG in arithmetic coding that claims {} by {} pixels, and has {} bytes",
                        decoder_.image_height, decoder_.image_width, bytes),
            fmt::format("at most {} blocks of 8 by 8 for a byte; store so flat a picture in Huffman's code",
                        most_blocks_per_byte));
      // Each further scan goes over all blocks again.
      most_scans_ = static_cast<int>(std::clamp<Index>(
          usual_scans * most_blocks_per_byte * bytes / std::max<Index>(blocks, 1), usual_scans, most_scans));
    } else if (blocks * (decoder_.progressive_mode ? 1 : 2) / 8 > bytes)
      throw BadData(where_, fmt::format("is a broken JPEG: it claims {} by {} pixels, and has {} bytes",
                                        decoder_.image_height, decoder_.image_width, bytes));
  }

  // What libjpeg keeps of a file of several scans: all coefficients, two bytes each.
  Index coefficient_bytes() {
    if (!jpeg_has_multiple_scans(&decoder_)) return 0;
    Index bytes = 0;
    for (int c = 0; c < decoder_.num_components; ++c) {
      const jpeg_component_info& component = decoder_.comp_info[c];
      bytes += Index{component.width_in_blocks} * component.height_in_blocks * DCTSIZE2 *
               static_cast<Index>(sizeof(JCOEF));
    }
    return bytes;
  }

  // Of the first Exif block, as cameras write one.
  int stored_orientation() const {
    using namespace std::string_view_literals;
    constexpr std::string_view identifier = "Exif\0\0"sv;
    for (jpeg_saved_marker_ptr marker = decoder_.marker_list; marker; marker = marker->next) {
      const std::span block(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
      const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (text.starts_with(identifier)) return exif_orientation(block.subspan(identifier.size()));
    }
    return 1;
  }

  const std::span<const std::byte> bytes_;
  const std::string& where_;
  const DecodeOptions options_;
  jpeg_decompress_struct decoder_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf back_{};
  std::array<char, JMSG_LENGTH_MAX> message_{};
  int most_scans_ = most_scans;  // of this picture
};

}  // namespace

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& where,
                    const DecodeOptions& options) {
  return JpegDecoder(bytes, where, options).decode();
}

std::string jpeg_decoder_text() {
  constexpr int number = LIBJPEG_TURBO_VERSION_NUMBER;
  return fmt::format("libjpeg-turbo {}.{}.{} (islow, fancy upsampling)", number / 1'000'000,
                     number / 1000 % 1000, number % 1000);
}

}  // namespace fsconv
