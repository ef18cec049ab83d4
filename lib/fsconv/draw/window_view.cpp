// The views of one step at a time: gathering to a pixel, scattering from one, sliding over inserted zeros.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/draw/window_steps.hpp>

namespace fsconv::draw {

namespace {

constexpr double matrix_room = 420;  // for W, in pixels

class WindowView {
 public:
  explicit WindowView(const FigurePage& page)
      : page_(page), layout_(page), end_(layout_.end()), pair_(page.geometry()) {
    pair_.in_channels = pair_.out_channels = pair_.groups = 1;
  }

  Scene draw() {
    Scene scene = page_.begin(title(), sentence());
    draw_grid_side(scene, layout_.grid());
    draw_step_side(scene, layout_.steps());
    draw_faint_lines(scene);
    draw_matrix(scene);
    add_window_steps(scene, layout_, matrix_ ? &*matrix_ : nullptr);
    page_.end(scene, end_.x, end_.y, legend());
    return scene;
  }

 private:
  bool labelled() const { return layout_.labels_pixels(); }
  bool scatters() const { return layout_.scatters(); }
  Side grid_side() const { return layout_.grid_side(); }
  Side step_side() const { return layout_.step_side(); }

  std::string title() const {
    std::vector<std::string> strides, inverse;
    for (const Axis& axis : page_.geometry().axes) {
      strides.push_back(stride_text(axis));
      inverse.push_back(stride_text(axis.transposed()));
    }
    const std::string stride = one_or_joined(strides, ",");
    if (!page_.transposed()) return "Convolution with stride " + stride;
    return fmt::format("Transposed convolution with stride {} = convolution with stride {}", stride,
                       one_or_joined(inverse, ","));
  }

  std::string sentence() const {
    const std::string from = page_.side_name(page_.source()), to = page_.side_name(page_.target());
    if (scatters())
      return fmt::format("scatter: each pixel of the {} times the whole filter is added to the {}", from, to);
    if (page_.options().view == View::zeros)
      return fmt::format("zeros: the {} is spread and padded, and the {}filter slides over it", from,
                         layout_.reversed() ? "reversed " : "");
    if (layout_.windowed()) return fmt::format("gather: each pixel of the {} sums what its window holds", to);
    return fmt::format(
        "gather: each pixel of the {} sums the pixels that its taps reach: no zero is inserted", to);
  }

  void heading(Scene& scene, const Grid& grid, Side side, const std::string& about) {
    // On one axis the lower side has its name below, where no line from the other crosses it.
    const bool below = page_.rank() == 1 && grid.corner().y > layout_.top();
    const double width = layout_.heading_width(grid);
    Point at = grid.corner();
    if (below) at.y += grid.height() + 46 + layout_.further_lines(about, grid);
    page_.panel_heading(scene, at, page_.side_name(side), about, {role_of(side)}, width);
    end_.y = std::max(end_.y, at.y - (below ? 8 : 0));
    const double wide = std::max(text_width(page_.side_name(side), 14, true),
                                 std::min(text_width(about, FigurePage::about_size), width));
    end_.x = std::max(end_.x, grid.corner().x + wide);
  }

  void number_slices(Scene& scene, const Grid& grid) {
    if (page_.rank() != 3) return;
    for (Index slice = 0; slice < grid.slices(); ++slice) {
      const Index position = slice + grid.axis(0).first;
      const Rectangle first = grid.square({position, grid.axis(1).first, grid.axis(2).first});
      scene.add(Label{.at = {first.x - 6, first.y + 11},
                      .text = fmt::format("{}", position),
                      .size = 11,
                      .colour = {Role::quiet},
                      .anchor = Anchor::end});
    }
  }

  Style spot_style(Side side, Spot spot) const {
    if (scatters()) switch (spot) {
        case Spot::pixel:
          return {.fill = {Role::cell}, .stroke = {Role::line}};
        case Spot::zero:
          return {.fill = {Role::paper}, .stroke = {Role::line}, .hatch = Hatch::dotted};
        case Spot::padding:
          return {.fill = {Role::paper}, .stroke = {Role::crop}, .dashed = true, .hatch = Hatch::rising};
        case Spot::unread:
          return {.fill = {Role::cell}, .stroke = {Role::crop}, .hatch = Hatch::falling};
      }
    switch (spot) {
      case Spot::pixel:
        return {.fill = {role_of(side)}, .stroke = {Role::line}};
      case Spot::zero:
        return {.fill = {Role::cell}, .stroke = {Role::line}};
      case Spot::padding:
        return {.fill = {Role::paper}, .stroke = {Role::line}, .dashed = true};
      case Spot::unread:
        return {.fill = {Role::paper}, .stroke = {Role::crop}, .hatch = Hatch::falling};
    }
    return {};
  }

