// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/exchange/rebuild_calls.hpp>
#include <fsconv/exchange/window_words.hpp>
#include <functional>

namespace fsconv {
namespace {

std::string option(const char* name, const Integers& values, Index usual) {
  return any_other(values, usual) ? fmt::format(", {}={}", name, per_axis_text(values)) : "";
}

}  // namespace

std::string per_axis_text(const Integers& values) {
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end())
    return fmt::format("{}", values.front());
  return fmt::format("({})", fmt::join(values, ", "));
}

bool any_other(const Integers& list, Index usual) {
  return std::any_of(list.begin(), list.end(), [&](Index one) { return one != usual; });
}

std::string pad_text(const std::string& value, const Integers& begins, const Integers& ends) {
  if (!any_other(begins, 0) && !any_other(ends, 0)) return value;
  Integers list;
  for (std::size_t axis = begins.size(); axis-- > 0;) list.insert(list.end(), {begins[axis], ends[axis]});
  return fmt::format("F.pad({}, ({}))", value, fmt::join(list, ", "));
}

std::string sizes_text(const Shape& size) { return fmt::format("{}", fmt::join(size, "x")); }

PythonCall call_of(const Geometry& geometry, Direction direction) {
  PythonCall call;
  Integers padding, output_padding;
  for (const Axis& axis : geometry.axes) {
    const bool conv = direction == Direction::conv;
    const WindowWords words = conv ? conv_words(axis) : conv_transpose_words(axis);
    // One padding serves both sides; what is more on one is done by F.pad().
    const Index both = conv ? (words.begin == words.end ? words.begin : 0) : std::min(words.begin, words.end);
    padding.push_back(both);
    output_padding.push_back(words.output_padding);
    call.zero_begin.push_back(words.zero_begin);
    call.zero_end.push_back(words.zero_end);
    call.before_begin.push_back(conv ? words.begin - both - words.cut_begin : 0);
    call.before_end.push_back(conv ? words.end - both - words.cut_end : 0);
    call.after_begin.push_back(conv ? 0 : both - words.begin);
    call.after_end.push_back(conv ? 0 : both - words.end);
  }
  call.options = option("stride", per_axis(geometry, [](const Axis& axis) { return axis.down; }), 1) +
                 option("padding", padding, 0) + option("output_padding", output_padding, 0);
  if (geometry.groups != 1) call.options += fmt::format(", groups={}", geometry.groups);
  call.options += option("dilation", per_axis(geometry, [](const Axis& axis) { return axis.dilation; }), 1);
  return call;
}

}  // namespace fsconv
