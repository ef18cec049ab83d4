// Pictures that somebody broke, or made to break us: each ends in one clear line.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/images/picture_reader.hpp>

#include "io/images/picture_files.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace std::string_literals;

namespace {

Picture decoded(const std::string& bytes, const DecodeOptions& options = {}) {
  return decode_picture(bytes_of(bytes), "it", options);
}

// The place of JPEG's frame header: FF C0 (or C2, C9), two bytes of length, one of precision, height, width.
std::size_t frame_header(const std::string& jpeg) {
  for (const char kind : {'\xc0', '\xc2', '\xc9'})
    if (const auto at = jpeg.find("\xff"s + kind); at != std::string::npos) return at;
  throw std::runtime_error("no frame");
}

std::string with_size(std::string jpeg, std::size_t height, std::size_t width) {
  return jpeg.replace(frame_header(jpeg) + 5, 4, big_endian(height, 2) + big_endian(width, 2));
}

// What the decoders find, or "a picture" that is whole.
std::string outcome(const std::string& bytes) try {
  const Picture picture = decoded(bytes, {.most_pixels = 1'000'000});
  REQUIRE((picture.channels == 1 || picture.channels == 3));
  REQUIRE(static_cast<Index>(picture.pixels.size()) == picture.width * picture.height * picture.channels);
  return "a picture";
} catch (const BadData& error) {
  REQUIRE_THAT(error.what(), StartsWith("it: "));
  return error.what();
}

// Sets one byte of a chunk's content and its checksum right again; the file as it is if the place is in no content.
std::string with_right_checksums(const std::string& png, std::size_t place, char value) {
  std::string result(png_signature);
  for (std::size_t at = png_signature.size(); at < png.size();) {
    std::size_t length = 0;
    for (int byte = 0; byte < 4; ++byte)
      length = length << 8 | static_cast<unsigned char>(png[at + static_cast<std::size_t>(byte)]);
    std::string data = png.substr(at + 8, length);
    if (place >= at + 8 && place < at + 8 + length) data[place - at - 8] = value;
    result += png_chunk(png.substr(at + 4, 4), data);
    at += 12 + length;
  }
  return result;
}

const std::vector<std::string>& small_files() {
  static const std::vector<std::string> files = {
      jpeg_file(smooth_picture(17, 19, 3)),
      jpeg_file(smooth_picture(17, 19, 3), JCS_RGB,
                [](jpeg_compress_struct& encoder) { jpeg_simple_progression(&encoder); }),
      jpeg_file(smooth_picture(8, 9, 1), JCS_GRAYSCALE,
                [](jpeg_compress_struct& encoder) { encoder.arith_code = TRUE; }),
      jpeg_with_exif(smooth_picture(8, 9, 1), exif_block(6, false)),
      png_file(smooth_picture(17, 19, 3)),
      png_file(smooth_picture(7, 9, 1), true, png_chunk("eXIf", exif_block(6, true))),
      PngFile{4, 1, 2, png_palette, rows_of({"\x24"s}),
              png_chunk("PLTE", "\1\2\3\4\5\6\7\10\11") + png_chunk("tRNS", "\xff")}};
  return files;
}

}  // namespace

TEST_CASE("broken pictures: one that is cut anywhere is refused") {
  for (const std::string& file : small_files()) {
    REQUIRE(outcome(file) == "a picture");
    for (std::size_t length = 0; length < file.size(); ++length) {
      INFO(length << " of " << file.size() << " bytes");
      CHECK(outcome(file.substr(0, length)) != "a picture");
    }
  }
  CHECK_THAT(outcome(small_files()[0].substr(0, small_files()[0].size() - 2)),
             Contains("is a broken JPEG: Premature end"));
  CHECK_THAT(outcome(small_files()[4].substr(0, small_files()[4].size() - 2)),
             Contains("is a broken PNG: the file ends early"));
}

TEST_CASE("broken pictures: a byte that has changed is noticed in PNG, and never harms") {
  Random random(7);
  int pictures = 0, refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const std::string& file = small_files()[static_cast<std::size_t>(trial) % small_files().size()];
    std::string wrong = file;
    const Index changes = random.integer(1, 4);
    for (Index change = 0; change < changes; ++change)
      wrong[static_cast<std::size_t>(random.integer(0, static_cast<Index>(file.size()) - 1))] =
          static_cast<char>(random.integer(0, 255));
    const bool is_picture = outcome(wrong) == "a picture";
    is_picture ? ++pictures : ++refused;
    if (is_picture && wrong.starts_with(png_signature)) CHECK(decoded(wrong) == decoded(file));
  }
  CHECK(pictures > 100);  // JPEG has no checksums
  CHECK(refused > 1000);
}

