#include <algorithm>
#include <array>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/io/sparsity_picture.hpp>
#include <numeric>

namespace fsconv {
namespace {

using Colour = std::array<double, 3>;

// A place on the colour wheel: hue in [0, 1), dark enough to stand out from white.
Colour wheel(double hue) {
  Colour colour;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const double shifted = std::fmod(hue + 1.0 - static_cast<double>(channel) / 3, 1.0);
    const double distance =
        std::abs(shifted - std::round(shifted));  // 0 at this channel's own hue, 1/2 opposite
    colour[channel] = 30 + 200 * std::clamp(2 - 6 * distance, 0.0, 1.0);
  }
  return colour;
}

}  // namespace

Picture sparsity_picture(const Geometry& geometry, Index largest) {
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  Tensor<double> names(geometry.weight_shape());
  std::iota(names.begin(), names.end(), 0.0);
  const arma::sp_mat w = matrix::build(geometry, names);

  // A whole number of pixels per entry, or of entries per pixel, the same in both directions: W keeps its
  // shape.
  const Index longest = std::max(rows, columns);
  const Index zoom = std::max<Index>(1, std::min<Index>(largest / longest, 24));
  const Index entries = std::max<Index>(1, ceil_div(longest, largest));
  const Index width = ceil_div(columns, entries), height = ceil_div(rows, entries);
  Tensor<double> sums({height, width, 4});  // red, green, blue, how many

  Index filter = 1;
  for (const Axis& axis : geometry.axes) filter *= axis.taps;
  for (Index column = 0; column < columns; ++column) {
    stop_if_interrupted();
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at) {
      const auto tap = static_cast<Index>(w.values[at]) % filter;
      const Colour colour = wheel(static_cast<double>(tap) / static_cast<double>(filter));
      double* sum = &sums[(static_cast<Index>(w.row_indices[at]) / entries * width + column / entries) * 4];
      for (std::size_t channel = 0; channel < 3; ++channel) sum[channel] += colour[channel];
      sum[3] += 1;
    }
  }

  Picture picture{width * zoom, height * zoom, 3, {}};
  for (Index y = 0; y < picture.height; ++y)
    for (Index x = 0; x < picture.width; ++x) {
      const double* sum = &sums[(y / zoom * width + x / zoom) * 4];
      for (std::size_t channel = 0; channel < 3; ++channel)
        picture.pixels.push_back(sum[3] > 0 ? static_cast<std::uint8_t>(sum[channel] / sum[3]) : 255);
    }
  return picture;
}

}  // namespace fsconv
