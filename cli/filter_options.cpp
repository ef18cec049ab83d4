// SPDX-License-Identifier: Apache-2.0
#include "filter_options.hpp"

#include <fmt/format.h>

#include <fsconv/base/text.hpp>

#include "geometry_options.hpp"

namespace fsconv::cli {

std::optional<FixedFilter> filter_of(const Options& options) {
  const auto filter = parse_fixed_filter(options.text("weight"));
  if (!filter) return std::nullopt;
  constexpr const char* own[] = {"stride", "dilation", "kernel", "flip", "transpose-kernel", "case"};
  options.require_none_of(own, fmt::format("--weight {} says it", text(*filter)));
  return filter;
}

FilterCall filter_call_of(const Options& options, Direction direction, const FixedFilter& filter) {
  ArraySizes sizes;
  sizes.source = to_integers("input-size", options.required_text("input-size"));
  if (sizes.source.size() > 3)
    throw InvalidArgument("input-size", fmt::format("has {} axes", sizes.source.size()),
                          "give 1, 2 or 3 of space");
  const auto channels = options.integers("channels").value_or(std::vector<Index>{1, 1});
  if (channels.size() > 2 || channels.front() != channels.back())
    throw InvalidArgument("channels", fmt::format("are {}", options.text("channels")),
                          "a fixed filter maps every channel to itself: give one number, or the same twice");
  sizes.image_channels = channels.front();
  return filter_call(convention_of(options), direction, filter, std::move(sizes), settings_of(options));
}

}  // namespace fsconv::cli