TEST_CASE("broken pictures: PNG whose checksums are right and whose content is not never harms") {
  Random random(8);
  int pictures = 0, refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const std::string& file = small_files()[static_cast<std::size_t>(4 + trial % 3)];
    // In the first hundred bytes, where the header, a palette, alphas and an orientation stand; lengths stay.
    const auto place = static_cast<std::size_t>(random.integer(8, 99));
    const std::string changed = with_right_checksums(file, place, static_cast<char>(random.integer(0, 255)));
    outcome(changed) == "a picture" ? ++pictures : ++refused;
  }
  CHECK(pictures > 100);
  CHECK(refused > 100);
}

TEST_CASE("broken pictures: bombs are seen in their headers") {
  const std::string claims =
      png_signature.data() + png_header(100'000, 100'000, 8, png_rgb) + png_data("\0\0"s);
  CHECK_THAT(outcome(claims), Contains("it: is 100000 pixels high and 100000 wide, 10000000000 pixels") &&
                                  Contains("at most 1000000 are decoded"));
  for (const std::string& jpeg : {small_files()[0], small_files()[1]}) {
    CHECK_THAT(outcome(with_size(jpeg, 65500, 65500)), Contains("4290250000 pixels"));
    CHECK_THROWS_AS(decoded(with_size(jpeg, 65500, 65500)), BadData);  // also with the usual limit
  }
  // Sizes at which libpng would rather not count.
  CHECK(outcome(png_signature.data() + png_header(0x7fffffff, 0x7fffffff, 8, png_rgb_alpha) + png_data("")) !=
        "a picture");
  CHECK_THAT(outcome(png_signature.data() + png_header(0x80000000, 1, 8, png_grey) + png_data("")),
             Contains("broken PNG"));
  const Picture picture = random_picture(3, 4, 1);
  CHECK_THROWS_AS(decoded(png_file(picture), {.most_pixels = 11}), BadData);
  CHECK(decoded(png_file(picture), {.most_pixels = 12}) == picture);
  // A chunk that is needed and too long.
  CHECK_THAT(outcome(png_file(picture, false, png_chunk("eXIf", std::string(8'100'000, 'x')))),
             Contains("broken PNG"));
}