  void draw_grid_side(Scene& scene, const Grid& grid) {
    heading(scene, grid, grid_side(), layout_.about_grid());
    number_slices(scene, grid);
    grid.for_each([&](const Index3& position, Spot spot) {
      Rectangle square = grid.square(position);
      square.style = spot_style(grid_side(), spot);
      const bool pixel = spot == Spot::pixel || spot == Spot::unread;
      if (!pixel) {
        scene.add(square);
        if (labelled() && !scatters())
          text_in(scene.elements, square, "0", {Role::quiet}, spot == Spot::padding ? 10 : 12);
        return;
      }
      const Index3 at = grid.pixel(position);
      scene.add(square, pixel_mark(grid_side(), at), page_.bracketed(grid_side(), at));
      if (labelled() && (!scatters() || page_.options().text == CellText::symbols))
        text_in(scene.elements, square, page_.pixel_text(grid_side(), at),
                {scatters()             ? Role::ink
                 : spot == Spot::unread ? Role::quiet
                                        : Role::on});
    });
  }

  void draw_step_side(Scene& scene, const Grid& grid) {
    heading(scene, grid, step_side(), page_.pixels_text(step_side()));
    number_slices(scene, grid);
    grid.for_each([&](const Index3& at, Spot) {
      Rectangle square = grid.square(at);
      square.style = scatters()
                         ? Style{.fill = {role_of(step_side())}, .stroke = {Role::line}}
                         : Style{.fill = {role_of(step_side())}, .stroke = {Role::line}, .opacity = 0.22};
      scene.add(square, pixel_mark(step_side(), at), page_.bracketed(step_side(), at));
      if (labelled())
        text_in(scene.elements, square, page_.pixel_text(step_side(), at),
                {scatters() ? Role::on : Role::ink});
    });
  }

  // On one axis all taps at once, so that a step is seen as one of many.
  void draw_faint_lines(Scene& scene) {
    if (!layout_.flat()) return;
    for (const AxisTap& tap : axis_taps(page_.axes()[2])) {
      const PixelTap all{{0, 0, tap.o}, {0, 0, tap.i}, {0, 0, tap.k}};
      scene.add(layout_.line(pixel_of(step_side(), all), pixel_of(grid_side(), all), {Role::line}, 1));
    }
  }

  void draw_matrix(Scene& scene) {
    const bool below = layout_.flat() && end_.x > matrix_room;
    const Point corner =
        below ? Point{FigurePage::left, end_.y + 92} : Point{end_.x + FigurePage::gap, layout_.top()};
    const MatrixPanel panel(pair_, corner, below ? 2 * matrix_room : matrix_room, matrix_room, false,
                            layout_.flat() ? 26 : 14);
    if (panel.reduced()) return;  // a line of it could not be seen
    matrix_.emplace(panel);
    const double words_width = text_width(matrix_words(), FigurePage::about_size);
    page_.panel_heading(scene, corner, "W", matrix_words(), {Role::ink},
                        std::max(panel.width(), words_width));
    panel.draw(scene, page_.options().text == CellText::symbols);
    end_.x = std::max(end_.x, corner.x + std::max(panel.width(), words_width));
    end_.y = std::max(end_.y, corner.y + panel.height());
  }

  std::string matrix_words() const {
    return step_side() == Side::code
               ? "rows: code pixels, columns: image pixels, a colour per tap; lit: a row"
               : "rows: code pixels, columns: image pixels, a colour per tap; lit: a column";
  }

  std::vector<FigurePage::LegendEntry> legend() const {
    std::vector<FigurePage::LegendEntry> entries{
        {{.fill = {Role::code}}, page_.side_name(Side::code)},
        {{.fill = {Role::image}}, page_.side_name(Side::image)},
        {{.fill = {Role::step}, .stroke = {Role::step}}, "this step"}};
    bool zeros = false, padding = false, unread = false;
    layout_.grid().for_each([&](const Index3&, Spot spot) {
      zeros = zeros || spot == Spot::zero;
      padding = padding || spot == Spot::padding;
      unread = unread || spot == Spot::unread;
    });
    if (zeros)
      entries.push_back(
          {spot_style(grid_side(), Spot::zero), scatters() ? "no pixel: thrown away" : "an inserted zero"});
    if (padding)
      entries.push_back({spot_style(grid_side(), Spot::padding),
                         scatters() ? "cut off: computed and thrown away" : "padding: zeros outside"});
    if (unread)
      entries.push_back(
          {spot_style(grid_side(), Spot::unread), scatters() ? "reached by no tap" : "read by no tap"});
    return entries;
  }

  const FigurePage& page_;
  WindowLayout layout_;
  Point end_;  // of all that is drawn
  Geometry pair_;
  std::optional<MatrixPanel> matrix_;
};

}  // namespace

Scene window_view(const FigurePage& page) { return WindowView(page).draw(); }

}  // namespace fsconv::draw
