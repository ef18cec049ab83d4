#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/generator.hpp>

namespace fsconv {
namespace {

// All geometry is done in integers, in eighths of a pixel, so that every machine draws the same pixels.
constexpr Index side = 28, unit = 8, samples = 4;  // samples per pixel and axis, for soft edges

struct ShapeDrawing {
  std::uint8_t label;    // 0 disc, 1 box, 2 bar
  Index x, y;            // the centre
  Index along, across;   // half the lengths; the disc's radius twice
  Index turn_x, turn_y;  // the direction of the long side, of any length
  Index brightness;      // 1..255

  bool covers(Index at_x, Index at_y) const {
    const Index dx = at_x - x, dy = at_y - y;
    if (label == 0) return dx * dx + dy * dy <= along * along;
    // |projection| <= half length, both sides squared to stay with integers
    const Index u = dx * turn_x + dy * turn_y, v = dy * turn_x - dx * turn_y;
    const Index length = turn_x * turn_x + turn_y * turn_y;
    return u * u <= along * along * length && v * v <= across * across * length;
  }
};

ShapeDrawing random_shape(Random& random) {
  ShapeDrawing shape{};
  shape.label = static_cast<std::uint8_t>(random.integer(0, 2));
  shape.x = random.integer(9 * unit, 19 * unit);
  shape.y = random.integer(9 * unit, 19 * unit);
  switch (shape.label) {
    case 0:
      shape.along = shape.across = random.integer(3 * unit, 8 * unit);
      break;
    case 1:
      shape.along = random.integer(4 * unit, 8 * unit);
      shape.across = random.integer(3 * unit, shape.along);
      break;
    default:
      shape.along = random.integer(8 * unit, 12 * unit);
      shape.across = random.integer(unit, 2 * unit);
  }
  do {
    shape.turn_x = random.integer(-16, 16);
    shape.turn_y = random.integer(0, 16);
  } while (shape.turn_x == 0 && shape.turn_y == 0);
  shape.brightness = random.integer(96, 255);
  return shape;
}

std::uint8_t pixel_value(const ShapeDrawing& shape, Index column, Index row) {
  Index covered = 0;
  for (Index j = 0; j < samples; ++j)
    for (Index i = 0; i < samples; ++i)
      covered += shape.covers(column * unit + 2 * i + 1, row * unit + 2 * j + 1);
  return static_cast<std::uint8_t>(shape.brightness * covered / (samples * samples));
}

}  // namespace

ImageSet generate_shapes(Index count, std::uint64_t seed, std::uint64_t stream) {
  if (count < 1) throw InvalidArgument("count", fmt::format("{} images", count), "at least 1");
  Random random(seed, stream);
  ImageSet set{Tensor<std::uint8_t>({count, 1, side, side}, "images"), {}};
  for (Index n = 0; n < count; ++n) {
    const ShapeDrawing shape = random_shape(random);
    set.labels.push_back(shape.label);
    for (Index row = 0; row < side; ++row)
      for (Index column = 0; column < side; ++column)
        set.images[(n * side + row) * side + column] = pixel_value(shape, column, row);
  }
  return set;
}

}  // namespace fsconv
