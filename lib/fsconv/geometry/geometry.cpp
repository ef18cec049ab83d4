// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/geometry/geometry.hpp>
#include <utility>

namespace fsconv {
namespace {

// Of the numbers 0..count-1, how many fall on first, first+step, first+2*step, ... below count.
Index positions_in(Index first, Index step, Index count) {
  return first >= count ? 0 : (count - 1 - first) / step + 1;
}

// [first, second, one extent of every axis], in memory that is asked for once: every call of a form makes some.
Shape with_axes(Index first, Index second, const std::vector<Axis>& axes, Index Axis::*extent) {
  Shape shape;
  shape.reserve(axes.size() + 2);
  shape.push_back(first);
  shape.push_back(second);
  for (const Axis& axis : axes) shape.push_back(axis.*extent);
  return shape;
}

}  // namespace

Geometry Geometry::transposed() const {
  Geometry other{.axes = {}, .in_channels = out_channels, .out_channels = in_channels, .groups = groups};
  for (const Axis& axis : axes) other.axes.push_back(axis.transposed());
  return other;
}

Shape Geometry::image_shape(Index batch) const { return with_axes(batch, in_channels, axes, &Axis::in); }
Shape Geometry::code_shape(Index batch) const { return with_axes(batch, out_channels, axes, &Axis::out); }
Shape Geometry::weight_shape() const { return with_axes(out_channels, in_per_group(), axes, &Axis::taps); }

void check(const Geometry& geometry, Index least_size) {
  if (geometry.axes.empty() || geometry.axes.size() > 3)
    throw InvalidArgument("axes", fmt::format("there are {}", geometry.axes.size()), "give 1, 2 or 3");
  constexpr const char* names[] = {"axis 0", "axis 1", "axis 2"};
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis)
    check(geometry.axes[axis], names[axis], least_size);
  const auto at_least = [](Index least, const char* field, Index value) {
    if (value < least)
      throw InvalidArgument(field, fmt::format("is {}", value), fmt::format("must be at least {}", least));
  };
  at_least(least_size, "image channels", geometry.in_channels);
  at_least(least_size, "code channels", geometry.out_channels);
  at_least(1, "groups", geometry.groups);
  if (geometry.in_channels % geometry.groups != 0 || geometry.out_channels % geometry.groups != 0)
    throw InvalidArgument("groups", fmt::format("is {}", geometry.groups),
                          fmt::format("must divide the image channels {} and the code channels {}",
                                      geometry.in_channels, geometry.out_channels));
  element_count(geometry.image_shape(), "image shape");
  element_count(geometry.code_shape(), "code shape");
  element_count(geometry.weight_shape(), "weight shape");
}

std::array<Axis, 3> three_axes(const Geometry& geometry) {
  std::array<Axis, 3> axes{};
  std::copy_backward(geometry.axes.begin(), geometry.axes.end(), axes.end());
  return axes;
}

Index3 in_extents(const std::array<Axis, 3>& axes) { return {axes[0].in, axes[1].in, axes[2].in}; }
Index3 out_extents(const std::array<Axis, 3>& axes) { return {axes[0].out, axes[1].out, axes[2].out}; }
Index3 tap_extents(const std::array<Axis, 3>& axes) { return {axes[0].taps, axes[1].taps, axes[2].taps}; }

Index taps_in_range(const Axis& axis) {
  if (axis.in == 0 || axis.out == 0) return 0;
  // The code pixels that one tap joins are those with down*o = -shift modulo up. There are none unless what the
  // stride's numbers have in common divides the shift; otherwise they stand code_step apart: count them between
  // the first whose image pixel is not negative and the last that is still inside both sides.
  const Index factor = axis.stride_factor(), step = axis.code_step();
  const Index inverse = inverse_modulo(axis.image_step(), step);
  Index total = 0;
  for (Index k = 0; k < axis.taps; ++k) {
    const Index shift = axis.dilation * k - axis.pad;  // up*i = down*o + shift
    if (shift % factor != 0) continue;
    const Index residue = positive_mod(-shift / factor, step) * inverse % step;
    const Index least = std::max<Index>(0, ceil_div(-shift, axis.down));
    const Index first = least + positive_mod(residue - least, step);
    const Index room = axis.up * (axis.in - 1) - shift;  // down*o <= room
    const Index end = room < 0 ? 0 : std::min(axis.out, room / axis.down + 1);
    total += positions_in(first, step, end);
  }
  return total;
}

Index nonzeros(const Geometry& geometry) {
  Shape factors{geometry.out_channels, geometry.in_per_group()};
  for (const Axis& axis : geometry.axes) factors.push_back(taps_in_range(axis));
  return element_count(factors, "nonzeros of W");
}

}  // namespace fsconv
