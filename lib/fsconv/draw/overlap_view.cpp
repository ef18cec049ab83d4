// How many taps reach each image pixel: where a transposed convolution's checkerboard comes from.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/grid.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

namespace {

// "2, 1 taps in turn: uneven" of an axis.
std::string verdict(const Axis& axis) {
  const std::vector<Index> counts = interior_overlap(axis);
  if (counts.empty()) return "no pixel is reached by all taps of its phase";
  const bool even =
      std::all_of(counts.begin(), counts.end(), [&](Index count) { return count == counts.front(); });
  if (const std::size_t all = overlap_by_phase(axis).size(); even && counts.size() < all)
    return fmt::format("{} in {} of {} phases; the others are near a border", counted(counts.front(), "tap"),
                       counts.size(), all);
  if (even) return counted(counts.front(), "tap") + " everywhere: even";
  return counts.size() > 12 ? "uneven" : fmt::format("{} taps in turn: uneven", fmt::join(counts, ", "));
}

}  // namespace

Scene overlap_view(const FigurePage& page) {
  const auto& axes = page.axes();
  Scene scene =
      page.begin("How many taps reach each pixel of the image",
                 fmt::format("away from the borders{}: {}", page.rank() > 1 ? ", along each axis" : "",
                             text_of_axes(page.geometry().axes, verdict)));

  std::array<std::vector<Index>, 3> counts;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    counts[axis].assign(static_cast<std::size_t>(axes[axis].in), 0);
    for (const AxisTap& tap : axis_taps(axes[axis])) ++counts[axis][static_cast<std::size_t>(tap.i)];
  }
  const Index3 in = page.extents(Side::image);
  const double cell = cell_size(in[2], in[0] * in[1], 560, 480);
  // The counts of single axes stand as bars above and left of the pixels.
  constexpr double bar = 52;
  const bool left_bars = page.rank() > 1;
  const Point corner{FigurePage::left + (left_bars ? bar + 14 : 0), FigurePage::top + bar + 14};
  const Grid grid(corner, cell, {plain_positions(in[0]), plain_positions(in[1]), plain_positions(in[2])});
  const auto most_of = [&](std::size_t axis) {
    return std::max<Index>(1, *std::max_element(counts[axis].begin(), counts[axis].end()));
  };
  // Of axis 2 above all slices, of axis 1 beside each of them.
  const auto draw_bars = [&](std::size_t axis, Index slice) {
    const double top = grid.square({slice, 0, 0}).y;
    for (Index at = 0; at < in[axis]; ++at) {
      const Index count = counts[axis][static_cast<std::size_t>(at)];
      const double length = bar * static_cast<double>(count) / static_cast<double>(most_of(axis));
      const double along = static_cast<double>(at) * cell;
      Rectangle shape =
          axis == 2
              ? Rectangle{.x = corner.x + along + 1,
                          .y = top - 8 - length,
                          .width = cell - 2,
                          .height = length}
              : Rectangle{
                    .x = corner.x - 8 - length, .y = top + along + 1, .width = length, .height = cell - 2};
      shape.style = {.fill = {Role::step}};
      scene.add(shape, {}, counted(count, "tap"));
      if (cell >= 16)
        scene.add(Label{
            .at = axis == 2 ? Point{shape.x + shape.width / 2, top - 12 - length + (length > 14 ? 16.0 : 0.0)}
                            : Point{length > 14 ? shape.x + 8 : shape.x - 6, shape.y + shape.height / 2 + 4},
            .text = fmt::format("{}", count),
            .size = 10.5,
            .colour = {length > 14 ? Role::on : Role::ink},
            .anchor = Anchor::middle});
    }
  };
  draw_bars(2, 0);
  double right = corner.x + grid.width();
  for (Index slice = 0; left_bars && slice < in[0]; ++slice) {
    draw_bars(1, slice);
    if (page.rank() < 3) continue;
    const std::string text =
        fmt::format("slice {}: {}", slice, counted(counts[0][static_cast<std::size_t>(slice)], "tap"));
    const Point at{corner.x + grid.width() + 12, grid.square({slice, 0, 0}).y + 11};
    scene.add(Label{.at = at, .text = text, .size = 11, .colour = {Role::step}});
    right = std::max(right, at.x + text_width(text, 11));
  }

  const Index most = most_of(0) * most_of(1) * most_of(2);
  grid.for_each([&](const Index3& at, Spot) {
    Index count = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) count *= counts[axis][static_cast<std::size_t>(at[axis])];
    Rectangle square = grid.square(at);
    square.style = {.fill = {Role::shade, static_cast<int>(255 * count / most)}, .stroke = {Role::line}};
    scene.add(square, Mark{.kind = Mark::Kind::image_pixel, .i = at}, counted(count, "tap"));
    const std::string text = fmt::format("{}", count);
    if (page.has_text() && text_width(text, 11) < cell - 3)
      scene.add(Label{.at = {square.x + cell / 2, square.y + cell / 2 + 4},
                      .text = text,
                      .size = 11,
                      .colour = {2 * count > most ? Role::on : Role::ink},
                      .anchor = Anchor::middle});
  });
  constexpr const char* not_yet =
      "equally many taps are not yet equal sums of weights: a checkerboard needs unequal sums";
  constexpr double note_size = 11.5;
  scene.add(Label{.at = {corner.x, corner.y + grid.height() + 20},
                  .text = not_yet,
                  .size = note_size,
                  .colour = {Role::quiet}});
  right = std::max(right, corner.x + text_width(not_yet, note_size));
  page.end(scene, right, corner.y + grid.height() + 20,
           {{{.fill = {Role::shade, 255}}, counted(most, "tap") + ", the most"},
            {{.fill = {Role::step}},
             page.rank() == 1 ? "taps" : "taps of one axis; a pixel has the product over all axes"}});
  return scene;
}

}  // namespace fsconv::draw
