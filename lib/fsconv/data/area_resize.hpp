// Resizes pictures by area, in exact integers with one rounding: the same bytes everywhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/picture.hpp>

namespace fsconv {

// Up to this, a sum over one axis is at most 255 * 2^24 < 2^32, over both 255 * 2^48 < 2^56, and twice a remainder less than
// 2^49.
inline constexpr Index longest_resized_side = Index{1} << 24;

// A new pixel is the mean of what it covers of the old picture, pixels being squares of one colour. In units in which an
// old pixel is `new` long and a new one `old` (both pictures are old*new long then), pixel o covers [old*o, old*o + old),
// and the old pixel i in it
//
//     weight(o, i) = max(0, min(old*o + old, new*i + new) - max(old*o, new*i)),      sum over i = old
//     value(o, p)  = sum over i, j  weight(o, i) weight(p, j) pixel(i, j)  /  (old_height * old_width)
//
// on two axes. The sum is an exact integer; it is divided once and rounded to the nearest, a half to the even one.
// Integer factors down are means of blocks, integer factors up repeat pixels, the same size changes nothing.
//
// weight depends on new*i - old*o alone: so this is a convolution with the rational stride old/new, not cancelled, along
// each axis (geometry/axis.hpp: in = old, out = new, down = old, up = new, taps = old+new-1, pad = new-1), whose filter is the
// trapezoid of two boxes of `old` and `new` ones, divided by old. tests/data/area_resize_test.cpp compares with its W.
//
// "area" of OpenCV and TensorFlow, but for rounding. Not PIL's BOX, whose filter takes only pixels whose centres it
// covers (148 -> 64 differs by up to 22% of the height of a step), nor bilinear or Lanczos. Stored values are averaged,
// gamma and all, as everybody does.
//
// Throws InvalidArgument "size" for sides below 1 or above longest_resized_side, and what does not fit the memory; "picture" if its bytes
// are not width*height*channels; Interrupted after Ctrl-C, where it is caught, before the next row.
Picture area_resize(const Picture& picture, Index height, Index width);

}  // namespace fsconv
