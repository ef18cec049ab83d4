// Grids of images and their labels, pixel by pixel, and PNG files read back through libpng.
// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/io/pixel_font.hpp>
#include <limits>
#include <set>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

Picture read_png(const std::string& path, Index channels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()));
  CHECK((image.format & PNG_FORMAT_FLAG_COLOR) == (channels == 3 ? PNG_FORMAT_FLAG_COLOR : 0));
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Picture picture{image.width, image.height, channels, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  REQUIRE(png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr));
  return picture;
}

using Drawing = std::vector<std::string>;

// The lines of a picture's channel: # ink, . paper, - grey, and o for everything else.
Drawing drawing(const Picture& picture, Index channel = 0) {
  Drawing lines;
  for (Index y = 0; y < picture.height; ++y) {
    lines.emplace_back();
    for (Index x = 0; x < picture.width; ++x) {
      const Index at = (y * picture.width + x) * picture.channels + channel;
      const auto value = picture.pixels.at(static_cast<std::size_t>(at));
      lines.back() += value == 0 ? '#' : value == 255 ? '.' : value == 128 ? '-' : 'o';
    }
  }
  return lines;
}

Drawing glyph(char character) {
  Drawing lines;
  for (Index y = 0; y < glyph_height; ++y) {
    lines.emplace_back();
    for (Index x = 0; x < glyph_width; ++x) lines.back() += glyph_ink(character, y, x) ? '#' : '.';
  }
  return lines;
}

}  // namespace

TEST_CASE("picture: a grid drawn by hand") {
  const std::vector<Tensor<float>> rows = {
      Tensor<float>({2, 1, 1, 2}, {0, 1, 0.2f, 0.4f}),
      Tensor<float>({1, 1, 1, 2}, {-5, std::numeric_limits<float>::quiet_NaN()})};
  const Picture picture = image_grid(rows, 1);
  CHECK(picture.width == 5);
  CHECK(picture.height == 3);
  CHECK(picture.pixels == std::vector<std::uint8_t>{0, 255, 128, 51, 102,     //
                                                    128, 128, 128, 128, 128,  //
                                                    0, 0, 128, 255, 255});    // no second image in this row
}

TEST_CASE("picture: zoom makes squares, and channels are interleaved") {
  const std::vector<Tensor<float>> rows = {Tensor<float>({1, 3, 1, 1}, {1, 0, 0.6f})};
  const Picture picture = image_grid(rows, 2);
  CHECK(picture == Picture{2, 2, 3, {255, 0, 153, 255, 0, 153, 255, 0, 153, 255, 0, 153}});
}

TEST_CASE("picture: a row label beside a smaller image, drawn by hand") {
  const std::vector<Tensor<float>> rows = {Tensor<float>({1, 1, 1, 2}, {0.2f, 0.2f})};
  const Drawing expected = {".........---",  // a margin of two pixels
                            ".........---",  //
                            "..#####..---",  //
                            "....#....---",  //
                            "....#....---",  //
                            "....#....---",  //
                            "....#....-oo",  // the image, centred
                            "....#....---",  //
                            "....#....---",  //
                            ".........---",  // the letters' rows below the line
                            ".........---",  //
                            ".........---",  //
                            ".........---"};
  CHECK(drawing(image_grid(rows, {.zoom = 1, .row_labels = {"T"}})) == expected);
  CHECK(drawing(image_grid(rows, {.zoom = 1, .row_labels = {"I"}})) != expected);
}

TEST_CASE("picture: column labels above smaller images, drawn by hand, in every channel") {
  const std::vector<Tensor<float>> rows = {
      Tensor<float>({2, 3, 1, 3}, std::vector<float>(18, 0.2f)),
      Tensor<float>({1, 3, 1, 3}, std::vector<float>(9, 0.2f)),
  };
  const Picture picture = image_grid(rows, {.zoom = 1, .column_labels = {"L-", ""}});
  const Drawing expected = {"...............................",  //
                            "...............................",  //
                            "..#............................",  //
                            "..#............................",  //
                            "..#............................",  //
                            "..#.....#####..................",  //
                            "..#............................",  //
                            "..#............................",  //
                            "..#####........................",  //
                            "...............................",  //
                            "...............................",  //
                            "...............................",  //
                            "...............................",  //
                            "-------------------------------",  //
                            "------ooo-------------ooo------",  //
                            "-------------------------------",  //
                            "------ooo-------..............."};
  for (Index channel = 0; channel < 3; ++channel) CHECK(drawing(picture, channel) == expected);
}

