// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/generator.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {
namespace {

// All geometry is done in integers, in eighths of a pixel, so that every machine draws the same pixels.
constexpr Index unit = 8, samples = 4;                  // samples per pixel and axis, for soft edges
constexpr Index shortest_side = 8, longest_side = 256;  // bars of a quarter pixel; some seconds of drawing
constexpr Index darkest_shape = 96, brightest_background = 63;  // apart, so that every shape can be seen

struct ShapeDrawing {
  std::uint8_t label;                       // 0 disc, 1 box, 2 bar
  Index x, y;                               // the centre
  Index along, across;                      // half the lengths; the disc's radius twice
  Index turn_x, turn_y;                     // the direction of the long side, of any length
  std::array<Index, 3> colour, background;  // 0..255; grey images use the first

  bool covers(Index at_x, Index at_y) const {
    const Index dx = at_x - x, dy = at_y - y;
    if (label == 0) return dx * dx + dy * dy <= along * along;
    // |projection| <= half length, both sides squared to stay with integers
    const Index u = dx * turn_x + dy * turn_y, v = dy * turn_x - dx * turn_y;
    const Index length = turn_x * turn_x + turn_y * turn_y;
    return u * u <= along * along * length && v * v <= across * across * length;
  }

  // No point of the shape is farther from the centre, along any axis.
  Index reach() const { return along + across; }
};

// Lengths are those of an image of 28x28 pixels, in proportion.
ShapeDrawing random_shape(Random& random, const ImageFormat& format) {
  const auto between = [&random](Index side, Index low, Index high) {
    return random.integer(low * unit * side / 28, high * unit * side / 28);
  };
  const Index side = std::min(format.height, format.width);
  ShapeDrawing shape{};
  shape.label = static_cast<std::uint8_t>(random.integer(0, 2));
  shape.x = between(format.width, 9, 19);
  shape.y = between(format.height, 9, 19);
  switch (shape.label) {
    case 0:
      shape.along = shape.across = between(side, 3, 8);
      break;
    case 1:
      shape.along = between(side, 4, 8);
      shape.across = random.integer(3 * unit * side / 28, shape.along);
      break;
    default:
      shape.along = between(side, 8, 12);
      shape.across = between(side, 1, 2);
  }
  do {
    shape.turn_x = random.integer(-16, 16);
    shape.turn_y = random.integer(0, 16);
  } while (shape.turn_x == 0 && shape.turn_y == 0);
  const Index brightness = random.integer(darkest_shape, 255);
  shape.colour.fill(brightness);
  if (format.channels == 1) return shape;
  // A hue: one channel keeps the brightness, the others have a part of it.
  for (Index& value : shape.colour) value = random.integer(0, brightness);
  shape.colour.at(static_cast<std::size_t>(random.integer(0, 2))) = brightness;
  for (Index& value : shape.background) value = random.integer(0, brightest_background);
  return shape;
}

Index samples_covered(const ShapeDrawing& shape, Index column, Index row) {
  Index covered = 0;
  for (Index j = 0; j < samples; ++j)
    for (Index i = 0; i < samples; ++i)
      covered += shape.covers(column * unit + 2 * i + 1, row * unit + 2 * j + 1);
  return covered;
}

// Draws into the planes [channels, height, width] of one image.
void draw(const ShapeDrawing& shape, const ImageFormat& format, std::uint8_t* image) {
  const Index plane = format.height * format.width;
  for (Index c = 0; c < format.channels; ++c)
    std::fill_n(image + c * plane, plane,
                static_cast<std::uint8_t>(shape.background[static_cast<std::size_t>(c)]));
  const auto first = [&](Index centre) { return std::max<Index>(0, (centre - shape.reach()) / unit); };
  const auto last = [&](Index centre, Index side) {
    return std::min(side, (centre + shape.reach()) / unit + 1);
  };
  for (Index row = first(shape.y); row < last(shape.y, format.height); ++row)
    for (Index column = first(shape.x); column < last(shape.x, format.width); ++column) {
      constexpr Index all = samples * samples;
      const Index covered = samples_covered(shape, column, row);
      for (Index c = 0; c < format.channels; ++c) {
        const auto at = static_cast<std::size_t>(c);
        const Index sum = shape.colour[at] * covered + shape.background[at] * (all - covered);
        image[c * plane + row * format.width + column] = static_cast<std::uint8_t>(sum / all);
      }
    }
}

}  // namespace

void check(const ImageFormat& format) {
  const auto [height, width, channels] = format;
  for (const Index side : {height, width})
    if (side < shortest_side || side > longest_side)
      throw InvalidArgument("data", fmt::format("images of {}x{} pixels are not generated", height, width),
                            fmt::format("sides are {} to {}", shortest_side, longest_side));
  if (channels != 1 && channels != 3)
    throw InvalidArgument("data", fmt::format("images of {} channels are not generated", channels),
                          "1 (grey) or 3 (red, green, blue)");
}

ImageFormat image_format(std::string_view text) {
  const std::vector<std::string> pieces = split(text, 'x');
  std::vector<Index> sizes;
  for (const std::string& piece : pieces)
    if (const auto size = to_integer(piece)) sizes.push_back(*size);
  if (pieces.size() != 3 || sizes.size() != 3)
    throw InvalidArgument("data", fmt::format("'{}' is no format of images", text),
                          "HEIGHTxWIDTHxCHANNELS, as 64x64x3, or factors");
  const ImageFormat format{sizes[0], sizes[1], sizes[2]};
  check(format);
  return format;
}

GeneratedKind generated_kind(std::string_view text) {
  constexpr std::string_view word = "factors", behind = ",factors";
  if (text == word) return {{64, 64, 3}, true};
  const bool factors = text.ends_with(behind);
  const ImageFormat format = image_format(factors ? text.substr(0, text.size() - behind.size()) : text);
  if (factors && format.channels != 3)
    throw InvalidArgument("data", fmt::format("'{}' has {} channel", text, format.channels),
                          "3: one of the factors is the hue");
  return {format, factors};
}

std::optional<GeneratedKind> generated_kind_of(std::string_view name) {
  constexpr std::string_view plain = "generated", with_kind = "generated:";
  if (name == plain) return GeneratedKind{};
  if (!name.starts_with(with_kind)) return std::nullopt;
  return generated_kind(name.substr(with_kind.size()));
}

ImageSet generate_shapes(Index count, std::uint64_t seed, std::uint64_t stream, const ImageFormat& format) {
  if (count < 1) throw InvalidArgument("count", fmt::format("{} images", count), "at least 1");
  check(format);
  Random random(seed, stream);
  Tensor<std::uint8_t> images({count, format.channels, format.height, format.width}, "images");
  std::vector<std::uint8_t> labels;
  const Index pixels = images.size() / count;
  for (Index n = 0; n < count; ++n) {
    stop_if_interrupted();
    const ShapeDrawing shape = random_shape(random, format);
    labels.push_back(shape.label);
    draw(shape, format, images.data() + n * pixels);
  }
  return {std::move(images), std::move(labels)};
}

}  // namespace fsconv
