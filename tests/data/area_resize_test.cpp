// Area resizing: by hand, against sums of fractions, and as the sparse matrix of a convolution with a rational stride.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/area_resize.hpp>
#include <fsconv/forms/matrix.hpp>

#include "support/interrupted_child.hpp"

using namespace fsconv;
using fsconv::testing::exit_status_when_interrupted;

namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels resized_row(const Pixels& row, Index width) {
  return area_resize({static_cast<Index>(row.size()), 1, 1, row}, 1, width).pixels;
}

Picture random_picture(Index height, Index width, Index channels, std::uint64_t seed) {
  Random random(seed);
  Picture picture{width, height, channels, {}};
  for (Index at = 0; at < height * width * channels; ++at)
    picture.pixels.push_back(static_cast<std::uint8_t>(random.integer(0, 255)));
  return picture;
}

// To the nearest, a half to the even one, spelled out.
std::uint8_t rounded(Index numerator, Index denominator) {
  const Index below = numerator / denominator, over = numerator - below * denominator;
  if (2 * over == denominator) return static_cast<std::uint8_t>(below % 2 == 0 ? below : below + 1);
  return static_cast<std::uint8_t>(2 * over < denominator ? below : below + 1);
}

// The definition at its plainest: both pictures cut into squares of 1/(old*new), each of which belongs to one pixel of
// either; a new pixel is the mean of its old*old squares.
Picture by_squares(const Picture& old, Index height, Index width) {
  Picture result{width, height, old.channels, {}};
  for (Index o = 0; o < height; ++o)
    for (Index p = 0; p < width; ++p)
      for (Index c = 0; c < old.channels; ++c) {
        Index sum = 0;
        for (Index y = o * old.height; y < (o + 1) * old.height; ++y)
          for (Index x = p * old.width; x < (p + 1) * old.width; ++x)
            sum += old.pixels[static_cast<std::size_t>(((y / height) * old.width + x / width) * old.channels +
                                                       c)];
        result.pixels.push_back(rounded(sum, old.height * old.width));
      }
  return result;
}

// old -> new as an axis: new pixel o and old pixel i meet in tap k = new*i - old*o + pad, and the weight of that tap is how far
// [k - pad, k - pad + new) and [0, old) overlap.
Axis resizing_axis(Index old_size, Index new_size) {
  return {.in = old_size,
          .out = new_size,
          .taps = old_size + new_size - 1,
          .down = old_size,
          .up = new_size,
          .pad = new_size - 1};
}
std::vector<Index> trapezoid(const Axis& axis) {
  std::vector<Index> weights;
  for (Index k = 0; k < axis.taps; ++k)
    weights.push_back(std::min(axis.down, k - axis.pad + axis.up) - std::max<Index>(0, k - axis.pad));
  return weights;
}

// W of both axes, times the picture's channels: sums in units of 1/(old height * old width), exact in doubles.
Picture by_matrix(const Picture& old, const Axis& rows, const Axis& columns) {
  const Geometry geometry{{rows, columns}};
  const std::vector<Index> down = trapezoid(rows), across = trapezoid(columns);
  Tensor<double> weight(geometry.weight_shape());
  for (Index k = 0; k < rows.taps; ++k)
    for (Index l = 0; l < columns.taps; ++l)
      weight[k * columns.taps + l] =
          static_cast<double>(down[static_cast<std::size_t>(k)] * across[static_cast<std::size_t>(l)]);
  const arma::SpMat<double> w = matrix::build(geometry, weight);
  Picture result{columns.out, rows.out, old.channels,
                 Pixels(static_cast<std::size_t>(rows.out * columns.out * old.channels))};
  for (Index c = 0; c < old.channels; ++c) {
    std::vector<double> image, sums(static_cast<std::size_t>(rows.out * columns.out));
    for (std::size_t at = static_cast<std::size_t>(c); at < old.pixels.size();
         at += static_cast<std::size_t>(old.channels))
      image.push_back(old.pixels[at]);
    matrix::multiply(w, image.data(), sums.data());
    for (std::size_t at = 0; at < sums.size(); ++at)
      result.pixels[at * static_cast<std::size_t>(old.channels) + static_cast<std::size_t>(c)] =
          rounded(static_cast<Index>(sums[at]), old.height * old.width);
  }
  return result;
}

}  // namespace

TEST_CASE("area resize: rows by hand") {
  CHECK(resized_row({10, 20, 40}, 2) == Pixels{13, 33});         // 40/3 and 100/3
  CHECK(resized_row({10, 40}, 3) == Pixels{10, 25, 40});         // the middle pixel has a half of both
  CHECK(resized_row({0, 255}, 4) == Pixels{0, 0, 255, 255});     // repeated
  CHECK(resized_row({1, 3, 10, 20}, 2) == Pixels{2, 15});        // means of pairs
  CHECK(resized_row({0, 1, 1, 2, 2, 3}, 3) == Pixels{0, 2, 2});  // halves go to the even one
  CHECK(resized_row({255, 255, 255, 255, 255}, 3) == Pixels(3, 255));
  CHECK(area_resize({2, 2, 1, {0, 1, 1, 0}}, 1, 1).pixels == Pixels{0});  // both axes, then one rounding
  CHECK(area_resize({2, 2, 1, {0, 1, 1, 1}}, 1, 1).pixels == Pixels{1});
  // Rounded after each axis, the left half would be 1 (0.5 to 0, 1.5 to 2) and the whole 1; it is 1/4 + ... = 0.75.
  CHECK(area_resize({2, 2, 1, {0, 0, 1, 2}}, 1, 1).pixels == Pixels{1});
  CHECK(area_resize({1, 3, 3, {1, 2, 3, 3, 4, 5, 5, 9, 7}}, 1, 1).pixels == Pixels{3, 5, 5});
}