TEST_CASE("picture: labels stand outside of the images and grow with them") {
  // 80 pixels high: letters of 2 x 2 pixels each. The labels are narrower than the images, which keep their places.
  const std::vector<Tensor<float>> rows = {Tensor<float>({2, 1, 20, 20}, std::vector<float>(800, 0.2f)),
                                           Tensor<float>({1, 1, 20, 20}, std::vector<float>(400, 0.2f))};
  const Picture plain = image_grid(rows, 4);
  const Picture labelled =
      image_grid(rows, {.zoom = 4, .row_labels = {"a", "by"}, .column_labels = {"1", "2"}});
  const Index left = text_width("by") * 2 + 2 * 4 + 1, top = glyph_height * 2 + 2 * 4 + 1;
  REQUIRE(labelled.width == plain.width + left);
  REQUIRE(labelled.height == plain.height + top);
  const Drawing lines = drawing(labelled), inner = drawing(plain);
  for (std::size_t y = 0; y < inner.size(); ++y)
    REQUIRE(lines[y + static_cast<std::size_t>(top)].substr(static_cast<std::size_t>(left)) == inner[y]);
  // "by" ends four pixels before the line, in the middle of the second row's height
  const Drawing y = glyph('y');
  const Index y_left = left - 1 - 4 - 2 * glyph_width, y_top = top + 81 + (80 - 2 * glyph_height) / 2;
  for (Index row = 0; row < 2 * glyph_height; ++row)
    for (Index column = 0; column < 2 * glyph_width; ++column)
      REQUIRE(lines[static_cast<std::size_t>(y_top + row)][static_cast<std::size_t>(y_left + column)] ==
              y[static_cast<std::size_t>(row / 2)][static_cast<std::size_t>(column / 2)]);
}

TEST_CASE("picture: every printable character has a letter of its own, others are boxes") {
  CHECK(glyph('g') ==
        Drawing{".....", ".....", ".####", "#...#", "#...#", "#...#", ".####", "....#", ".###."});
  std::set<Drawing> seen;
  for (char character = ' '; character <= '~'; ++character) seen.insert(glyph(character));
  CHECK(seen.size() == 95);
  CHECK(glyph(' ') == Drawing(9, "....."));
  const Drawing box = {"#####", "#...#", "#...#", "#...#", "#...#", "#...#", "#####", ".....", "....."};
  for (char character : {'\0', '\t', '\x7f', '\x80', '\xff'}) CHECK(glyph(character) == box);
  CHECK(text_width("") == 0);
  CHECK(text_width("abc") == 17);
}

TEST_CASE("picture: the default zoom makes images large enough to look at") {
  CHECK(default_zoom(28, 28) == 3);
  CHECK(default_zoom(32, 32) == 3);
  CHECK(default_zoom(42, 10) == 2);
  CHECK(default_zoom(83, 1) == 2);
  CHECK(default_zoom(84, 84) == 1);
  CHECK(default_zoom(1, std::numeric_limits<Index>::max()) == 1);
  CHECK(default_zoom(1, 1) == 84);
  CHECK_THROWS_AS(default_zoom(0, 1), InvalidArgument);
}

