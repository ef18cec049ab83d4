// Resampling filters that nobody learns, as weights: nearest, bilinear, bicubic and Lanczos interpolation are transposed
// convolutions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/conventions/convention.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// To enlarge by down/up, image pixel i looks at the place x = (i + 1/2) * up/down - 1/2 among the code's pixels (half-pixel
// centres: align_corners=False) and is the sum over o of h(x - o) y[o]. With k = up*i - down*o + pad, which is this
// project's equation, x - o is (2*(k - pad) + up - down) / (2*down): it depends on the tap alone. So the
// interpolation is conv_transpose with stride down/up and the filter w[k] = h of that, for whole factors and for
// rational ones. Outside the code there is nothing, as everywhere in a convolution: borders darken.
enum class Interpolation { nearest, bilinear, bicubic, lanczos };
constexpr auto names_of(Interpolation) {
  return NameTable<Interpolation, 4>{"weight",
                                     {{{Interpolation::nearest, "nearest"},
                                       {Interpolation::bilinear, "bilinear"},
                                       {Interpolation::bicubic, "bicubic"},
                                       {Interpolation::lanczos, "lanczos"}}}};
}

// h, each 1 at 0 and 0 at all other whole numbers:
//   nearest   1 for -1/2 <= t < 1/2
//   bilinear  1 - |t|
//   bicubic   Keys' cubic with the slope a at 1: R. G. Keys, "Cubic convolution interpolation for digital image
//             processing", 1981, eq. 8. -0.5 as Keys and Pillow, -0.75 as PyTorch and OpenCV
//   lanczos   sinc(t) sinc(t/lobes), divided so that the taps of each phase sum to 1 (those of the others do anyhow)
// For a whole factor F the bilinear one is what Caffe's BilinearFiller and FCN begin with: 2F - F%2 taps, padding
// ceil((F-1)/2).
struct FixedFilter {
  Interpolation kind = Interpolation::bilinear;
  std::vector<Stride> factors = {
      {2, 1}};          // image/code: one for all axes, or one for each; at least 1, not cancelled
  double slope = -0.5;  // of bicubic
  Index lobes = 3;      // of lanczos
  bool operator==(const FixedFilter&) const = default;
};

// Reads "bilinear:2", "nearest:2,3" (an axis each), "bilinear:3/2", "bicubic:2:-0.75", "lanczos:4:2". Nothing where the text
// begins with none of the names and a colon, and is none of them: then it is a file. (One of such a name is reached as
// ./bilinear:2.) Throws InvalidArgument("weight") for one that cannot be.
std::optional<FixedFilter> parse_fixed_filter(std::string_view text);

// As it is written, with what is not the default: "bicubic:2:-0.75".
std::string text(const FixedFilter& filter);

// Along one axis: the taps, and the axis without its sizes.
struct AxisFilter {
  std::vector<double> weights;
  Axis axis;  // taps, down, up and pad
};
AxisFilter axis_filter(const FixedFilter& filter, const Stride& factor);

// The whole map: floor(down*n/up) image pixels from n code pixels (conv_transpose), or floor(up*n/down) code pixels
// from n image pixels (conv, the transpose). `source` is the space that is read; every channel is mapped to itself.
// Throws InvalidArgument where the filter has another number of axes, or sizes are out of range.
Geometry filter_geometry(const FixedFilter& filter, Direction direction, const Shape& source, Index channels,
                         Index groups);

// [channels, channels/groups, taps...] for such a geometry: the product of the axes' taps from a channel to itself, 0
// to others. With groups = channels nothing is there but the filters.
Tensor<double> filter_weight(const FixedFilter& filter, const Geometry& geometry);

// How a system is told to apply the filter.
struct FilterCall {
  Settings settings;
  Geometry geometry;
};
// `sizes` says the source, the channels (image_channels) and the batch. `said` are the user's words: padding, size,
// output_padding and groups are obeyed; what is not said is the filter's: its stride, the padding and size of
// filter_geometry(), and as many groups as channels, or a single group where the system has no others. Throws
// InvalidArgument where the system has no words for that, or where stride, dilation or flip are said.
FilterCall filter_call(Convention convention, Direction direction, const FixedFilter& filter,
                       ArraySizes sizes, const Settings& said);

// What a user should know of the result: which pixels lose what to the border, in numbers, or what the transpose sums to.
// Empty where there is nothing.
std::string filter_remark(const FixedFilter& filter, Direction direction, const Geometry& geometry);

}  // namespace fsconv
