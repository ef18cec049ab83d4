// The entries of W one by one, by tap, or counted in blocks.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/draw/axis_positions.hpp>
#include <fsconv/draw/matrix_panel.hpp>
#include <map>

namespace fsconv::draw {

Style tap_style(const Index3& tap, const std::array<Axis, 3>& axes) {
  const Index before = tap[0] * axes[1].taps + tap[1], all_before = axes[0].taps * axes[1].taps;
  const double paler =
      all_before == 1 ? 0 : 0.72 * static_cast<double>(before) / static_cast<double>(all_before - 1);
  constexpr std::array<int, 7> colours{0, 2, 3, 4, 5, 6, 7};  // not that of a step, which is the second
  Style style{.fill = {Role::series, colours[static_cast<std::size_t>(tap[2] % 7)]}, .opacity = 1 - paler};
  constexpr std::array<Hatch, 5> hatches{Hatch::none, Hatch::rising, Hatch::dotted, Hatch::falling,
                                         Hatch::crossed};
  style.hatch = hatches[static_cast<std::size_t>(tap[2] / 7 % 5)];
  if (style.hatch != Hatch::none) {
    style.stroke = {Role::ink};
    style.stroke_width = 0.5;
  }
  return style;
}

std::string weight_name(const Index3& tap, std::size_t rank) {
  const auto first = tap.begin() + static_cast<std::ptrdiff_t>(3 - rank);
  const bool digits = std::all_of(first, tap.end(), [](Index at) { return at < 10; });
  return fmt::format("w{}", fmt::join(first, tap.end(), digits ? "" : ","));
}

void require_drawable_matrix(const Geometry& geometry, const char* field) {
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  if (rows == 0 || columns == 0)
    throw InvalidArgument(field, fmt::format("W is {} x {}", rows, columns), "there is nothing to draw");
  const Index count = nonzeros(geometry);
  if (count > MatrixPanel::most_entries)
    throw InvalidArgument(field, fmt::format("W has {} nonzeros", count),
                          fmt::format("at most {} are drawn", MatrixPanel::most_entries));
}

MatrixPanel::MatrixPanel(const Geometry& geometry, Point corner, double width, double height, bool transpose,
                         double largest)
    : geometry_(geometry), corner_(corner), transpose_(transpose) {
  const auto axes = three_axes(geometry);
  rows_ = geometry.out_channels * volume(out_extents(axes));
  columns_ = geometry.in_channels * volume(in_extents(axes));
  nonzeros_ = fsconv::nonzeros(geometry);
  if (transpose) std::swap(rows_, columns_);
  require_drawable_matrix(geometry, "size");
  side_ = std::min({width / static_cast<double>(columns_), height / static_cast<double>(rows_), largest});
  constexpr double smallest = 2;  // below it single entries cannot be told apart
  if (side_ < smallest) block_ = static_cast<Index>(std::ceil(smallest / side_));
}

std::string MatrixPanel::size_text() const {
  std::string text =
      fmt::format("{} x {}, {} nonzero{}", rows_, columns_, nonzeros_, nonzeros_ == 1 ? "" : "s");
  if (reduced())
    text += fmt::format("; a square is {0} x {0} entries, the stronger its colour the fuller", block_);
  return text;
}

void MatrixPanel::for_each_entry(const auto& f) const {
  const auto axes = three_axes(geometry_);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  std::array<std::vector<AxisTap>, 3> lists{axis_taps(axes[0]), axis_taps(axes[1]), axis_taps(axes[2])};
  const Index code_pixels = volume(out), image_pixels = volume(in);
  for (Index co = 0; co < geometry_.out_channels; ++co)
    for (Index within = 0; within < geometry_.in_per_group(); ++within) {
      const Index ci = co / geometry_.out_per_group() * geometry_.in_per_group() + within;
      stop_if_interrupted();
      for (const AxisTap& a : lists[0])
        for (const AxisTap& b : lists[1])
          for (const AxisTap& c : lists[2]) {
            const Index row = co * code_pixels + flatten({a.o, b.o, c.o}, out);
            const Index column = ci * image_pixels + flatten({a.i, b.i, c.i}, in);
            const Index tap = flatten({a.k, b.k, c.k}, taps);
            if (transpose_)
              f(Entry{column, row, tap});
            else
              f(Entry{row, column, tap});
          }
    }
}

Rectangle MatrixPanel::at(Index row, Index column, Index rows, Index columns) const {
  return {.x = corner_.x + static_cast<double>(column) * side_,
          .y = corner_.y + static_cast<double>(row) * side_,
          .width = static_cast<double>(columns) * side_,
          .height = static_cast<double>(rows) * side_};
}

Rectangle MatrixPanel::entry(Index code_pixel, Index image_pixel) const {
  return transpose_ ? at(image_pixel, code_pixel, 1, 1) : at(code_pixel, image_pixel, 1, 1);
}
Rectangle MatrixPanel::line_of_code(Index code_pixel) const {
  return transpose_ ? at(0, code_pixel, rows_, 1) : at(code_pixel, 0, 1, columns_);
}
Rectangle MatrixPanel::line_of_image(Index image_pixel) const {
  return transpose_ ? at(image_pixel, 0, 1, columns_) : at(0, image_pixel, rows_, 1);
}

void MatrixPanel::draw(Scene& scene, bool labelled) const {
  Rectangle paper = at(0, 0, rows_, columns_);
  paper.style = {.fill = {Role::cell}, .stroke = {Role::line}};
  scene.add(paper);
  if (reduced())
    draw_density(scene);
  else
    draw_entries(scene, labelled);
  draw_channels(scene);
}

void MatrixPanel::draw_entries(Scene& scene, bool labelled) const {
  const auto axes = three_axes(geometry_);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  const double gap = side_ >= 6 ? 0.5 : 0;
  const bool named = labelled && side_ >= 20;
  std::map<Index, Tiles> by_tap;
  for_each_entry([&](const Entry& entry) {
    const Index3 k = position_of(entry.tap, taps);
    Rectangle square = at(entry.row, entry.column, 1, 1);
    square = {square.x + gap, square.y + gap, square.width - 2 * gap, square.height - 2 * gap};
    square.style = tap_style(k, axes);
    if (nonzeros_ > most_marked) {
      Tiles& tiles = by_tap[entry.tap];
      tiles.style = square.style;
      tiles.tiles.push_back({square.x, square.y, square.width, square.height});
      return;
    }
    const Index code = transpose_ ? entry.column : entry.row, image = transpose_ ? entry.row : entry.column;
    const Mark mark{Mark::Kind::entry, position_of(code % volume(out), out),
                    position_of(image % volume(in), in), k};
    scene.add(square, mark);
    if (named) {
      scene.add(Label{.at = {square.x + square.width / 2, square.y + square.height / 2 + 3.5},
                      .text = weight_name(k, geometry_.axes.size()),
                      .size = 9.5,
                      .colour = {square.style.opacity > 0.85 ? Role::on : Role::ink},
                      .anchor = Anchor::middle});
    }
  });
  for (const auto& [tap, tiles] : by_tap) scene.add(tiles);
}

void MatrixPanel::draw_density(Scene& scene) const {
  const Index high = ceil_div(rows_, block_), wide = ceil_div(columns_, block_);
  std::vector<Index> counts(static_cast<std::size_t>(high * wide));
  for_each_entry([&](const Entry& entry) {
    ++counts[static_cast<std::size_t>(entry.row / block_ * wide + entry.column / block_)];
  });
  const Index most = *std::max_element(counts.begin(), counts.end());
  constexpr Index levels = 8;
  std::map<Index, Tiles> by_level;  // squares of one row that are alike are one tile
  const double square = side_ * static_cast<double>(block_);
  for (Index row = 0; row < high; ++row)
    for (Index column = 0; column < wide;) {
      const auto level = [&](Index there) {
        return ceil_div(counts[static_cast<std::size_t>(row * wide + there)] * levels,
                        std::max<Index>(most, 1));
      };
      Index end = column + 1;
      while (end < wide && level(end) == level(column)) ++end;
      if (level(column) > 0) {
        Tiles& tiles = by_level[level(column)];
        tiles.style.fill = {Role::shade, static_cast<int>(60 + 195 * level(column) / levels)};
        const double x = static_cast<double>(column) * square, y = static_cast<double>(row) * square;
        tiles.tiles.push_back({corner_.x + x, corner_.y + y,
                               std::min(static_cast<double>(end) * square, width()) - x,
                               std::min(square, height() - y)});
      }
      column = end;
    }
  for (const auto& [level, tiles] : by_level) scene.add(tiles);
}

void MatrixPanel::draw_channels(Scene& scene) const {
  Index row_blocks = geometry_.out_channels, column_blocks = geometry_.in_channels;
  if (transpose_) std::swap(row_blocks, column_blocks);
  if (row_blocks == 1 && column_blocks == 1) return;
  constexpr double closest = 5;  // lines that lie closer would hide what is between
  Tiles frames;
  frames.style.stroke = {Role::quiet};
  const double high = height() / static_cast<double>(row_blocks),
               wide = width() / static_cast<double>(column_blocks);
  if (high >= closest)
    for (Index row = 0; row < row_blocks; ++row)
      frames.tiles.push_back({corner_.x, corner_.y + static_cast<double>(row) * high, width(), high});
  if (wide >= closest)
    for (Index column = 0; column < column_blocks; ++column)
      frames.tiles.push_back({corner_.x + static_cast<double>(column) * wide, corner_.y, wide, height()});
  scene.add(frames);
}

}  // namespace fsconv::draw
