// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/code_text.hpp>

namespace fsconv {
namespace {

// [DV16] covers integer strides, dense filters and padding that is alike on both sides.
int relation(const Axis& axis) {
  if (axis.up != 1 || axis.dilation != 1 || axis.pad < 0) return 0;
  const Index k = axis.taps, p = axis.pad;
  if (code_size(axis, axis.in, p, p) != axis.out) return 0;
  if (axis.down == 1) {
    if (p == 0) return 8;
    if (p == k - 1) return 11;
    return k % 2 == 1 && p == k / 2 ? 10 : 9;
  }
  if ((axis.in + 2 * p - k) % axis.down != 0) return 14;
  return p == 0 ? 12 : 13;
}

// Long lists are for machines: people see the beginning.
std::string beginning(const std::vector<Index>& values) {
  constexpr std::size_t most = 12;
  if (values.size() <= most) return fmt::format("{}", fmt::join(values, ", "));
  return fmt::format("{}, ...", fmt::join(values.begin(), values.begin() + most, ", "));
}

std::string sizes_text(const SizeRange& sizes) {
  if (sizes.largest == sizes.smallest) return fmt::format("{}", sizes.smallest);
  return fmt::format("{} to {}", sizes.smallest, sizes.largest);
}

}  // namespace

std::vector<Index> overlap_by_phase(const Axis& axis) {
  std::vector<Index> reached(static_cast<std::size_t>(std::min(axis.image_step(), axis.in)), 0);
  // Tap k reaches the pixels with up*i + pad = dilation*k modulo down, and then falls on a code pixel of theirs.
  std::vector<Index> taps_of_residue(static_cast<std::size_t>(axis.down), 0);
  for (Index k = 0; k < axis.taps; ++k)
    ++taps_of_residue[static_cast<std::size_t>(axis.dilation * k % axis.down)];
  for (std::size_t i = 0; i < reached.size(); ++i)
    reached[i] = taps_of_residue[static_cast<std::size_t>(
        positive_mod(axis.up * static_cast<Index>(i) + axis.pad, axis.down))];
  return reached;
}

AxisArithmetic arithmetic(const Axis& axis, const SaidPadding& said) {
  const Axis transposed = axis.transposed();
  AxisArithmetic a{};
  a.natural = natural_size(axis);
  a.pad_begin = axis.pad;
  a.pad_end = axis.pad_end();
  a.zeros_between = axis.down - 1;
  a.zeros_begin = transposed.pad;
  a.zeros_end = transposed.pad_end();
  // Where nobody said it, of the paddings behind that give this code the one alike in front if it is among them, else
  // the nearest to it.
  if (said.behind)
    a.padding_end = *said.behind;
  else
    a.padding_end = axis.out == 0 ? std::min(axis.pad, a.pad_end)
                                  : std::clamp(axis.pad, a.pad_end, a.pad_end + axis.down - 1);
  a.images = is_same(said.rule) ? same_image_sizes(axis, axis.out)
                                : image_sizes(axis, axis.out, axis.pad, a.padding_end);
  const auto overlap = overlap_by_phase(axis);
  if (!overlap.empty()) {
    a.overlap_least = *std::min_element(overlap.begin(), overlap.end());
    a.overlap_most = *std::max_element(overlap.begin(), overlap.end());
  }
  const Index first = ceil_div(axis.extent() - 1 - axis.pad, axis.up);
  const Index last = floor_div(axis.down * (axis.out - 1) - axis.pad, axis.up);
  a.has_interior = std::max<Index>(first, 0) <= std::min(last, axis.in - 1);
  a.relation = relation(axis);
  return a;
}

std::vector<std::string> explain(const Axis& axis, const SaidPadding& said) {
  const AxisArithmetic a = arithmetic(axis, said);
  const Index stretched = axis.stretched_image();
  std::vector<std::string> lines;
  if (const Index factor = axis.stride_factor(); factor > 1)
    lines.push_back(fmt::format(
        "stride          {} is not {}: with {} between the pixels only the taps k whose {}*k - {} is a multiple of {} "
        "meet a pixel, the others a zero",
        stride_text(axis), text(Stride{axis.down / factor, axis.up / factor}), counted(axis.up - 1, "zero"),
        axis.dilation, axis.pad, factor));
  lines.push_back(fmt::format(
      "conv            image {}{}, padded {}:{}, window {}: floor(({} {:+} {:+} {:+}) / {}) + 1 = {}{}",
      axis.in,
      axis.up == 1
          ? ""
          : fmt::format(", stretched to {} by {} between pixels", stretched, counted(axis.up - 1, "zero")),
      axis.pad, a.padding_end, axis.extent(), stretched, axis.pad, a.padding_end, -axis.extent(), axis.down,
      code_size(axis, axis.in, axis.pad, a.padding_end), axis.out == 0 ? ", so none" : ""));
  if (axis.dilation > 1)
    lines.push_back(
        fmt::format("                the filter's {} taps lie {} apart and cover {}*({}-1)+1 = {}", axis.taps,
                    axis.dilation, axis.dilation, axis.taps, axis.extent()));
  if (axis.up == 1) {
    lines.push_back(fmt::format(
        "conv_transpose  {}*({}-1) + {} = {}, {} {} in front and {} {} behind: {}{}", axis.down, axis.out,
        axis.extent(), counted(a.natural, "pixel"), std::abs(a.pad_begin), a.pad_begin < 0 ? "added" : "cut",
        std::abs(a.pad_end), a.pad_end < 0 ? "added" : "cut", axis.in,
        a.relation > 0 ? fmt::format("  (relation {} of Dumoulin & Visin)", a.relation) : ""));
  }
  const auto zeros = [](Index count) {
    return count < 0 ? fmt::format("{} cropped", counted(-count, "pixel")) : counted(count, "zero");
  };
  lines.push_back(fmt::format(
      "{}a convolution with stride {}/{}: {} between code pixels, {} before, {} behind, the reversed filter, "
      "one "
      "result every {}: {}",
      axis.up == 1 ? "                as " : "conv_transpose  ", axis.up, axis.down, zeros(a.zeros_between),
      zeros(a.zeros_begin), zeros(a.zeros_end), axis.up == 1 ? "step" : counted(axis.up, "step"), axis.in));
  if (!a.images.empty())
    lines.push_back(fmt::format(
        "image sizes     with a code of {} under {}: {}{}", axis.out,
        said.rule == PaddingRule::listed ? fmt::format("padding {}:{}", axis.pad, a.padding_end)
                                         : std::string(name(said.rule)),
        sizes_text(a.images),
        a.images.smallest == a.images.largest ? "" : "  (the size must be said: conv forgets it)"));
  if (!a.has_interior)
    lines.push_back("overlap         no image pixel lies far enough inside to be reached by all its windows");
  else if (a.overlap_least == a.overlap_most)
    lines.push_back(fmt::format("overlap         every interior image pixel is reached by {}: even",
                                counted(a.overlap_most, "tap")));
  else
    lines.push_back(fmt::format(
        "overlap         interior image pixels in turn are reached by {} taps: uneven, expect a checkerboard",
        beginning(overlap_by_phase(axis))));
  return lines;
}

}  // namespace fsconv
