// Pictures as the decoders give them: every kind of PNG by hand, JPEG against its own definition.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/images/picture_reader.hpp>
#include <fsconv/io/sha256.hpp>

#include "io/images/picture_files.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using namespace std::string_literals;

namespace {

Picture decoded(const std::string& bytes, const DecodeOptions& options = {}) {
  return decode_picture(bytes_of(bytes), "it", options);
}

std::string transparency(const std::string& data) { return png_chunk("tRNS", data); }

}  // namespace

TEST_CASE("picture reader: PNG of 1, 2 and 4 bits of grey is spread over 0 to 255") {
  CHECK(decoded(PngFile{3, 2, 1, png_grey, rows_of({"\xa0", "\x40"})}) ==
        Picture{3, 2, 1, {255, 0, 255, 0, 255, 0}});
  CHECK(decoded(PngFile{4, 1, 2, png_grey, rows_of({"\x1b"})}) == Picture{4, 1, 1, {0, 85, 170, 255}});
  CHECK(decoded(PngFile{3, 1, 4, png_grey, rows_of({"\x01\xf0"})}) == Picture{3, 1, 1, {0, 17, 255}});
}

TEST_CASE("picture reader: a palette becomes colours, whatever they are") {
  const std::string palette = png_chunk("PLTE", "\x01\x02\x03\x10\x10\x10\xff\xfe\xfd"s);
  const Picture expected{4, 1, 3, {1, 2, 3, 255, 254, 253, 16, 16, 16, 1, 2, 3}};
  CHECK(decoded(PngFile{4, 1, 8, png_palette, rows_of({"\0\2\1\0"s}), palette}) == expected);
  CHECK(decoded(PngFile{4, 1, 2, png_palette, rows_of({"\x24"s}), palette}) == expected);
  // An entry that is transparent is no fault where no pixel has it.
  CHECK(decoded(PngFile{2, 1, 8, png_palette, rows_of({"\1\2"s}), palette + transparency("\0"s)}) ==
        Picture{2, 1, 3, {16, 16, 16, 255, 254, 253}});
  CHECK_THROWS_WITH(decoded(PngFile{2, 1, 8, png_palette, rows_of({"\1\0"s}), palette + transparency("\0"s)}),
                    Contains("it: is transparent or partly so in 1 of its 2 pixels"));
}

TEST_CASE("picture reader: alpha is dropped where all is opaque, and refused elsewhere") {
  CHECK(decoded(PngFile{2, 1, 8, png_rgb_alpha, rows_of({"\1\2\3\xff\4\5\6\xff"s})}) ==
        Picture{2, 1, 3, {1, 2, 3, 4, 5, 6}});
  CHECK(decoded(PngFile{2, 1, 8, png_grey_alpha, rows_of({"\1\xff\2\xff"s})}) == Picture{2, 1, 1, {1, 2}});
  CHECK_THROWS_WITH(decoded(PngFile{2, 1, 8, png_grey_alpha, rows_of({"\1\xff\2\xfe"s})}),
                    Contains("background"));
  CHECK_THROWS_AS(decoded(PngFile{1, 1, 8, png_rgb_alpha, rows_of({"\1\2\3\0"s})}), BadData);
  // One grey, or one colour, that is transparent.
  CHECK(decoded(PngFile{2, 1, 8, png_grey, rows_of({"\1\2"s}), transparency("\0\3"s)}) ==
        Picture{2, 1, 1, {1, 2}});
  CHECK_THROWS_AS(decoded(PngFile{2, 1, 8, png_grey, rows_of({"\1\3"s}), transparency("\0\3"s)}), BadData);
  CHECK_THROWS_AS(decoded(PngFile{1, 1, 8, png_rgb, rows_of({"\1\2\3"s}), transparency("\0\1\0\2\0\3"s)}),
                  BadData);
}

TEST_CASE("picture reader: an interlaced PNG is the same picture, of any size") {
  for (Index height = 1; height <= 9; ++height)
    for (Index width = 1; width <= 9; ++width) {
      const Picture picture = random_picture(height, width, width % 2 ? 3 : 1);
      CHECK(decoded(png_file(picture)) == picture);
      CHECK(decoded(png_file(picture, true)) == picture);
    }
}

