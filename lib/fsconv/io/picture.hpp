// Pictures of 8 bits per channel: grids of images, written as PNG.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <fsconv/io/atomic_file.hpp>
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

// The pixels as [channels][height][width], the order of image tensors.
std::vector<std::uint8_t> planes(const Picture& picture);

// What image_grid adds to the images. The labels are drawn left of the rows and above the columns, black on white,
// in letters of 5 x 7 pixels (pixel_font.hpp) that grow with the images; there are none, or as many as rows or
// columns. Other bytes than printable ASCII are drawn as boxes.
struct GridOptions {
  Index zoom = 2;  // a pixel becomes a square of zoom x zoom
  std::vector<std::string> row_labels = {};
  std::vector<std::string> column_labels = {};
};

// Rows of images under each other: originals over reconstructions, say. Each row is a tensor [N, C, H, W]
// with values in [0, 1] (others are clamped, NaN is drawn as 0) and C = 1 or 3; C, H and W are the same in
// all rows, N need not be. A grey line of one pixel parts the images. An image that is smaller than a label in its
// row or column gets a grey margin; where a row has no image more, the place is white. InvalidArgument names "rows", "zoom",
// "scale" (for a picture too large for a PNG: sides of 1,000,000 pixels, 4 GiB), "row_labels" or "column_labels";
// Interrupted after Ctrl-C, where it is caught.
Picture image_grid(std::span<const Tensor<float>> rows, const GridOptions& options = {});
inline Picture image_grid(std::span<const Tensor<float>> rows, Index zoom) {
  return image_grid(rows, GridOptions{.zoom = zoom});
}

// The zoom that makes the longer side of an image at least 84 pixels: 3 for 28 x 28, 1 for 84 x 84 and more.
// InvalidArgument names "image" if a side is below 1.
Index default_zoom(Index height, Index width);

// Images [N, C, H, W] cut into rows for image_grid: `columns` to a row, in their order, the last row what is left.
// InvalidArgument names "images" (rank 4, at least one element) or "columns" (at least 1).
std::vector<Tensor<float>> wrap_images(const Tensor<float>& images, Index columns);

// Whether the path ends in .png, in any case: what is written is PNG, and a file says in its name what it holds.
bool is_picture_name(const std::string& path);

// The picture as a PNG file's bytes. InvalidArgument if it is empty or inconsistent, or does not fit the memory.
std::vector<std::uint8_t> png_bytes(const Picture& picture);

// The same into a file. IoError with the system's reason.
void write_png(const std::string& path, const Picture& picture);
// The same into a file that the caller commits, beside another one that it belongs to.
void write_png(AtomicFile& file, const Picture& picture);

}  // namespace fsconv
