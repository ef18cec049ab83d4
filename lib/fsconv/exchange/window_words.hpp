// How other systems say where the windows of a map lie, and what is to be done before or after it where they have no word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/axis.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <vector>

namespace fsconv {

// ONNX and PyTorch take paddings that are no less than 0, and output_padding below the stride. With what stands here
//     conv             puts zero_begin and zero_end zeros around the image, which has up-1 zeros between its pixels, cuts
//                      cut_begin and cut_end pixels off, pads by begin and end, and leaves out windows that reach beyond
//     conv_transpose   puts zero_begin and zero_end zeros around the code, and takes begin and end pixels off the
//                      result, which output_padding has made longer; of that it keeps every up-th pixel
struct WindowWords {
  Index begin = 0, end = 0;
  Index output_padding = 0;
  Index cut_begin = 0, cut_end = 0;
  Index zero_begin = 0, zero_end = 0;
};

// The paddings are the same on both sides wherever they can be.
WindowWords conv_words(const Axis& axis);
WindowWords conv_transpose_words(const Axis& axis);

// f(axis) of each axis, in their order.
template <class F>
std::vector<Index> per_axis(const Geometry& geometry, F&& f) {
  std::vector<Index> list;
  for (const Axis& axis : geometry.axes) list.push_back(f(axis));
  return list;
}

}  // namespace fsconv