TEST_CASE("picture reader: gamma, profiles, texts and what follows the end change nothing") {
  const Picture picture = random_picture(3, 4, 3);
  const std::string more = png_chunk("gAMA", big_endian(100000)) + png_chunk("iCCP", "no profile at all") +
                           png_chunk("sRGB", "\7") + png_chunk("zTXt", "bomb") + png_chunk("prVt", "own");
  CHECK(decoded(png_file(picture, false, more, png_chunk("tEXt", "x\0y"s))) == picture);
  CHECK(decoded(png_file(picture) + "and more") == picture);
  const std::string jpeg = jpeg_file(picture);
  CHECK(decoded(jpeg + jpeg_file(random_picture(9, 9, 1))) == decoded(jpeg));
  // The checksums of what is skipped are looked at.
  std::string wrong = png_file(picture, false, more);
  wrong[wrong.find("bomb")] = 'B';
  CHECK_THROWS_WITH(decoded(wrong), Contains("CRC"));
}

TEST_CASE("picture reader: blocks of JPEG that hold one value each are exact") {
  // At quality 100 a step is 1, and the only coefficient of a block is 8 (v - 128).
  const auto finest = [](jpeg_compress_struct& encoder) { jpeg_set_quality(&encoder, 100, TRUE); };
  Picture picture{16, 8, 1, {}};
  for (Index y = 0; y < 8; ++y)
    for (Index x = 0; x < 16; ++x) picture.pixels.push_back(x < 8 ? 10 : 201);
  CHECK(decoded(jpeg_file(picture, JCS_GRAYSCALE, finest)) == picture);

  const auto as_rgb = [&](jpeg_compress_struct& encoder) {
    jpeg_set_colorspace(&encoder, JCS_RGB);
    finest(encoder);
  };
  Picture colour{8, 8, 3, {}};
  for (int at = 0; at < 64; ++at) colour.pixels.insert(colour.pixels.end(), {200, 100, 50});
  CHECK(decoded(jpeg_file(colour, JCS_RGB, as_rgb)) == colour);
}

TEST_CASE("picture reader: ways of storing the same coefficients give the same JPEG") {
  const Picture picture = smooth_picture(37, 29, 3);
  const Picture plain = decoded(jpeg_file(picture));
  REQUIRE(plain.pixels.size() == picture.pixels.size());
  CHECK(plain.channels == 3);
  const auto stored = [&](const std::function<void(jpeg_compress_struct&)>& way) {
    return decoded(jpeg_file(picture, JCS_RGB, way));
  };
  CHECK(stored([](jpeg_compress_struct& encoder) { jpeg_simple_progression(&encoder); }) == plain);
  CHECK(stored([](jpeg_compress_struct& encoder) { encoder.arith_code = TRUE; }) == plain);
  CHECK(stored([](jpeg_compress_struct& encoder) { encoder.restart_interval = 1; }) == plain);
  CHECK(stored([](jpeg_compress_struct& encoder) { encoder.optimize_coding = TRUE; }) == plain);
  CHECK(stored([](jpeg_compress_struct& encoder) { jpeg_set_quality(&encoder, 80, TRUE); }) != plain);
}

TEST_CASE("picture reader: what a progressive JPEG leaves out is not invented") {
  // Of each block only the mean is stored: legal, and what smoothing would turn into slopes.
  jpeg_scan_info means{1, {0}, 0, 0, 0, 0};
  const Picture picture = smooth_picture(32, 40, 1);
  const Picture read = decoded(jpeg_file(picture, JCS_GRAYSCALE, [&](jpeg_compress_struct& encoder) {
    encoder.scan_info = &means;
    encoder.num_scans = 1;
  }));
  REQUIRE(read.pixels.size() == picture.pixels.size());
  int steps = 0;
  for (std::size_t at = 1; at < read.pixels.size(); ++at) {
    const bool same = read.pixels[at] == read.pixels[at - 1];
    if (at % 8 != 0) REQUIRE(same);
    steps += !same;
  }
  CHECK(steps > 50);
}

TEST_CASE("picture reader: colours of half the width are spread by fancy upsampling, by hand") {
  // Y and Cb are 128 everywhere. Cr, one value for two columns, is 100 in one block and 140 in the next; between them
  // stand (3*100 + 140 + 2)/4 = 110 and (3*140 + 100 + 1)/4 = 130. Red is Y + 1.402 (Cr - 128).
  Picture stored{32, 8, 3, {}};
  std::vector<std::uint8_t> red;
  for (Index y = 0; y < 8; ++y)
    for (Index x = 0; x < 32; ++x) {
      stored.pixels.insert(stored.pixels.end(), {128, 128, static_cast<std::uint8_t>(x < 16 ? 100 : 140)});
      red.push_back(x < 15 ? 89 : x == 15 ? 103 : x == 16 ? 131 : 145);
    }
  const Picture read = decoded(jpeg_file(stored, JCS_YCbCr, [](jpeg_compress_struct& encoder) {
    jpeg_set_quality(&encoder, 100, TRUE);
    encoder.comp_info[0].h_samp_factor = 2;
    encoder.comp_info[0].v_samp_factor = 1;
  }));
  for (std::size_t at = 0; at < red.size(); ++at) {
    INFO("column " << at % 32);
    CHECK(int{read.pixels[3 * at]} == int{red[at]});
  }
}

