// The window, the products under it, what was computed before, and the line of W.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/draw/window_steps.hpp>
#include <map>

namespace fsconv::draw {

namespace {

class WindowSteps {
 public:
  WindowSteps(const WindowLayout& layout, const MatrixPanel* matrix)
      : page_(layout.page()), layout_(layout), matrix_(matrix) {}

  void add_to(Scene& scene) const {
    std::map<Index, Touched> touched;
    const Index3 extents = page_.extents(layout_.step_side());
    for_each_position(extents, [&](const Index3& at) {
      stop_if_interrupted();
      const bool drawn = page_.draws_step(flatten(at, extents));
      if (!drawn && !layout_.scatters()) return;
      Frame frame;
      const std::vector<PixelTap> taps = page_.taps_of(layout_.step_side(), at);
      if (layout_.scatters()) {
        for (const PixelTap& tap : taps)
          touched[flatten(pixel_of(layout_.grid_side(), tap), page_.extents(layout_.grid_side()))].add(page_,
                                                                                                       tap);
        if (!drawn) return;  // but later steps show what it has added
        draw_touched(frame, touched);
      } else {
        cover_later(frame, at, extents);
      }
      draw_window(frame, at);
      draw_step(frame, at);
      draw_taps(frame, at, taps);
      light_matrix(frame, at, taps);
      frame.caption = layout_.scatters() ? scatter_text(at, taps) : page_.sum_text(layout_.step_side(), at);
      scene.frames.push_back(std::move(frame));
    });
  }

 private:
  // What steps so far have added to a pixel of the grid.
  struct Touched {
    Index times = 0;
    double sum = 0;  // of numbers
    void add(const FigurePage& page, const PixelTap& tap) {
      ++times;
      if (page.options().text == CellText::numbers) sum += page.product(tap);
    }
  };

  std::string scatter_text(const Index3& at, const std::vector<PixelTap>& taps) const {
    constexpr std::size_t most = 9;
    std::vector<std::string> sums;
    for (const PixelTap& tap : taps) {
      if (sums.size() == most) break;
      const std::string to = page_.bracketed(layout_.grid_side(), pixel_of(layout_.grid_side(), tap));
      sums.push_back(page_.options().text == CellText::numbers
                         ? fmt::format("{} += {}", to, number_text(page_.product(tap)))
                         : fmt::format("{} += {} {}", to, page_.bracketed('w', tap.k),
                                       page_.bracketed(layout_.step_side(), at)));
    }
    std::string text = taps.empty()
                           ? page_.bracketed(layout_.step_side(), at) + " reaches nothing that is kept"
                           : fmt::format("{}", fmt::join(sums, ",  "));
    if (taps.size() > most) text += fmt::format(",  and {} more", taps.size() - most);
    return text;
  }

  // The stronger, the more steps have added something.
  void draw_touched(Frame& frame, const std::map<Index, Touched>& touched) const {
    const Index3 extents = page_.extents(layout_.grid_side());
    std::map<Index, Tiles> by_count;
    std::vector<Element> sums;
    Index most = 1;
    for (const auto& [pixel, added] : touched) most = std::max(most, added.times);
    for (const auto& [pixel, added] : touched) {
      const Index3 at = position_of(pixel, extents);
      const Rectangle square = layout_.grid().square(layout_.grid_position(at), 0.5);
      Tiles& tiles = by_count[added.times];
      tiles.style = {.fill = {role_of(layout_.grid_side())},
                     .opacity = 0.15 + 0.4 * static_cast<double>(added.times) / static_cast<double>(most)};
      tiles.tiles.push_back({square.x, square.y, square.width, square.height});
      if (page_.options().text == CellText::numbers && layout_.labels_pixels())
        text_in(sums, square, number_text(added.sum), {Role::ink});
    }
    for (const auto& [count, tiles] : by_count) frame.elements.push_back({tiles, {}, {}});
    std::move(sums.begin(), sums.end(), std::back_inserter(frame.elements));
  }

