// The geometries of a stack of convolutions, from the image to the smallest code.
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace fsconv {

// One convolution of a stack, the same along every axis.
struct LayerSpec {
  Index channels = 1;  // of the code side
  Index kernel = 1;
  Index stride = 1;
  // Pixels put before and after the image. Where none is given, floor((kernel - stride + 1) / 2) pixels (at
  // least 0) stand before, and the code has ceil(size / stride) pixels: for k4 s2 and odd kernels this is the
  // usual padding, and every pixel is read where kernel >= stride.
  std::optional<Index> padding = {};

  bool operator==(const LayerSpec&) const = default;
};

// Reads "c32k4s2p1,c64k3s2": channels, kernel, stride and padding of each layer. Throws InvalidArgument.
std::vector<LayerSpec> parse_layers(std::string_view text);

// One geometry per layer; the code side of each is the image side of the next. Both sizes are stored, so the
// way back ends at the size it started from. Throws InvalidArgument naming the layer and the field: numbers
// out of range, or a kernel that is larger than its padded image.
std::vector<Geometry> plan_stack(Index image_channels, const Shape& image_size,
                                 const std::vector<LayerSpec>& layers);

// The linear layer that follows: a convolution whose only window is the whole image, weight [latent,
// channels, size...].
Geometry linear_geometry(Index image_channels, const Shape& image_size, Index latent);

// Whether the only window is the whole image, so that the convolution is a plain matrix product.
bool is_linear(const Geometry& geometry);

}  // namespace fsconv