TEST_CASE("picture reader: orientation is applied to JPEG and PNG, or ignored") {
  const Picture picture = random_picture(4, 6, 3);
  const DecodeOptions ignored{.orientation = Orientation::ignored};
  for (int value = 1; value <= 8; ++value) {
    const std::string block = exif_block(value, value % 2 == 0);
    const std::string jpeg = jpeg_with_exif(picture, block);
    const Picture stored = decoded(jpeg, ignored);
    CHECK(stored == decoded(jpeg_file(picture)));
    CHECK((decoded(jpeg).height == 6) == (value >= 5));
    CHECK((decoded(jpeg) == stored) == (value == 1));
    // PNG has the block before or behind its pixels.
    for (const bool before : {true, false}) {
      const std::string chunk = png_chunk("eXIf", block);
      const std::string png = before ? png_file(picture, false, chunk) : png_file(picture, false, "", chunk);
      CHECK(decoded(png, ignored) == picture);
      CHECK((decoded(png) == picture) == (value == 1));
      CHECK((decoded(png).height == 6) == (value >= 5));
    }
  }
  // Turned clockwise: what was stored first, row by row, comes down the right side.
  const Picture two{2, 1, 1, {7, 9}};
  CHECK(decoded(png_file(two, false, png_chunk("eXIf", exif_block(6, true)))) == Picture{1, 2, 1, {7, 9}});
  CHECK(decoded(png_file(two, false, png_chunk("eXIf", exif_block(8, true)))) == Picture{1, 2, 1, {9, 7}});
  CHECK(decoded(png_file(two, false, png_chunk("eXIf", "damaged"))) == two);
  // The first of two blocks counts.
  CHECK(decoded(jpeg_with_exif(picture, "damaged")) == decoded(jpeg_file(picture)));
}

TEST_CASE("picture reader: what a file is, its content says") {
  const ScratchFolder folder;
  put_content(folder / "a.png", jpeg_file(random_picture(3, 3, 1)));
  put_content(folder / "b.txt", png_file(random_picture(3, 3, 1)));
  put_content(folder / "c.jpg", "");
  put_content(folder / "d.jpg", "GIF89a......");
  CHECK(picture_format(folder / "a.png") == PictureFormat::jpeg);
  CHECK(picture_format(folder / "b.txt") == PictureFormat::png);
  CHECK_FALSE(picture_format(folder / "c.jpg"));
  CHECK_FALSE(picture_format(folder / "d.jpg"));
  CHECK_FALSE(picture_format(folder.path()));
  CHECK_THROWS_AS(picture_format(folder / "none"), IoError);
  CHECK(read_picture(folder / "a.png").height == 3);
  CHECK_THROWS_WITH(read_picture(folder / "c.jpg"), Contains("c.jpg: is empty"));
  CHECK_THROWS_WITH(read_picture(folder / "d.jpg"),
                    Contains("is no JPEG or PNG picture; it is a GIF picture"));
  CHECK_THROWS_AS(read_picture(folder.path()), IoError);
  CHECK_THROWS_AS(read_picture(folder / "none"), IoError);
  REQUIRE(mkfifo((folder / "pipe.jpg").c_str(), 0600) == 0);
  CHECK_FALSE(picture_format(folder / "pipe.jpg"));
  CHECK_THROWS_WITH(read_picture(folder / "pipe.jpg"), Contains("it is a pipe"));
}

TEST_CASE("picture reader: the decoders' text says versions and settings") {
  CHECK_THAT(decoder_text(), Contains("libjpeg-turbo ") && Contains("(islow, fancy upsampling), libpng 1."));
  CHECK(decoder_text().find('\n') == std::string::npos);
}

TEST_CASE("sha256: the sums of the standard, in pieces of any size") {
  CHECK(sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(bytes_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  const std::string expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  for (const std::size_t piece : {1u, 55u, 64u, 1000u, 1'000'000u}) {
    Sha256 sum;
    for (std::size_t at = 0; at < million.size(); at += piece) sum.add(bytes_of(million.substr(at, piece)));
    CHECK(sum.hex() == expected);
  }
  const ScratchFolder folder;
  put_content(folder / "a", million + std::string(1 << 20, 'b'));
  CHECK(sha256_of_file(folder / "a") == sha256(bytes_of(content_of(folder / "a"))));
  CHECK_THROWS_AS(sha256_of_file(folder.path()), IoError);
}
