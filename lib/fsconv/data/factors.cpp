// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/factors.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {
namespace {

constexpr Index unit = 8,
                samples = 4;  // of a pixel, as in generator.cpp: integers, so that all machines draw the same
constexpr Index background = 32, steps = 256, segments = 4;  // of 60 degrees

struct Disc {
  Index x, y, radius;  // in units
  Index hue;           // 0 ... segments * steps - 1

  std::array<Index, 3> colour() const {
    const Index step = hue % steps, most = steps - 1;
    switch (hue / steps) {
      case 0:
        return {most, step, 0};
      case 1:
        return {most - step, most, 0};
      case 2:
        return {0, most, step};
      default:
        return {0, most - step, most};
    }
  }
  double degrees() const {
    return 60 * (static_cast<double>(hue / steps) + static_cast<double>(hue % steps) / (steps - 1));
  }
};

Disc random_disc(Random& random, const ImageFormat& format) {
  const Index side = unit * std::min(format.height, format.width), largest = side * 12 / 64;
  return {.x = random.integer(largest, unit * format.width - largest),
          .y = random.integer(largest, unit * format.height - largest),
          .radius = random.integer(side * 5 / 64, largest),
          .hue = random.integer(0, segments * steps - 1)};
}

// How many of a pixel's samples lie in the disc.
Index samples_covered(const Disc& disc, Index column, Index row) {
  Index covered = 0;
  for (Index j = 0; j < samples; ++j)
    for (Index i = 0; i < samples; ++i) {
      const Index dx = column * unit + 2 * i + 1 - disc.x, dy = row * unit + 2 * j + 1 - disc.y;
      covered += dx * dx + dy * dy <= disc.radius * disc.radius;
    }
  return covered;
}

void draw(const Disc& disc, const ImageFormat& format, std::uint8_t* image) {
  constexpr Index all = samples * samples;
  const Index plane = format.height * format.width;
  std::fill_n(image, 3 * plane, static_cast<std::uint8_t>(background));
  const std::array<Index, 3> colour = disc.colour();
  for (Index row = (disc.y - disc.radius) / unit;
       row < std::min(format.height, (disc.y + disc.radius) / unit + 1); ++row)
    for (Index column = (disc.x - disc.radius) / unit;
         column < std::min(format.width, (disc.x + disc.radius) / unit + 1); ++column) {
      const Index covered = samples_covered(disc, column, row);
      for (Index c = 0; c < 3; ++c)
        image[c * plane + row * format.width + column] = static_cast<std::uint8_t>(
            (colour[static_cast<std::size_t>(c)] * covered + background * (all - covered)) / all);
    }
}

}  // namespace

std::string_view factor_units(std::string_view factor) { return factor == "hue" ? "degree" : "pixel"; }

ImageSet generate_factor_images(Index count, std::uint64_t seed, std::uint64_t stream,
                                const ImageFormat& format) {
  if (count < 1) throw InvalidArgument("count", fmt::format("{} images", count), "at least 1");
  check(format);
  if (format.channels != 3)
    throw InvalidArgument("data", fmt::format("factors in images of {} channel", format.channels),
                          "3: one of the factors is the hue");
  Random random(seed, stream);
  Tensor<std::uint8_t> images({count, 3, format.height, format.width}, "images");
  Tensor<float> factors({count, Index{generated_factors.size()}}, "factors");
  float* row = factors.data();
  for (Index n = 0; n < count; ++n) {
    stop_if_interrupted();
    const Disc disc = random_disc(random, format);
    draw(disc, format, images.data() + n * (images.size() / count));
    for (const Index length : {disc.x, disc.y, disc.radius}) *row++ = static_cast<float>(length) / unit;
    *row++ = static_cast<float>(disc.degrees());
  }
  ImageSet set{std::move(images), {}};
  set.factor_names.assign(generated_factors.begin(), generated_factors.end());
  set.factors = std::move(factors);
  return set;
}

}  // namespace fsconv
