// Up to three axes of positions laid out as squares: slices of the first axis under each other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/axis_positions.hpp>
#include <fsconv/draw/scene.hpp>

namespace fsconv::draw {

class Grid {
 public:
  // The upper left corner and the side of a square.
  Grid(Point corner, double cell, std::array<AxisPositions, 3> axes);

  // On the last axis, puts position p at `shift` + `pitch`*p squares from the corner instead of side by side.
  void spread(double pitch, double shift);

  double width() const;  // from the corner to the right end of the last square
  double height() const;
  double cell() const { return cell_; }
  Point corner() const { return corner_; }
  const AxisPositions& axis(std::size_t axis) const { return axes_[axis]; }
  Index3 counts() const { return {axes_[0].count(), axes_[1].count(), axes_[2].count()}; }
  Index slices() const { return axes_[0].count(); }

  // Positions are those of the equation, so that padding in front has negative ones.
  Rectangle square(const Index3& position, double shrunk = 0) const;
  Point centre(const Index3& position) const;
  // Around all positions from `first` to `last` of one slice, both included; `grown` pixels more on each side.
  Rectangle around(Index slice, const Index3& first, const Index3& last, double grown = 0) const;

  // padding if it is that on any axis, else a zero, else unread, else a pixel.
  Spot spot(const Index3& position) const;
  Index3 pixel(const Index3& position) const;

  // Calls f(position, spot) for all of them.
  template <class F>
  void for_each(F&& f) const {
    for_each_position(counts(), [&](const Index3& at) {
      const Index3 position{at[0] + axes_[0].first, at[1] + axes_[1].first, at[2] + axes_[2].first};
      f(position, spot(position));
    });
  }

 private:
  Point corner_;
  double cell_;
  double pitch_ = 1, shift_ = 0;
  std::array<AxisPositions, 3> axes_;
};

// How large a square is, so that a grid of so many fits a width and a height: 13 to 40 pixels.
double cell_size(Index columns, Index rows, double width, double height);

}  // namespace fsconv::draw