TEST_CASE("picture: images are wrapped into rows in their order") {
  Tensor<float> images({5, 1, 1, 2});
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<float>(at);
  CHECK(wrap_images(images, 2) == std::vector{Tensor<float>({2, 1, 1, 2}, {0, 1, 2, 3}),
                                              Tensor<float>({2, 1, 1, 2}, {4, 5, 6, 7}),
                                              Tensor<float>({1, 1, 1, 2}, {8, 9})});
  CHECK(wrap_images(images, 5) == std::vector{images});
  CHECK(wrap_images(images, std::numeric_limits<Index>::max()) == std::vector{images});
  CHECK_THROWS_AS(wrap_images(images, 0), InvalidArgument);
  CHECK_THROWS_AS(wrap_images(Tensor<float>({2, 2}), 1), InvalidArgument);
  CHECK_THROWS_AS(wrap_images(Tensor<float>({0, 1, 2, 2}), 1), InvalidArgument);
}

TEST_CASE("picture: rows that make no grid are rejected") {
  using Rows = std::vector<Tensor<float>>;
  CHECK_THROWS_AS(image_grid(Rows{}), InvalidArgument);
  CHECK_THROWS_AS(image_grid(Rows{Tensor<float>({1, 2, 3})}), InvalidArgument);
  CHECK_THROWS_AS(image_grid(Rows{Tensor<float>({1, 2, 3, 3})}), InvalidArgument);
  CHECK_THROWS_AS(image_grid(Rows{Tensor<float>({0, 1, 3, 3})}), InvalidArgument);
  CHECK_THROWS_WITH(image_grid(Rows{Tensor<float>({1, 1, 3, 3}), Tensor<float>({1, 1, 3, 2})}),
                    Contains("differ"));
  CHECK_THROWS_AS(image_grid(Rows{Tensor<float>({1, 1, 3, 3})}, 0), InvalidArgument);
  CHECK_THROWS_AS(image_grid(Rows{Tensor<float>({1, 1, 3, 3})}, std::numeric_limits<Index>::max()),
                  InvalidArgument);
  CHECK_THROWS_WITH(image_grid(Rows{Tensor<float>({1, 1, 3, 3})}, 500000), Contains("longer than"));
  CHECK_THROWS_WITH(image_grid(Rows{Tensor<float>({1, 1, 1, 1})}, 70000),
                    Contains("scale: the picture would have 70000 x 70000 pixels") && Contains("4 GiB"));
  const Rows one = {Tensor<float>({2, 1, 3, 3})};
  CHECK_THROWS_WITH(image_grid(one, {.row_labels = {"a", "b"}}),
                    Contains("row_labels: there are 2; none or 1"));
  CHECK_THROWS_WITH(image_grid(one, {.column_labels = {"a"}}),
                    Contains("column_labels: there are 1; none or 2"));
  CHECK_THROWS_WITH(image_grid(one, {.row_labels = {std::string(200000, 'a')}}), Contains("longer than"));
}

TEST_CASE("picture: PNG files hold the picture, grey and colour") {
  const ScratchFolder folder;
  Picture picture{3, 2, 1, {0, 1, 2, 253, 254, 255}};
  write_png(folder / "grey.png", picture);
  CHECK(read_png(folder / "grey.png", 1) == picture);
  picture = {1, 2, 3, {1, 2, 3, 4, 5, 6}};
  write_png(folder / "colour.png", picture);
  CHECK(read_png(folder / "colour.png", 3) == picture);
}

TEST_CASE("picture: into a file that is committed later, the same bytes") {
  const ScratchFolder folder;
  const Picture picture{3, 2, 1, {0, 1, 2, 253, 254, 255}};
  write_png(folder / "x.png", picture);
  AtomicFile file(folder / "y.png");
  write_png(file, picture);
  CHECK_FALSE(std::filesystem::exists(folder / "y.png"));
  file.commit();
  CHECK(content_of(folder / "y.png") == content_of(folder / "x.png"));
}

TEST_CASE("picture: impossible pictures and places are errors") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(write_png(folder / "x.png", {2, 2, 1, {0}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "x.png", {0, 0, 1, {}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "x.png", {1, 1, 2, {0, 0}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "none/x.png", {1, 1, 1, {0}}), IoError);
  CHECK_THROWS_WITH(write_png("/dev/full", {1, 1, 1, {0}}), Contains("No space left"));
  CHECK(folder.files() == 0);
}
