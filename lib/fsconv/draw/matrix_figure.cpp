// W with the numbers of its pixels and channels, and the filter as its legend.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/grid.hpp>
#include <fsconv/draw/matrix_figure.hpp>
#include <fsconv/draw/matrix_panel.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::draw {

namespace {

constexpr double left = 28, ticks = 74, top = 128;

// One side of the matrix: channels, and of each its pixels.
struct MatrixSide {
  const char* name;
  char letter;
  Index channels;
  Index3 extents;
  Index length() const { return channels * volume(extents); }
};

// Numbers along a side: of channels where there are several, else of the rows of the image, else of pixels; only as many as can
// be read.
struct Tick {
  double at;  // its middle, in entries
  std::string text;
};
std::vector<Tick> ticks_of(const MatrixSide& side, double entry, double room) {
  std::vector<Tick> list;
  const Index plane = volume(side.extents), row = side.extents[2];
  const auto every = [&](Index length, Index count, const char* what) {
    const double step = static_cast<double>(length) * entry;
    const Index skipped = std::max<Index>(1, static_cast<Index>(std::ceil(room / step)));
    for (Index at = 0; at < count; at += skipped)
      list.push_back(
          {(static_cast<double>(at) + 0.5) * static_cast<double>(length), fmt::format("{}{}", what, at)});
  };
  if (side.channels > 1)
    every(plane, side.channels, "c");
  else if (plane > row)
    every(row, plane / row, "row ");
  else
    every(1, row, "");
  return list;
}

void draw_ticks(Scene& scene, const MatrixPanel& panel, const MatrixSide& rows, const MatrixSide& columns) {
  for (const Tick& tick : ticks_of(rows, panel.side(), 13))
    scene.add(Label{.at = {panel.corner().x - 7, panel.corner().y + tick.at * panel.side() + 3.5},
                    .text = tick.text,
                    .size = 10,
                    .colour = {Role::quiet},
                    .anchor = Anchor::end});
  for (const Tick& tick : ticks_of(columns, panel.side(), 38))
    scene.add(Label{.at = {panel.corner().x + tick.at * panel.side(), panel.corner().y - 6},
                    .text = tick.text,
                    .size = 10,
                    .colour = {Role::quiet},
                    .anchor = Anchor::middle});
  scene.add(Label{.at = {panel.corner().x, panel.corner().y - 22},
                  .text = fmt::format("columns: {} {}", columns.name, columns.letter),
                  .size = 11.5,
                  .colour = {columns.letter == 'x' ? Role::image : Role::code},
                  .bold = true});
  scene.add(Label{.at = {left + 6, panel.corner().y},
                  .text = fmt::format("rows: {} {}", rows.name, rows.letter),
                  .size = 11.5,
                  .colour = {rows.letter == 'x' ? Role::image : Role::code},
                  .anchor = Anchor::end,
                  .bold = true,
                  .turned = -90});
}

// The filter in the colours of its taps, under a heading. Returns where it ends.
Point draw_filter(Scene& scene, Point corner, const std::array<Axis, 3>& axes, std::size_t rank,
                  const std::string& heading) {
  const Index3 taps = tap_extents(axes);
  const double cell = std::min(30.0, cell_size(taps[2], taps[0] * taps[1], 400, 200));
  const Grid grid({corner.x, corner.y + 20}, cell,
                  {plain_positions(taps[0]), plain_positions(taps[1]), plain_positions(taps[2])});
  scene.add(Label{.at = {corner.x, corner.y + 8}, .text = heading, .size = 11.5, .colour = {Role::quiet}});
  grid.for_each([&](const Index3& k, Spot) {
    Rectangle square = grid.square(k, 0.5);
    square.style = tap_style(k, axes);
    scene.add(square, Mark{.kind = Mark::Kind::weight, .k = k});
    const std::string text = weight_name(k, rank);
    if (text_width(text, 9.5) < cell - 2)
      scene.add(Label{.at = {square.x + square.width / 2, square.y + square.height / 2 + 3.5},
                      .text = text,
                      .size = 9.5,
                      .colour = {square.style.opacity > 0.85 ? Role::on : Role::ink},
                      .anchor = Anchor::middle});
  });
  return {corner.x + std::max(grid.width(), 60.0), corner.y + 20 + grid.height()};
}

}  // namespace

Scene matrix_figure(const Geometry& geometry, const MatrixFigureOptions& options) {
  const auto axes = three_axes(geometry);
  MatrixSide rows{"code pixels", 'y', geometry.out_channels, out_extents(axes)},
      columns{"image pixels", 'x', geometry.in_channels, in_extents(axes)};
  if (options.transpose) std::swap(rows, columns);
  const MatrixPanel panel(geometry, {left + ticks, top}, options.largest, options.largest, options.transpose,
                          26);
  Scene scene;
  scene.axes = geometry.axes.size();
  scene.title = options.transpose ? "W^T of a convolution" : "W of a convolution";
  scene.description =
      fmt::format("{}: {}. {}", options.transpose ? "conv_transpose(y) = W^T y" : "conv(x) = W x",
                  panel.size_text(), print_case(geometry));
  scene.add(Label{.at = {left, 34},
                  .text = options.transpose ? "Wᵀ: conv_transpose(y) = Wᵀ y" : "W: conv(x) = W x",
                  .size = 19,
                  .bold = true});
  scene.add(Label{.at = {left, 56}, .text = panel.size_text(), .size = 13, .colour = {Role::quiet}});
  scene.add(
      Label{.at = {left, 74}, .text = "case " + print_case(geometry), .size = 11.5, .colour = {Role::quiet}});
  panel.draw(scene, options.labelled);
  draw_ticks(scene, panel, rows, columns);
  double right = left + ticks + panel.width(), bottom = top + panel.height();
  // Blocks of entries have no taps to name.
  if (!panel.reduced()) {
    const bool beside = panel.height() > panel.width();
    const Point corner = beside ? Point{right + 40, top} : Point{left + ticks, bottom + 26};
    // Of several channels the names are those of places in a filter, not of weights.
    const std::string heading = geometry.in_channels > 1 || geometry.out_channels > 1
                                    ? "the taps; each pair of channels has weights of its own"
                                    : "the taps";
    const Point end = draw_filter(scene, corner, axes, geometry.axes.size(), heading);
    right = std::max({right, end.x, corner.x + text_width(heading, 11.5)});
    bottom = std::max(bottom, end.y);
  }
  scene.width = std::ceil(std::max({right + left, text_width(panel.size_text(), 13) + 2 * left,
                                    text_width("case " + print_case(geometry), 11.5) + 2 * left, 420.0}));
  scene.height = std::ceil(bottom + 28);
  return scene;
}

}  // namespace fsconv::draw