  // Pixels behind `at` are not there yet: empty cells over those that hold results.
  void cover_later(Frame& frame, const Index3& at, const Index3& extents) const {
    Tiles cells;
    cells.style = {.fill = {Role::cell}, .stroke = {Role::line}};
    for_each_position(extents, [&](const Index3& later) {
      if (flatten(later, extents) <= flatten(at, extents)) return;
      const Rectangle square = layout_.steps().square(later);
      cells.tiles.push_back({square.x, square.y, square.width, square.height});
    });
    if (!cells.tiles.empty()) frame.elements.push_back({cells, {}, {}});
  }

  void draw_window(Frame& frame, const Index3& at) const {
    if (!layout_.windowed()) return;
    Index3 first{}, last{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      first[axis] = layout_.axes()[axis].down * at[axis] - layout_.axes()[axis].pad;
      last[axis] = first[axis] + layout_.axes()[axis].extent() - 1;
    }
    for (Index slice = first[0]; slice <= last[0]; slice += layout_.axes()[0].dilation) {
      Rectangle box = layout_.grid().around(slice, first, last, 2);
      box.corner = 4;
      box.style = {.fill = {Role::step}, .stroke = {Role::step}, .stroke_width = 3, .opacity = 0.10};
      frame.elements.push_back({box, {}, {}});
    }
    if (!layout_.labels_corners()) return;
    // The filter on its positions, those that meet no pixel too.
    for_each_position(tap_extents(layout_.axes()), [&](const Index3& tap) {
      Index3 position = first, k = tap;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        position[axis] += layout_.axes()[axis].dilation * tap[axis];
        if (layout_.reversed()) k[axis] = layout_.axes()[axis].taps - 1 - tap[axis];
      }
      const Rectangle square = layout_.grid().square(position);
      const bool on_colour = !layout_.scatters() && layout_.grid().spot(position) == Spot::pixel;
      frame.elements.push_back({Label{.at = {square.x + square.width - 3, square.y + 9.5},
                                      .text = page_.weight_text(k),
                                      .size = 8.5,
                                      .colour = {on_colour ? Role::on : Role::step},
                                      .anchor = Anchor::end},
                                {},
                                {}});
    });
  }

  void draw_step(Frame& frame, const Index3& at) const {
    Rectangle square = layout_.steps().square(at);
    square.style = {.fill = {layout_.scatters() ? Role::step : role_of(layout_.step_side())},
                    .stroke = {Role::step},
                    .stroke_width = 3};
    frame.elements.push_back({square, {}, {}});
    if (layout_.labels_pixels())
      text_in(frame.elements, square, page_.pixel_text(layout_.step_side(), at), {Role::on});
  }

  // Every product of the step, each with its mark.
  void draw_taps(Frame& frame, const Index3& at, const std::vector<PixelTap>& taps) const {
    for (const PixelTap& tap : taps) {
      const Index3 position = layout_.grid_position(pixel_of(layout_.grid_side(), tap));
      Rectangle square = layout_.grid().square(position, 1.5);
      square.style = {.stroke = {Role::step}, .stroke_width = 2};
      const Mark mark = tap_mark(tap);
      frame.elements.push_back({square, mark,
                                fmt::format("{} {}", page_.bracketed('w', tap.k),
                                            page_.bracketed(page_.source(), pixel_of(page_.source(), tap)))});
      if (!layout_.windowed() && layout_.labels_corners() && !layout_.flat()) {
        const Rectangle whole = layout_.grid().square(position);
        frame.elements.push_back({Label{.at = {whole.x + whole.width - 4, whole.y + 11},
                                        .text = page_.weight_text(tap.k),
                                        .size = 8.5,
                                        .colour = {Role::on},
                                        .anchor = Anchor::end},
                                  {},
                                  {}});
      }
    }
    if (layout_.flat()) draw_lines(frame, at, taps);
    if (!layout_.flat() && !taps.empty()) draw_arrow(frame, at, taps);
  }

