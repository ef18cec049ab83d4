// Where squares lie.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/draw/grid.hpp>

namespace fsconv::draw {

namespace {
constexpr double between_slices = 14;
}

Grid::Grid(Point corner, double cell, std::array<AxisPositions, 3> axes)
    : corner_(corner), cell_(cell), axes_(std::move(axes)) {}

void Grid::spread(double pitch, double shift) {
  pitch_ = pitch;
  shift_ = shift;
}

double Grid::width() const {
  return cell_ * (shift_ + pitch_ * static_cast<double>(axes_[2].count() - 1) + 1);
}

double Grid::height() const {
  const double slice = cell_ * static_cast<double>(axes_[1].count());
  return static_cast<double>(slices()) * slice + static_cast<double>(slices() - 1) * between_slices;
}

Rectangle Grid::square(const Index3& position, double shrunk) const {
  const auto at = [&](std::size_t axis) { return static_cast<double>(position[axis] - axes_[axis].first); };
  const double slice = cell_ * static_cast<double>(axes_[1].count()) + between_slices;
  return {.x = corner_.x + (shift_ + pitch_ * at(2)) * cell_ + shrunk,
          .y = corner_.y + at(0) * slice + at(1) * cell_ + shrunk,
          .width = cell_ - 2 * shrunk,
          .height = cell_ - 2 * shrunk};
}

Point Grid::centre(const Index3& position) const {
  const Rectangle square_there = square(position);
  return {square_there.x + cell_ / 2, square_there.y + cell_ / 2};
}

Rectangle Grid::around(Index slice, const Index3& first, const Index3& last, double grown) const {
  const Rectangle begin = square({slice, first[1], first[2]}), end = square({slice, last[1], last[2]});
  return {.x = begin.x - grown,
          .y = begin.y - grown,
          .width = end.x + cell_ - begin.x + 2 * grown,
          .height = end.y + cell_ - begin.y + 2 * grown};
}

Spot Grid::spot(const Index3& position) const {
  for (const Spot kind : {Spot::padding, Spot::zero, Spot::unread})
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (axes_[axis].spot(position[axis]) == kind) return kind;
  return Spot::pixel;
}

Index3 Grid::pixel(const Index3& position) const {
  Index3 pixels{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    pixels[axis] = axes_[axis].pixels[static_cast<std::size_t>(position[axis] - axes_[axis].first)];
  return pixels;
}

double cell_size(Index columns, Index rows, double width, double height) {
  return std::clamp(std::min(width / static_cast<double>(columns), height / static_cast<double>(rows)), 13.0,
                    40.0);
}

}  // namespace fsconv::draw
