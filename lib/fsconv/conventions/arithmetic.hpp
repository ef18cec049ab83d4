// The arithmetic of one axis, spelled out: every number that explains why a size is what it is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/settings.hpp>
#include <fsconv/geometry/axis.hpp>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

struct AxisArithmetic {
  Index natural;  // stride*(code-1) + extent, extent-1 of no code: the transposed size before anything is cut
  Index pad_begin;      // cut from it in front ...
  Index pad_end;        // ... and behind; negative: that many pixels are added (PyTorch's output_padding)
  Index zeros_between;  // the same as a convolution: this many zeros between the code's pixels,
  Index zeros_begin;    // this many before them
  Index zeros_end;      // and behind; then the reversed filter with stride `up`
  SizeRange images;     // every image size that has this code size under the padding as it was said
  Index padding_end;    // the padding behind the image that goes with `images`
  int relation;         // of [DV16] that gives the transposed size, 0 where none of them covers the axis
};

// `said` is how the padding was said (said_padding() in convention.hpp): the sizes that share a code are those under that
// padding, and under same it moves with the image; 0 is one of them where this image or its code is empty. What is said
// must give this code.
AxisArithmetic arithmetic(const Axis& axis, const SaidPadding& said = {});

// How many taps can reach an image pixel of each phase (pixel i has phase (up*i + pad) mod down, which
// repeats every down/gcd(down, up) pixels), far from borders.
std::vector<Index> overlap_by_phase(const Axis& axis);
// The same of those phases that have a pixel in the interior: one that all the taps of its phase do reach. Nothing where
// every pixel is near a border. They are alike exactly where there is no checkerboard ([ODO16]).
std::vector<Index> interior_overlap(const Axis& axis);

// The same in sentences, one per line, as a person would write it on a board. `weights` are the taps of a filter that is
// known: then whether there is a checkerboard is what they add up to, not how many they are. `reversed`: the filter is
// applied reversed (ArrayOrder::flip), and so slides over the stretched code as its array has it.
std::vector<std::string> explain(const Axis& axis, const SaidPadding& said = {},
                                 std::span<const double> weights = {}, bool reversed = false);

}  // namespace fsconv
