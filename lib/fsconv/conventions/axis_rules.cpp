// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/axis_rules.hpp>

namespace fsconv {
namespace {

std::string size_list(const SizeRange& sizes) {
  if (sizes.empty()) return "no image size has this code size";
  if (sizes.smallest == sizes.largest) return fmt::format("the only legal size is {}", sizes.smallest);
  return fmt::format("legal sizes are {} to {}", sizes.smallest, sizes.largest);
}

}  // namespace

Pads pads_of(PaddingRule rule, const Axis& axis, Index in) {
  switch (rule) {
    case PaddingRule::same: {
      const Index total = same_total_padding(axis, in);
      return {total / 2, total - total / 2};
    }
    case PaddingRule::same_lower: {
      const Index total = same_total_padding(axis, in);
      return {total - total / 2, total / 2};
    }
    case PaddingRule::half:
      return {axis.extent() / 2, axis.extent() / 2};
    case PaddingRule::full:
      return {axis.extent() - 1, axis.extent() - 1};
    case PaddingRule::causal:
      return {axis.extent() - 1, 0};
    case PaddingRule::valid:
    case PaddingRule::listed:
      break;
  }
  return {0, 0};
}

Pads pads_of(const AxisWords& words, Index in) {
  return words.padding == PaddingRule::listed ? Pads{words.begin, words.end}
                                              : pads_of(words.padding, words.axis, in);
}

Placed placed(const AxisWords& words, Index image) {
  const Pads pads = pads_of(words, image);
  return {image, pads.begin, pads.end};
}

Index natural_size(const AxisWords& words) {
  return words.axis.down * (words.source - 1) + words.axis.extent();
}

Index checked_output_padding(const AxisWords& words, Index limit, const char* limit_name) {
  const Index value = words.output_padding.value_or(0);
  if (value < 0 || value >= limit)
    throw InvalidArgument(words.name + " output_padding", fmt::format("is {}", value),
                          fmt::format("must be at least 0 and smaller than {}, {}", limit_name, limit));
  return value;
}

SizeRange legal_images(const AxisWords& words) {
  if (is_same(words.padding)) return same_image_sizes(words.axis, words.source);
  const Pads pads = pads_of(words, 1);  // no other rule looks at the size
  return image_sizes(words.axis, words.source, pads.begin, pads.end);
}

void require_size_in(const AxisWords& words, const SizeRange& sizes) {
  if (!sizes.contains(*words.size))
    throw InvalidArgument(words.name + " size",
                          fmt::format("an image of {} does not have a code of {}", *words.size, words.source),
                          size_list(sizes));
}

Index required_size(const AxisWords& words, const char* its_name, const SizeRange& sizes) {
  if (!words.size)
    throw InvalidArgument(words.name + " size", fmt::format("{} must be given", its_name), size_list(sizes));
  require_size_in(words, sizes);
  return *words.size;
}

Index windows(const AxisWords& words) {
  if (is_same(words.padding)) return same_code_size(words.axis, words.source);
  const Pads pads = pads_of(words, words.source);
  return code_size(words.axis, words.source, pads.begin, pads.end);
}

Axis conv_or_empty(const AxisWords& words) {
  const Pads pads = pads_of(words, words.source);
  const Index left = stretched(words.source, words.axis.up) + pads.begin + pads.end;
  if (left < 0)
    throw InvalidArgument(words.name, fmt::format("the padding leaves an image of {} pixels", left),
                          "crop less");
  Axis axis = words.axis;
  axis.in = words.source;
  axis.pad = pads.begin;
  axis.out = std::max<Index>(windows(words), 0);
  return axis;
}

void require_window(const AxisWords& words, Index count) {
  const Pads pads = pads_of(words, words.source);
  Axis image = words.axis;
  image.in = words.source;
  if (count < 1)
    throw InvalidArgument(
        words.name,
        fmt::format("the kernel covers {} but the padded image has {}", counted(image.extent(), "pixel"),
                    image.stretched_image() + pads.begin + pads.end),
        "pad more or use a smaller kernel");
}

}  // namespace fsconv
