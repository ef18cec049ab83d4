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

}  // namespace

Geometry Geometry::transposed() const {
  Geometry other{{}, out_channels, in_channels, groups};
  for (const Axis& axis : axes) other.axes.push_back(axis.transposed());
  return other;
}

Shape Geometry::image_shape(Index batch) const {
  Shape shape{batch, in_channels};
  for (const Axis& axis : axes) shape.push_back(axis.in);
  return shape;
}

Shape Geometry::code_shape(Index batch) const {
  Shape shape{batch, out_channels};
  for (const Axis& axis : axes) shape.push_back(axis.out);
  return shape;
}

Shape Geometry::weight_shape() const {
  Shape shape{out_channels, in_per_group()};
  for (const Axis& axis : axes) shape.push_back(axis.taps);
  return shape;
}

void check(const Geometry& geometry) {
  if (geometry.axes.empty() || geometry.axes.size() > 3)
    throw InvalidArgument("axes", fmt::format("there are {}", geometry.axes.size()), "give 1, 2 or 3");
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis)
    check(geometry.axes[axis], fmt::format("axis {}", axis));
  const std::pair<const char*, Index> counts[] = {{"image channels", geometry.in_channels},
                                                  {"code channels", geometry.out_channels},
                                                  {"groups", geometry.groups}};
  for (const auto& [field, value] : counts)
    if (value < 1) throw InvalidArgument(field, fmt::format("is {}", value), "must be at least 1");
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
  // The code pixels that one tap joins are those with down*o = -shift modulo up, up pixels apart: count them
  // between the first whose image pixel is not negative and the last that is still inside both sides.
  const Index inverse = inverse_modulo(axis.down, axis.up);
  Index total = 0;
  for (Index k = 0; k < axis.taps; ++k) {
    const Index shift = axis.dilation * k - axis.pad;  // up*i = down*o + shift
    const Index residue = positive_mod(-shift, axis.up) * inverse % axis.up;
    const Index least = std::max<Index>(0, ceil_div(-shift, axis.down));
    const Index first = least + positive_mod(residue - least, axis.up);
    const Index room = axis.up * (axis.in - 1) - shift;  // down*o <= room
    const Index end = room < 0 ? 0 : std::min(axis.out, room / axis.down + 1);
    total += positions_in(first, axis.up, end);
  }
  return total;
}

Index nonzeros(const Geometry& geometry) {
  Shape factors{geometry.out_channels, geometry.in_per_group()};
  for (const Axis& axis : geometry.axes) factors.push_back(taps_in_range(axis));
  return element_count(factors, "nonzeros of W");
}

}  // namespace fsconv
