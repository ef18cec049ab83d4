// Pictures of 8 bits per channel: grids of images, written as PNG.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

// pixels [height][width][channels], top row first; channels is 1 (grey) or 3 (red, green, blue).
struct Picture {
  Index width = 0;
  Index height = 0;
  Index channels = 1;
  std::vector<std::uint8_t> pixels;

  bool operator==(const Picture&) const = default;
};

// Rows of images under each other: originals over reconstructions, say. Each row is a tensor [N, C, H, W]
// with values in [0, 1] (others are clamped, NaN is drawn as 0) and C = 1 or 3; C, H and W are the same in
// all rows, N need not be. A pixel becomes a square of zoom x zoom, and a grey line of one pixel parts the
// images. InvalidArgument names "rows" or "zoom".
Picture image_grid(std::span<const Tensor<float>> rows, Index zoom = 2);

// IoError with the system's or libpng's reason; InvalidArgument if the picture is empty or inconsistent.
void write_png(const std::string& path, const Picture& picture);

}  // namespace fsconv
