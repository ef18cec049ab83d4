// The two tables of colours.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/draw/theme.hpp>
#include <utility>

namespace fsconv::draw {

namespace {

constexpr Colour hex(std::uint32_t rgb) {
  return {static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8 & 255),
          static_cast<std::uint8_t>(rgb & 255)};
}

// blue, vermillion, green, purple, orange, a blue as far from the first as dark and light are, yellow, grey
constexpr std::array<std::uint32_t, series_colours> light_series{0x0068A3, 0xB84E00, 0x007A59, 0x9C4A7A,
                                                                 0x8A6000, 0x14304F, 0x6B6500, 0x5A6470};
constexpr std::array<std::uint32_t, series_colours> dark_series{0x4FA8DC, 0xF0803C, 0x2FC49A, 0xDE93BA,
                                                                0xE9A91F, 0xC9E8FF, 0xF0E442, 0xA9B4BF};

Colour mixed(Colour from, Colour to, double share) {
  const auto channel = [&](int a, int b) {
    return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
  };
  return {channel(from.red, to.red), channel(from.green, to.green), channel(from.blue, to.blue)};
}

double luminance(Colour colour) {
  const auto linear = [](int value) {
    const double share = value / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

Colour colour_of(Paint paint, bool dark) {
  const auto& series = dark ? dark_series : light_series;
  switch (paint.role) {
    case Role::none:
    case Role::paper:
      return hex(dark ? 0x14181C : 0xFFFFFF);
    case Role::cell:
      return hex(dark ? 0x20262C : 0xF4F6F8);
    case Role::line:
      return hex(dark ? 0x4A545E : 0xB6BFC8);
    case Role::ink:
      return hex(dark ? 0xE8ECF0 : 0x1D2329);
    case Role::quiet:
      return hex(dark ? 0xA3AEB9 : 0x5A6470);
    case Role::code:
      return hex(series[0]);
    case Role::step:
      return hex(series[1]);
    case Role::image:
      return hex(series[2]);
    case Role::crop:
      return hex(series[3]);
    case Role::on:
      return hex(dark ? 0x0B0E11 : 0xFFFFFF);
    case Role::series:
      return hex(series[static_cast<std::size_t>(positive_mod(paint.index, series_colours))]);
    case Role::shade:
      return mixed(colour_of({Role::cell}, dark), colour_of({Role::code}, dark),
                   std::clamp(paint.index, 0, 255) / 255.0);
  }
  return {};
}

double contrast(Colour one, Colour other) {
  const double a = luminance(one), b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

}  // namespace fsconv::draw
