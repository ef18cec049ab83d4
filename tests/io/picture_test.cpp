// Grids of images, pixel by pixel, and PNG files read back through libpng.
#include <png.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/picture.hpp>
#include <limits>

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
                                                    0, 0, 128, 128, 128});    // no second image in this row
}

TEST_CASE("picture: zoom makes squares, and channels are interleaved") {
  const std::vector<Tensor<float>> rows = {Tensor<float>({1, 3, 1, 1}, {1, 0, 0.6f})};
  const Picture picture = image_grid(rows, 2);
  CHECK(picture == Picture{2, 2, 3, {255, 0, 153, 255, 0, 153, 255, 0, 153, 255, 0, 153}});
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

TEST_CASE("picture: impossible pictures and places are errors") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(write_png(folder / "x.png", {2, 2, 1, {0}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "x.png", {0, 0, 1, {}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "x.png", {1, 1, 2, {0, 0}}), InvalidArgument);
  CHECK_THROWS_AS(write_png(folder / "none/x.png", {1, 1, 1, {0}}), IoError);
  CHECK_THROWS_WITH(write_png("/dev/full", {1, 1, 1, {0}}), Contains("No space left"));
  CHECK(folder.files() == 0);
}