  // The lines meet at the pixel of the step, so that their names stand nearer to the other ends, or not at all where that is
  // not enough.
  void draw_lines(Frame& frame, const Index3& at, const std::vector<PixelTap>& taps) const {
    constexpr double size = 10.5;
    std::vector<Point> middles;
    bool fit = page_.has_text();
    for (const PixelTap& tap : taps) {
      Path path = layout_.line(at, pixel_of(layout_.grid_side(), tap), {Role::step}, 2);
      path.arrow = true;
      const double along = layout_.scatters() ? 0.62 : 0.38;
      const Point from = path.points.front(), to = path.points.back();
      const Point middle{from.x + along * (to.x - from.x), from.y + along * (to.y - from.y)};
      if (!middles.empty()) fit = fit && std::abs(middle.x - middles.back().x) >= name_width(tap, size);
      middles.push_back(middle);
      frame.elements.push_back({path, {}, {}});
    }
    for (std::size_t line = 0; fit && line < taps.size(); ++line)
      draw_name(frame, middles[line], taps[line], size);
  }

  double name_width(const PixelTap& tap, double size) const {
    return text_width(page_.weight_text(tap.k), size) + 6;
  }

  void draw_name(Frame& frame, const Point& middle, const PixelTap& tap, double size) const {
    const double wide = name_width(tap, size);
    frame.elements.push_back({Rectangle{.x = middle.x - wide / 2,
                                        .y = middle.y - 8,
                                        .width = wide,
                                        .height = 15,
                                        .corner = 3,
                                        .style = {.fill = {Role::paper}, .stroke = {Role::step}}},
                              {},
                              {}});
    frame.elements.push_back({Label{.at = {middle.x, middle.y + 3.5},
                                    .text = page_.weight_text(tap.k),
                                    .size = size,
                                    .anchor = Anchor::middle},
                              {},
                              {}});
  }

  // From the row of what is read to the row of what is computed, in the gap between the panels, where it hides nothing.
  void draw_arrow(Frame& frame, const Index3& at, const std::vector<PixelTap>& taps) const {
    const Index3 middle = layout_.grid_position(pixel_of(layout_.grid_side(), taps[taps.size() / 2]));
    const Grid& read = layout_.scatters() ? layout_.steps() : layout_.grid();
    const Grid& made = layout_.scatters() ? layout_.grid() : layout_.steps();
    const double from = read.centre(layout_.scatters() ? at : middle).y,
                 to = made.centre(layout_.scatters() ? middle : at).y;
    const Point start{read.corner().x + read.width() + 6, from}, end{made.corner().x - 7, to};
    const double bend = std::max((end.x - start.x) * 0.5, 24.0);
    frame.elements.push_back({Path{.points = {start, {start.x + bend, start.y}, {end.x - bend, end.y}, end},
                                   .style = {.stroke = {Role::step}, .stroke_width = 2},
                                   .smooth = true,
                                   .arrow = true},
                              {},
                              {}});
  }

  void light_matrix(Frame& frame, const Index3& at, const std::vector<PixelTap>& taps) const {
    if (!matrix_) return;
    const Index3 in = page_.extents(Side::image), out = page_.extents(Side::code);
    const double gap = matrix_->side() >= 6 ? 0.5 : 0;
    for (const PixelTap& tap : taps) {
      Rectangle entry = matrix_->entry(flatten(tap.o, out), flatten(tap.i, in));
      entry = {.x = entry.x + gap,
               .y = entry.y + gap,
               .width = entry.width - 2 * gap,
               .height = entry.height - 2 * gap};
      entry.style = {.fill = {Role::step}};
      frame.elements.push_back({entry, Mark{Mark::Kind::entry, tap.o, tap.i, tap.k}, {}});
      if (matrix_->side() >= 20 && page_.options().text == CellText::symbols)
        text_in(frame.elements, entry, page_.weight_text(tap.k), {Role::on}, 9.5);
    }
    Rectangle whole = layout_.step_side() == Side::code ? matrix_->line_of_code(flatten(at, out))
                                                        : matrix_->line_of_image(flatten(at, in));
    whole = {.x = whole.x - 1,
             .y = whole.y - 1,
             .width = whole.width + 2,
             .height = whole.height + 2,
             .corner = 2};
    whole.style = {.stroke = {Role::step}, .stroke_width = 2};
    frame.elements.push_back({whole, {}, {}});
  }

  const FigurePage& page_;
  const WindowLayout& layout_;
  const MatrixPanel* matrix_;
};

}  // namespace

void add_window_steps(Scene& scene, const WindowLayout& layout, const MatrixPanel* matrix) {
  WindowSteps(layout, matrix).add_to(scene);
}

}  // namespace fsconv::draw
