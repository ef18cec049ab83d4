// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/code_text.hpp>

namespace fsconv {

Values each(const Geometry& geometry, const std::function<Index(const Axis&)>& value) {
  Values values;
  for (const Axis& axis : geometry.axes) values.push_back(value(axis));
  return values;
}

Index natural_size(const Axis& axis) { return axis.down * (axis.out - 1) + axis.extent(); }

bool is_dilated(const Geometry& geometry) {
  return std::any_of(geometry.axes.begin(), geometry.axes.end(),
                     [](const Axis& a) { return a.dilation > 1; });
}

Settings words_of(const Geometry& geometry) {
  Settings settings;
  settings.stride.clear();
  for (const Axis& axis : geometry.axes) settings.stride.push_back({axis.down, axis.up});
  settings.dilation = each(geometry, [](const Axis& a) { return a.dilation; });
  settings.groups = geometry.groups;
  return settings;
}

Padding listed_padding(const Geometry& geometry) {
  return {.rule = PaddingRule::listed,
          .begin = each(geometry, [](const Axis& a) { return a.pad; }),
          .end = each(geometry, [](const Axis& a) {
            if (a.out == 0) return std::min(a.pad, a.pad_end());
            return std::clamp<Index>(a.pad, a.pad_end(), a.pad_end() + a.down - 1);
          })};
}

Values image_size(const Geometry& geometry) {
  return each(geometry, [](const Axis& a) { return a.in; });
}
Values kernel_size(const Geometry& geometry) {
  return each(geometry, [](const Axis& a) { return a.taps; });
}

Settings with(Settings settings, Padding padding) {
  settings.padding = std::move(padding);
  return settings;
}
Settings with(Settings settings, PaddingRule rule) {
  return with(std::move(settings), Padding{.rule = rule});
}

std::vector<std::string> texts(const Values& values) {
  std::vector<std::string> list;
  for (Index value : values) list.push_back(fmt::format("{}", value));
  return list;
}

bool all_are(const Values& values, Index value) {
  return std::all_of(values.begin(), values.end(), [&](Index one) { return one == value; });
}

Values downs(const Settings& settings) {
  Values values;
  for (const Stride& stride : settings.stride) values.push_back(stride.down);
  return values;
}

std::string tuple(const Values& values) {
  return values.size() == 1 ? fmt::format("({},)", values[0]) : fmt::format("({})", fmt::join(values, ", "));
}
std::string list(const Values& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

std::string number_or_tuple(const Values& values) {
  return all_are(values, values.front()) ? fmt::format("{}", values.front()) : tuple(values);
}
std::string number_or_list(const Values& values) {
  return all_are(values, values.front()) ? fmt::format("{}", values.front()) : list(values);
}
std::string capitals(PaddingRule rule) { return upper_case(name(rule)); }

std::string pairs(const Padding& padding, char open, char close) {
  std::vector<std::string> sides;
  for (std::size_t axis = 0; axis < padding.begin.size(); ++axis)
    sides.push_back(fmt::format("{}{}, {}{}", open, padding.begin[axis], padding.end[axis], close));
  return fmt::format("{}", fmt::join(sides, ", "));
}

std::string Arguments::python() const {
  std::string text;
  for (const auto& [name, value] : list_) text += fmt::format(", {}={}", name, value);
  return text;
}
std::string Arguments::alone() const {
  std::string text = python();
  return text.substr(std::min<std::size_t>(text.size(), 2));
}
std::string Arguments::spaced() const {
  std::string text;
  for (const auto& [name, value] : list_) text += fmt::format(" {} {}", name, value);
  return text;
}

}  // namespace fsconv
