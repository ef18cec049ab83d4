// Both sides placed: side by side, or on one axis under each other on one scale.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/draw/window_layout.hpp>
#include <utility>

namespace fsconv::draw {

namespace {

constexpr double panel_room = 430;  // for a side, in pixels of width and height

Arrangement arrange(const FigurePage& page) {
  const bool scatters = page.options().view == View::scatter;
  const Side grid_side = scatters ? page.target() : page.source();
  const Side step_side = opposite(grid_side);
  Geometry slides = grid_side == Side::image ? page.geometry() : page.geometry().transposed();
  const bool dense =
      std::all_of(slides.axes.begin(), slides.axes.end(), [](const Axis& axis) { return axis.up == 1; });
  const bool windowed = page.options().view != View::gather || dense;
  return {windowed, grid_side, step_side, slides, grid_side == Side::code};
}

}  // namespace

WindowLayout::WindowLayout(const FigurePage& page)
    : page_(page), arrangement_(arrange(page)), axes_(three_axes(arrangement_.slides)) {
  lay_out();
}

std::array<AxisPositions, 3> WindowLayout::grid_positions() const {
  std::array<AxisPositions, 3> positions;
  const Index3 extents = page_.extents(grid_side());
  for (std::size_t axis = 0; axis < 3; ++axis)
    positions[axis] = arrangement_.windowed ? window_positions(axes_[axis]) : plain_positions(extents[axis]);
  return positions;
}

void WindowLayout::lay_out() {
  const auto on_grid = grid_positions();
  const Index3 extents = page_.extents(step_side());
  const std::array<AxisPositions, 3> on_steps{plain_positions(extents[0]), plain_positions(extents[1]),
                                              plain_positions(extents[2])};
  const auto rows = [](const std::array<AxisPositions, 3>& axes) {
    return axes[0].count() * axes[1].count() + axes[0].count() / 2;
  };
  cell_ = flat() ? cell_size(on_grid[2].count(), 1, 2 * panel_room, 40)
                 : std::min(cell_size(on_grid[2].count(), rows(on_grid), panel_room, panel_room),
                            cell_size(on_steps[2].count(), rows(on_steps), panel_room, panel_room));
  const bool grid_first = !scatters();
  const double x = FigurePage::left + (page_.rank() == 3 ? 16 : 0);
  // On one axis what lies below has its heading below.
  if (grid_first || !flat()) top_ += further_lines(about_grid(), Grid({x, top_}, cell_, on_grid));
  const double y = top_;
  Point grid_corner{x, y}, step_corner{x, y};
  if (flat()) {
    (grid_first ? step_corner : grid_corner).y += cell_ + std::max(96.0, 2.2 * cell_ + 40);
  }
  Grid grid(grid_corner, cell_, on_grid);
  Grid steps(step_corner, cell_, on_steps);
  if (flat()) {
    align(grid, steps);
  } else if (grid_first) {
    steps = Grid({x + std::max(grid.width(), FigurePage::least_panel_width) + FigurePage::gap, y}, cell_,
                 on_steps);
  } else {
    grid = Grid({x + std::max(steps.width(), FigurePage::least_panel_width) + FigurePage::gap, y}, cell_,
                on_grid);
  }
  grid_ = grid;
  steps_ = steps;
  end_ = {std::max(grid.corner().x + grid.width(), steps.corner().x + steps.width()),
          std::max(grid.corner().y + grid.height(), steps.corner().y + steps.height())};
}

std::string WindowLayout::about_grid() const {
  const std::string pixels = page_.pixels_text(grid_side());
  if (!windowed()) return pixels + ", as they are";
  const auto& axes = slides().axes;
  if (std::all_of(axes.begin(), axes.end(),
                  [](const Axis& axis) { return axis.up == 1 && axis.pad == 0 && axis.pad_end() == 0; }))
    return pixels;
  return pixels + ": " + text_of_axes(axes, [this](const Axis& axis) { return around(axis); });
}

std::string WindowLayout::around(const Axis& axis) const {
  std::string said;  // what was counted last, and need not be named again
  const auto count = [&](Index number, const std::string& what) {
    const bool again = std::exchange(said, what) == what;
    return again            ? fmt::format("{}", number)
           : what == "zero" ? counted(number, what)
                            : fmt::format("{} {}", number, what);
  };
  const auto beyond = [&](Index pad) {
    return pad >= 0 ? count(pad, scatters() ? "cut" : "zero")
                    : count(-pad, scatters() ? "unreached" : "never read");
  };
  std::string text;
  if (axis.up > 1) text = count(axis.up - 1, scatters() ? "never kept" : "zero") + " between, ";
  text += beyond(axis.pad);
  if (axis.pad == axis.pad_end()) return text + " around";
  text += " in front, ";
  return text + beyond(axis.pad_end()) + " behind";
}

double WindowLayout::heading_width(const Grid& grid) const {
  constexpr double between = 16;  // two headings side by side
  return flat() ? std::max(grid.width(), 480.0)
                : std::max(grid.width(), FigurePage::least_panel_width) + FigurePage::gap - between;
}

double WindowLayout::further_lines(const std::string& about, const Grid& grid) const {
  const auto lines = text_lines(about, heading_width(grid), FigurePage::about_size);
  return FigurePage::about_line * static_cast<double>(lines.size() - 1);
}

// On one axis both sides share a scale: a pixel stands over the middle of its window.
void WindowLayout::align(Grid& grid, Grid& steps) const {
  const Axis& axis = axes_[2];
  const double middle = static_cast<double>(axis.extent() - 1) / 2 - static_cast<double>(axis.pad);
  const double first =
      arrangement_.windowed ? static_cast<double>(grid.axis(2).first) : std::min(0.0, middle);
  if (!arrangement_.windowed) grid.spread(static_cast<double>(axis.up), -first);
  steps.spread(static_cast<double>(axis.down), middle - first);
}

// The position on the grid of a pixel of its side.
Index3 WindowLayout::grid_position(const Index3& pixel) const {
  Index3 position = pixel;
  if (arrangement_.windowed)
    for (std::size_t axis = 0; axis < 3; ++axis) position[axis] *= axes_[axis].up;
  return position;
}

Path WindowLayout::line(const Index3& step_pixel, const Index3& grid_pixel, Paint colour,
                        double width) const {
  const Point a = steps_->centre(step_pixel), b = grid_->centre(grid_position(grid_pixel));
  const double down = a.y < b.y ? 1 : -1;
  Point from{a.x, a.y + down * cell_ / 2}, to{b.x, b.y - down * cell_ / 2};
  if (!scatters()) std::swap(from, to);  // towards what is computed
  return {.points = {from, to}, .style = {.stroke = colour, .stroke_width = width}};
}

}  // namespace fsconv::draw
