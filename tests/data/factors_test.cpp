// Generated images with a known answer: each shows the numbers that stand beside it.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/data/factors.hpp>

using namespace fsconv;

namespace {

// What an image shows, measured from its pixels alone: the disc's share of each pixel is how far the channel that differs
// most from the background is on its way to the colour at the centre.
struct Seen {
  double x = 0, y = 0, radius = 0, hue = 0;
};

Seen seen_in(const ImageSet& set, Index image) {
  const Shape& shape = set.images.shape();
  const Index height = shape[2], width = shape[3], plane = height * width;
  const std::uint8_t* pixels = set.images.in_place() + image * 3 * plane;
  std::array<double, 3> colour{};  // of the brightest pixel of each channel, which lies inside
  Index main = 0;
  for (Index c = 0; c < 3; ++c)
    for (Index at = 0; at < plane; ++at) {
      const double value = pixels[c * plane + at];
      if (std::abs(value - 32) > std::abs(colour[static_cast<std::size_t>(c)] - 32) || at == 0)
        colour[static_cast<std::size_t>(c)] = value;
    }
  for (Index c = 1; c < 3; ++c)
    if (colour[static_cast<std::size_t>(c)] > colour[static_cast<std::size_t>(main)]) main = c;
  Seen seen;
  double area = 0;
  for (Index row = 0; row < height; ++row)
    for (Index column = 0; column < width; ++column) {
      const double share = (pixels[main * plane + row * width + column] - 32.0) / (255 - 32);
      area += share;
      seen.x += share * (static_cast<double>(column) + 0.5);
      seen.y += share * (static_cast<double>(row) + 0.5);
    }
  seen.x /= area, seen.y /= area;
  seen.radius = std::sqrt(area / 3.14159265358979);
  const auto [red, green, blue] = colour;
  if (blue <= red && blue <= green)
    seen.hue = red >= green ? 60 * green / red : 120 - 60 * red / green;
  else
    seen.hue = green >= blue ? 120 + 60 * blue / green : 240 - 60 * green / blue;
  return seen;
}

double largest_error(const ImageSet& set) {
  double worst = 0;
  for (Index n = 0; n < set.images.count(); ++n) {
    const Seen seen = seen_in(set, n);
    const float* factors = set.factors.data() + 4 * n;
    worst = std::max({worst, std::abs(seen.x - factors[0]), std::abs(seen.y - factors[1]),
                      std::abs(seen.radius - factors[2]), std::abs(seen.hue - factors[3]) / 10});
  }
  return worst;
}

}  // namespace

// Sixteen samples a pixel: the area of a disc of radius r is off by some sixteenths of the 2 pi r pixels on its edge, which
// partly cancel, its centre by less; a colour by 1/255 of 60 degrees.
TEST_CASE("factors: every image shows the numbers that it was drawn from") {
  for (const ImageFormat& format : {ImageFormat{64, 64, 3}, ImageFormat{32, 48, 3}}) {
    ImageSet set = generate_factor_images(200, 3, 0, format);
    CHECK(set.images.shape() == Shape{200, 3, format.height, format.width});
    CHECK(set.factor_names == std::vector<std::string>{"x", "y", "radius", "hue"});
    CHECK(set.factors.shape() == Shape{200, 4});
    for (const std::string& factor : set.factor_names)
      CHECK(factor_units(factor) == (factor == "hue" ? "degree" : "pixel"));
    CHECK(set.labels.empty());
    CHECK(largest_error(set) < 0.15);
    // Mutants: axes that are swapped, a diameter, factors of the next image.
    ImageSet wrong = set;
    for (Index n = 0; n < 200; ++n) std::swap(wrong.factors[4 * n], wrong.factors[4 * n + 1]);
    CHECK(largest_error(wrong) > 1);
    wrong = set;
    for (Index n = 0; n < 200; ++n) wrong.factors[4 * n + 2] *= 2;
    CHECK(largest_error(wrong) > 1);
    wrong = set;
    std::rotate(wrong.factors.begin(), wrong.factors.begin() + 4, wrong.factors.end());
    CHECK(largest_error(wrong) > 1);
  }
}

TEST_CASE("factors: uniform over their ranges, and independent") {
  constexpr Index images = 2000;
  const ImageSet set = generate_factor_images(images, 1, 0, {16, 24, 3});
  const std::array<double, 4> least = {3, 3, 1.25, 0}, most = {21, 13, 3, 240};
  std::array<double, 4> means{};
  for (Index n = 0; n < images; ++n)
    for (std::size_t f = 0; f < 4; ++f) {
      const double value = set.factors[4 * n + static_cast<Index>(f)];
      CHECK((value >= least[f] && value <= most[f]));
      means[f] += value / images;
    }
  // Of a uniform variable in units of its range: the mean is within 6 / sqrt(12 n) of the middle, a correlation within
  // 6 / sqrt(n) of 0, but once in 10^8.
  const auto unit = [&](Index n, std::size_t f) {
    return (set.factors[4 * n + static_cast<Index>(f)] - least[f]) / (most[f] - least[f]) - 0.5;
  };
  for (std::size_t a = 0; a < 4; ++a) {
    CHECK(std::abs((means[a] - least[a]) / (most[a] - least[a]) - 0.5) < 6 / std::sqrt(12.0 * images));
    for (std::size_t b = 0; b < a; ++b) {
      double sum = 0;
      for (Index n = 0; n < images; ++n) sum += 12 * unit(n, a) * unit(n, b) / images;
      CHECK(std::abs(sum) < 6 / std::sqrt(double{images}));
    }
  }
}

TEST_CASE("factors: by name, in parts, and what is refused") {
  CHECK(generated_kind("factors") == GeneratedKind{{64, 64, 3}, true});
  CHECK(generated_kind("32x48x3,factors") == GeneratedKind{{32, 48, 3}, true});
  CHECK(generated_kind("32x48x1") == GeneratedKind{{32, 48, 1}, false});
  for (const char* wrong : {"", "factor", "factors,factors", "32x48x1,factors", "32x48,factors", ",factors",
                            "factors,32x48x3", "7x48x3,factors"})
    CHECK_THROWS_AS(generated_kind(wrong), InvalidArgument);
  CHECK_THROWS_AS(generate_factor_images(0, 1, 0, {64, 64, 3}), InvalidArgument);
  CHECK_THROWS_AS(generate_factor_images(1, 1, 0, {64, 64, 1}), InvalidArgument);

  const Dataset data = load_dataset("generated:16x16x3,factors", 2);
  CHECK(data.train.images.shape() == Shape{6000, 3, 16, 16});
  CHECK(data.test.factors.shape() == Shape{1000, 4});
  const ImageSet part = part_of(data.train, 10, 3), both = joined(part, part_of(data.test, 0, 2));
  CHECK(part.factor_names == data.train.factor_names);
  CHECK(part.factors.shape() == Shape{3, 4});
  CHECK(part.factors[4] == data.train.factors[44]);
  CHECK(both.factors.shape() == Shape{5, 4});
  CHECK(both.factors[12] == data.test.factors[0]);
  CHECK(joined(part, part_of(load_dataset("generated:16x16x3", 2).test, 0, 2)).factor_names.empty());
  CHECK_FALSE(load_dataset("generated:16x16x3,factors", 3).train.factors == data.train.factors);
}
