// The geometries of a stack of convolutions and transposed convolutions, layer by layer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <fsconv/geometry/stride.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace fsconv {

// The stride of a layer: a whole number stands for itself, {3, 2} is 3/2. (A plain Stride in {32, 4, 2, 1} would
// take the padding for its denominator.)
struct LayerStride : Stride {
  constexpr LayerStride(Index numerator = 1, Index denominator = 1) : Stride{numerator, denominator} {}
  constexpr LayerStride(const Stride& stride) : Stride(stride) {}
};

// One convolution of a stack, or one transposed convolution, the same along every axis.
struct LayerSpec {
  Index channels = 1;  // of what comes out: the code side, of a transposed one the image side
  Index kernel = 1;
  LayerStride stride = 1;
  // Pixels put before and after the image (with stride down/up, after up-1 zeros were put between its pixels).
  // Where none is given, the code has ceil(up * size / down) pixels, as SAME has, and
  //     pad = max(0, floor((extent + up - down) / 2)),    extent = dilation * (kernel - 1) + 1
  // which puts the middle of window o on the middle of its share of the image, (o + 1/2) * down/up pixels from
  // the edge; half a position is rounded towards the front. For k4 s2 and odd kernels this is the usual
  // padding. Every pixel is read where dilation = 1 and kernel >= down; with a common divisor of dilation and
  // down, no padding could do that.
  std::optional<Index> padding = {};
  Index dilation = 1;
  Index groups = 1;  // divides the channels of both sides
  // conv_transpose reads the code and gives the image. Stride, padding and dilation are those of the convolution whose
  // transpose it is: stride 2 doubles. With a padding the image has as many pixels as the smallest that this convolution
  // maps to the code, for a whole stride * (size - 1) + extent - 2 * padding where that is positive, plus output_padding; without one floor(down * size / up), the
  // largest whose code under SAME has this size: for k4 s2 and k3 s2 twice as many.
  Direction direction = Direction::conv;
  Index output_padding = 0;  // conv_transpose with a padding only

  bool operator==(const LayerSpec&) const = default;
};

// Reads "c32k4s2p1,c64k3s3/2d2g4,t32k4s2p1o1": channels, kernel, stride, padding, dilation and groups of each layer, in
// any order, all but c and k where they are not the default. t in place of c makes it a transposed convolution, o is its
// output padding. Throws InvalidArgument.
std::vector<LayerSpec> parse_layers(std::string_view text);

// A layer and which way it goes: what it reads is the image of a conv, the code of a conv_transpose.
struct StackLayer {
  Geometry geometry;
  Direction direction = Direction::conv;

  // The layer as a convolution from what it reads to what it gives: the geometry, or its transpose.
  Geometry forward() const { return direction == Direction::conv ? geometry : geometry.transposed(); }
};

// One per layer; what comes out of each is what the next one reads. Both sizes are stored, so the way back ends at the
// size it started from. Throws InvalidArgument naming the layer and the field: numbers out of range, groups that do not
// divide the channels, a kernel that is larger than its padded image, or a size that no image of a transposed layer has.
std::vector<StackLayer> plan_layers(Index channels, const Shape& size, const std::vector<LayerSpec>& layers);

// The same for an encoder, which has convolutions only: their geometries, from the image to the smallest code. Throws
// InvalidArgument for a transposed layer, too.
std::vector<Geometry> plan_stack(Index image_channels, const Shape& image_size,
                                 const std::vector<LayerSpec>& layers);

// The linear layer that follows: a convolution whose only window is the whole image, weight
// [latent, channels, size...].
Geometry linear_geometry(Index image_channels, const Shape& image_size, Index latent);

// Whether the only window is the whole image, so that the convolution is a plain matrix product.
bool is_linear(const Geometry& geometry);

}  // namespace fsconv
