// One axis of a convolution: the equation that everything else in fsconv is built on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

namespace fsconv {

// So many positions do `pixels` take that are `spacing` apart, with spacing-1 zeros between two of them and none
// behind the last: none for no pixels.
constexpr Index stretched(Index pixels, Index spacing) {
  return pixels == 0 ? 0 : spacing * (pixels - 1) + 1;
}

// The taps of an axis are the triples (o, i, k) with
//
//     up * i  =  down * o  +  dilation * k  -  pad        0 <= i < in,  0 <= o < out,  0 <= k < taps
//
// `in` is the image side, `out` the code side; conv reads image pixel i, weighs it with w[k] and adds it to code pixel
// o. The stride is down/up: 2 is down=2, up=1; the fractional stride 1/2 is down=1, up=2. It is not cancelled: 2/2 is
// another operator than 1, and the equation says which. `pad` pixels stand before the image (negative: that many are
// cropped). Both sizes are stored: nobody guesses. A side may have 0 pixels, and then there is no tap.
struct Axis {
  Index in = 1;
  Index out = 1;
  Index taps = 1;
  Index down = 1;
  Index up = 1;
  Index dilation = 1;
  Index pad = 0;

  bool operator==(const Axis&) const = default;

  // What the filter covers, holes included: dilation*(taps-1)+1.
  Index extent() const { return dilation * (taps - 1) + 1; }

  // The image with up-1 zeros between its pixels, and the code with down-1 between its own, in positions.
  Index stretched_image() const { return stretched(in, up); }
  Index stretched_code() const { return stretched(out, down); }

  // The padding after the image with which the last window ends exactly at the edge: the `pad` of this axis
  // seen in a mirror. Negative where trailing pixels are never read.
  Index pad_end() const { return stretched_code() - 1 + extent() - pad - stretched_image(); }

  // What both numbers of the stride have in common. (o, i, k) and (o + up/g, i + down/g, k) solve the equation
  // together: with the same taps, code pixels stand up/g apart and image pixels down/g.
  Index stride_factor() const { return std::gcd(down, up); }
  Index code_step() const { return up / stride_factor(); }
  Index image_step() const { return down / stride_factor(); }

  // W^T is a convolution with the inverse stride: in <-> out, up <-> down, pad -> dilation*(taps-1) - pad,
  // and the filter reversed. Transposing twice gives the same axis back.
  Axis transposed() const {
    return {.in = out,
            .out = in,
            .taps = taps,
            .down = up,
            .up = down,
            .dilation = dilation,
            .pad = extent() - 1 - pad};
  }
};

// The image pixel that tap k of code pixel o reads, or nothing where it falls on padding or between pixels.
inline std::optional<Index> image_at(const Axis& axis, Index o, Index k) {
  const Index position = axis.down * o + axis.dilation * k - axis.pad;
  if (position < 0 || position % axis.up != 0 || position / axis.up >= axis.in) return std::nullopt;
  return position / axis.up;
}

// Throws InvalidArgument naming the field if the axis is not one: sizes at least `least_size`, taps, stride and
// dilation at least 1; sizes and padding up to 2^30, the others up to 2^20, so that the equation cannot
// overflow. `name` is put before the field: "axis 0". Costs a few comparisons where nothing is wrong.
void check(const Axis& axis, std::string_view name = "axis", Index least_size = 0);

// "2", "2/3", "2/2": the stride as people write it.
std::string stride_text(const Axis& axis);

// Sizes. All take the stride, taps and dilation from `axis` and ignore its sizes and pad.
//
// The code size of an image of `in` pixels padded by `begin` and `end`: how many windows fit,
//     floor((stretched + begin + end - extent) / down) + 1,          [DV16] relations 6 and 15 for up = 1
// where stretched(in, up) is the image with its up-1 inserted zeros. May be 0 or negative: then no window fits.
Index code_size(const Axis& axis, Index in, Index begin, Index end);

// The image sizes whose code has `out` pixels under these pads, from smallest to largest: they are
// consecutive, and with an integer stride s there are s of them ([DV16] relation 14: a = 0..s-1); for an empty
// code all those in which no window fits. Images have at least 1 pixel. Empty where there is none.
struct SizeRange {
  Index smallest;
  Index largest;
  bool empty() const { return smallest > largest; }
  bool contains(Index size) const { return smallest <= size && size <= largest; }
};
SizeRange image_sizes(const Axis& axis, Index out, Index begin, Index end);
// Whether an image without pixels has such a code: these pads alone hold `out` windows, or hold none and `out` is 0.
bool empty_image_has(const Axis& axis, Index out, Index begin, Index end);

// SAME: the code of an n-pixel image has ceil(up*n/down) pixels; total padding as TensorFlow computes it,
//     max((code-1)*down + extent - stretched, 0).
Index same_code_size(const Axis& axis, Index in);
Index same_total_padding(const Axis& axis, Index in);
// The images whose SAME code has `out` pixels. Not those of image_sizes(): the padding moves with the image.
SizeRange same_image_sizes(const Axis& axis, Index out);

}  // namespace fsconv
