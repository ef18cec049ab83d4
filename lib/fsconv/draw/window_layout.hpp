// Where the two sides of a figure with windows lie, and what slides along what.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/grid.hpp>

namespace fsconv::draw {

// What slides along what. `slides` is the geometry whose image side lies on a grid of positions; each of its code pixels
// has one window there. Conv's windows lie on the image, those of the transpose on the code.
struct Arrangement {
  bool windowed;   // else all that is drawn of both sides are their pixels
  Side grid_side;  // what windows lie on
  Side step_side;  // a step is one of its pixels
  Geometry slides;
  bool reversed;  // the window holds the filter reversed
};

class WindowLayout {
 public:
  explicit WindowLayout(const FigurePage& page);

  const FigurePage& page() const { return page_; }
  bool windowed() const { return arrangement_.windowed; }
  bool reversed() const { return arrangement_.reversed; }
  const Geometry& slides() const { return arrangement_.slides; }
  const std::array<Axis, 3>& axes() const { return axes_; }  // of what slides
  Side grid_side() const { return arrangement_.grid_side; }
  Side step_side() const { return arrangement_.step_side; }
  bool scatters() const { return page_.options().view == View::scatter; }

  // One axis: the sides lie under each other, and lines join what taps join. Else they lie side by side.
  bool flat() const { return page_.rank() == 1; }
  const Grid& grid() const { return *grid_; }    // what windows lie on
  const Grid& steps() const { return *steps_; }  // whose pixels are the steps
  double cell() const { return cell_; }
  double top() const { return top_; }  // of the upper panels
  Point end() const { return end_; }   // the rightmost and lowest points of both

  // What stands between and around the pixels of the grid's side, and how wide the line of a panel may be.
  std::string about_grid() const;
  double heading_width(const Grid& grid) const;
  // What the lines of a text behind its first one take.
  double further_lines(const std::string& about, const Grid& grid) const;

  bool labels_pixels() const { return page_.has_text() && cell_ >= 22; }
  bool labels_corners() const { return page_.has_text() && cell_ >= 27; }

  // Where a pixel of the grid's side stands, as a position of its axes.
  Index3 grid_position(const Index3& pixel) const;
  // On one axis: between the two pixels that a tap joins, towards the one that is computed.
  Path line(const Index3& step_pixel, const Index3& grid_pixel, Paint colour, double width) const;

 private:
  std::array<AxisPositions, 3> grid_positions() const;
  std::string around(const Axis& axis) const;
  void lay_out();
  void align(Grid& grid, Grid& steps) const;

  const FigurePage& page_;
  Arrangement arrangement_;
  std::array<Axis, 3> axes_;
  double cell_ = 0, top_ = FigurePage::top;
  Point end_;
  std::optional<Grid> grid_, steps_;
};

}  // namespace fsconv::draw