TEST_CASE("area resize: equals the mean of small squares, up and down, on axes of their own") {
  for (Index height = 1; height <= 6; ++height)
    for (Index width = 1; width <= 6; ++width)
      for (Index channels : {1, 3}) {
        const Picture old =
            random_picture(height, width, channels, static_cast<std::uint64_t>(7 * height + width));
        for (Index new_height = 1; new_height <= 7; ++new_height)
          for (Index new_width = 1; new_width <= 7; ++new_width)
            if (area_resize(old, new_height, new_width) != by_squares(old, new_height, new_width))
              FAIL(height << "x" << width << " to " << new_height << "x" << new_width);
      }
  const Picture face = random_picture(37, 41, 3, 5);
  CHECK(area_resize(face, 16, 12) == by_squares(face, 16, 12));
  CHECK(area_resize(face, 37, 41) == face);
}

TEST_CASE("area resize: is a convolution with the rational stride old/new") {
  for (const auto& [height, new_height, width, new_width] : {std::array<Index, 4>{3, 2, 5, 3},
                                                             {2, 3, 4, 6},
                                                             {6, 6, 7, 1},
                                                             {1, 4, 5, 4},
                                                             {12, 8, 9, 12},
                                                             {37, 16, 41, 16}}) {
    const Picture old = random_picture(height, width, 3, 11);
    const Axis rows = resizing_axis(height, new_height), columns = resizing_axis(width, new_width);
    INFO(height << "x" << width << " to " << new_height << "x" << new_width);
    CHECK(by_matrix(old, rows, columns) == area_resize(old, new_height, new_width));
  }
  // Mutants: another pad is another resampling, and a flat picture does not show it.
  const Picture old = random_picture(7, 9, 1, 3);
  const Axis rows = resizing_axis(7, 5), columns = resizing_axis(9, 5);
  for (const Index shift : {-1, 1}) {
    Axis moved = columns;
    moved.pad += shift;
    CHECK(by_matrix(old, rows, moved) != area_resize(old, 5, 5));
  }
  // The stride is not cancelled: 4/6 with its nine taps is not 2/3 with four, though both weigh a row in thirds.
  const Axis whole = resizing_axis(4, 6);
  CHECK(taps_in_range(whole) == 8);
  CHECK(whole.code_step() == 3);
}

TEST_CASE("area resize: the real sizes of CelebA, and the extremes of its sums") {
  const Picture face = random_picture(148, 148, 3, 9);
  CHECK(by_matrix(face, resizing_axis(148, 64), resizing_axis(148, 64)) == area_resize(face, 64, 64));
  // All white stays all white where every sum is as large as it can be.
  CHECK(area_resize({1 << 20, 3, 1, Pixels(3 << 20, 255)}, 2, 7).pixels == Pixels(14, 255));
  CHECK(area_resize({1, 1, 3, {255, 0, 254}}, 1, 100'000).pixels.back() == 254);
}

TEST_CASE("area resize: Ctrl-C ends it between two rows, of the old picture or the new one") {
  const auto resized = [](const Picture& picture, Index height) {
    return [&picture, height] {
      try {
        area_resize(picture, height, 1);
      } catch (const Interrupted&) {
        return 130;
      }
      return 0;
    };
  };
  const Picture tall = {1, 1 << 20, 1, Pixels(1 << 20, 7)};
  for (const Index height : {Index{1}, Index{65535}})
    CHECK(exit_status_when_interrupted(std::chrono::milliseconds(0), resized(tall, height)) == 130);
}

TEST_CASE("area resize: sizes that are none are refused") {
  const Picture picture = random_picture(2, 3, 1, 1);
  for (const auto& [height, width] : {std::pair<Index, Index>{0, 1}, {1, 0}, {-1, 4}, {(1 << 24) + 1, 1}})
    CHECK_THROWS_AS(area_resize(picture, height, width), InvalidArgument);
  CHECK_THROWS_AS(area_resize(picture, 1 << 24, 1 << 24), InvalidArgument);  // 256 TiB
  Picture wrong = picture;
  wrong.pixels.pop_back();
  CHECK_THROWS_AS(area_resize(wrong, 1, 1), InvalidArgument);
  CHECK_THROWS_AS(area_resize({0, 0, 1, {}}, 1, 1), InvalidArgument);
  CHECK_THROWS_AS(area_resize({1, 1, 2, {1, 2}}, 1, 1), InvalidArgument);
}