TEST_CASE("broken pictures: a few bytes that claim many pixels are refused, and what packs well is not") {
  CHECK_THAT(
      [&] {
        try {
          decoded(png_signature.data() + png_header(10'000, 10'000, 8, png_rgb_alpha) + png_data("\0\0"s));
        } catch (const BadData& error) {
          return std::string(error.what());
        }
        return "a picture"s;
      }(),
      Contains("it claims 10000 by 10000 pixels, 400000000 bytes"));
  CHECK_THAT(outcome(with_size(small_files()[0], 1000, 999)), Contains("it claims 1000 by 999 pixels"));
  // One colour, as short as it gets: of JPEG two bits a block, and in a progressive file one.
  const Picture flat{1000, 900, 1, std::vector<std::uint8_t>(900'000, 128)};
  CHECK(decoded(png_file(flat)) == flat);
  for (const bool progressive : {false, true}) {
    const std::string jpeg = jpeg_file(flat, JCS_GRAYSCALE, [&](jpeg_compress_struct& encoder) {
      encoder.optimize_coding = TRUE;
      if (progressive) jpeg_simple_progression(&encoder);
    });
    CHECK(jpeg.size() < 6000);
    CHECK(decoded(jpeg) == flat);
  }
}

TEST_CASE("broken pictures: in arithmetic coding 256 blocks for a byte are believed, and no more") {
  const std::string& small = small_files()[2];
  const auto ending = [](const std::string& bytes) -> std::string {
    try {
      decoded(bytes);
      return "a picture";
    } catch (const BadData& error) {
      return error.what();
    }
  };
  CHECK_THAT(ending(with_size(small, 9000, 9000)),
             Contains("arithmetic coding that claims 9000 by 9000 pixels") && Contains("at most 256 blocks"));
  const std::size_t width = 8 * 256, height = 8 * small.size();
  CHECK_THAT(ending(with_size(small, height, width)), !Contains("at most 256 blocks"));
  CHECK_THAT(ending(with_size(small, height + 1, width)), Contains("at most 256 blocks"));
  // One colour all over, as short as it gets.
  const Picture flat{1000, 900, 1, std::vector<std::uint8_t>(900'000, 128)};
  for (const bool progressive : {false, true}) {
    const std::string jpeg = jpeg_file(flat, JCS_GRAYSCALE, [&](jpeg_compress_struct& encoder) {
      encoder.arith_code = TRUE;
      if (progressive) jpeg_simple_progression(&encoder);
    });
    CHECK(jpeg.size() < 600);
    CHECK(decoded(jpeg) == flat);
  }
}

TEST_CASE("broken pictures: scans are counted") {
  // One coefficient after the other, and the last bit of each in a scan of its own: legal, and slow for large pictures.
  const auto scanned = [](int coefficients, const Picture& picture = smooth_picture(16, 16, 1),
                          bool arithmetic = false) {
    std::vector<jpeg_scan_info> scans = {{1, {0}, 0, 0, 0, 0}};
    for (int k = 1; k <= coefficients; ++k) scans.push_back({1, {0}, k, k, 0, 1});
    for (int k = 1; k <= coefficients; ++k) scans.push_back({1, {0}, k, k, 1, 0});
    return jpeg_file(picture, JCS_GRAYSCALE, [&](jpeg_compress_struct& encoder) {
      encoder.arith_code = arithmetic ? TRUE : FALSE;
      encoder.scan_info = scans.data();
      encoder.num_scans = static_cast<int>(scans.size());
    });
  };
  CHECK(outcome(scanned(49)) == "a picture");
  CHECK_THAT(outcome(scanned(63)), Contains("is a broken JPEG: has more than 100 scans"));
  // In arithmetic coding a scan of a large flat picture takes next to no bytes, and as long as any other.
  const auto flat = [](Index side) {
    return Picture{side, side, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side), 90)};
  };
  CHECK(outcome(scanned(49, smooth_picture(16, 16, 1), true)) == "a picture");
  CHECK(decoded(scanned(4, flat(2048), true)) == flat(2048));
  CHECK_THROWS_WITH(decoded(scanned(49, flat(4096), true)),
                    Contains("is a broken JPEG: has more scans than its bytes can fill"));
}

TEST_CASE("broken pictures: what is not decoded says why") {
  const auto adobe = [](jpeg_compress_struct& encoder) { jpeg_set_colorspace(&encoder, JCS_YCCK); };
  Picture four{8, 8, 4, std::vector<std::uint8_t>(256, 9)};
  CHECK_THAT(outcome(jpeg_file(four, JCS_CMYK)), Contains("CMYK") && Contains("convert it to RGB"));
  CHECK_THAT(outcome(jpeg_file(four, JCS_CMYK, adobe)), Contains("CMYK"));
  four.channels = 2;
  four.pixels.resize(128);
  CHECK_THAT(outcome(jpeg_file(four, JCS_UNKNOWN)), Contains("2 channels without a meaning"));
  CHECK_THAT(outcome(PngFile{1, 1, 16, png_grey, rows_of({"\1\2"})}), Contains("16 bits per value"));
  CHECK_THAT(outcome(PngFile{1, 1, 16, png_rgb_alpha, rows_of({"\1\2\1\2\1\2\1\2"})}),
             Contains("16 bits per value"));
  CHECK_THAT(outcome(PngFile{0, 1, 8, png_grey, rows_of({""})}), Contains("broken PNG: "));
  CHECK_THAT(outcome(with_size(small_files()[0], 0, 19)), Contains("broken JPEG: "));
  CHECK_THAT(outcome(with_size(small_files()[0], 17, 0)), Contains("broken JPEG: "));
  std::string twelve_bits = small_files()[0];
  twelve_bits[frame_header(twelve_bits) + 4] = 12;
  CHECK_THAT(outcome(twelve_bits), Contains("precision 12"));
  CHECK_THAT(outcome("RIFF....WEBP"), Contains("is no JPEG or PNG picture"));
  CHECK_THAT(outcome("\x89PNG\n\x1a\n"), Contains("is a broken PNG: its signature is damaged"));
  CHECK_THAT(outcome("<html></html>"), Contains("fetch it again"));
  CHECK_THAT(outcome(""), Contains("is empty"));
  CHECK_THAT(outcome(std::string(png_signature)), Contains("ends early"));
  CHECK_THAT(outcome("\xff\xd8\xff"), Contains("broken JPEG"));
}

TEST_CASE("broken pictures: what a decoder only warns of is an error") {
  // A palette index without a colour, too much data behind the rows, a filter that is none.
  const std::string palette = png_chunk("PLTE", "\1\2\3");
  CHECK_THAT(outcome(PngFile{2, 1, 2, png_palette, rows_of({"\x30"}), palette}), Contains("broken PNG"));
  CHECK_THAT(outcome(PngFile{1, 1, 8, png_grey, rows_of({"\1", "\1", "\1"})}), Contains("broken PNG"));
  CHECK_THAT(outcome(PngFile{1, 1, 8, png_grey, "\7\1"}), Contains("broken PNG"));
  CHECK_THAT(outcome(PngFile{1, 2, 8, png_grey, rows_of({"\1"})}), Contains("broken PNG"));
  // Bytes between JPEG's scans that belong to nothing.
  std::string jpeg = small_files()[0];
  jpeg.insert(jpeg.size() - 2, std::string(100, 'a'));
  CHECK_THAT(outcome(jpeg), Contains("broken JPEG: "));
}
