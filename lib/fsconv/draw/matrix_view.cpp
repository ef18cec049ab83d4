// W between its two vectors: conv reads a row and x, conv_transpose a column and y.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/matrix_panel.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

namespace {

class MatrixView {
 public:
  explicit MatrixView(const FigurePage& page) : page_(page), one_(page.geometry()) {
    one_.in_channels = one_.out_channels = one_.groups = 1;
  }

  Scene draw() {
    Scene scene =
        page_.begin(page_.transposed() ? "x = W^T y: a pixel of the image is a column of W times y"
                                       : "y = W x: a pixel of the code is a row of W times x",
                    page_.transposed() ? "the transposed convolution reads the same matrix along its columns"
                                       : "conv reads the matrix along its rows");
    // Vectors are as thick as an entry, within what can be seen.
    panel_.emplace(one_, Point{0, 0}, 820, 560, false, 30);
    if (panel_->reduced())
      throw InvalidArgument(
          "size", fmt::format("W is {} x {}", panel_->rows(), panel_->columns()),
          "rows and columns of a matrix so large cannot be seen; fsconv matrix --picture draws how full it is");
    thick_ = std::max(14.0, panel_->side());
    constexpr double panel_heading = 34;  // that other views have above their panels, and this one has not
    const Point corner{FigurePage::left + thick_ + 22, FigurePage::top - panel_heading + thick_ + 14};
    panel_->move_to(corner);
    panel_->draw(scene, page_.options().text == CellText::symbols);
    for (const Side side : {Side::code, Side::image}) draw_vector(scene.elements, side);
    scene.add(Label{.at = {FigurePage::left, corner.y - 10},
                    .text = "y",
                    .size = 14,
                    .colour = {Role::code},
                    .bold = true});
    scene.add(Label{.at = {corner.x - 16, corner.y - 10 - thick_ / 2},
                    .text = "x",
                    .size = 14,
                    .colour = {Role::image},
                    .bold = true});

    const Side target = page_.target();
    const Index3 extents = page_.extents(target);
    for_each_position(extents, [&](const Index3& at) {
      stop_if_interrupted();
      const Index pixel = flatten(at, extents);
      if (page_.draws_step(pixel)) add_frame(scene, at, pixel);
    });
    page_.end(scene, corner.x + panel_->width(), corner.y + panel_->height(),
              {{{.fill = {Role::code}}, page_.side_name(Side::code)},
               {{.fill = {Role::image}}, page_.side_name(Side::image)},
               {{.fill = {Role::step}}, "this step"}});
    return scene;
  }

 private:
  // Of what is lit: thin enough that it covers no entry.
  double stroke() const { return std::clamp(panel_->side() / 6, 0.5, 3.0); }

  // The code stands beside the rows, the image above the columns.
  Rectangle place(Side side, Index pixel) const {
    const Rectangle line = side == Side::code ? panel_->line_of_code(pixel) : panel_->line_of_image(pixel);
    if (side == Side::code)
      return {.x = panel_->corner().x - thick_ - 8, .y = line.y, .width = thick_, .height = line.height};
    return {.x = line.x, .y = panel_->corner().y - thick_ - 8, .width = line.width, .height = thick_};
  }

  void draw_pixel(std::vector<Element>& elements, Side side, const Index3& at, Style style, Paint ink,
                  std::optional<Mark> mark) const {
    Rectangle square = place(side, flatten(at, page_.extents(side)));
    square.style = style;
    elements.push_back({square, mark, {}});
    const std::string text = page_.pixel_text(side, at);
    if (std::min(square.width, square.height) >= 12 && text_width(text, 9.5) <= square.width)
      elements.push_back({Label{.at = {square.x + square.width / 2, square.y + square.height / 2 + 3.5},
                                .text = text,
                                .size = 9.5,
                                .colour = ink,
                                .anchor = Anchor::middle},
                          {},
                          {}});
  }

  void draw_vector(std::vector<Element>& elements, Side side) const {
    const bool read = side == page_.source();
    for_each_position(page_.extents(side), [&](const Index3& at) {
      const Mark mark = pixel_mark(side, at);
      draw_pixel(elements, side, at,
                 {.fill = {role_of(side)}, .stroke = {Role::line}, .opacity = read ? 1 : 0.22},
                 {read ? Role::on : Role::ink}, mark);
    });
  }

  void add_frame(Scene& scene, const Index3& at, Index pixel) const {
    Frame frame;
    const Side target = page_.target(), source = page_.source();
    const Index3 in = page_.extents(Side::image), out = page_.extents(Side::code);
    for (const PixelTap& tap : page_.taps_of(target, at)) {
      Rectangle entry = panel_->entry(flatten(tap.o, out), flatten(tap.i, in));
      entry.style = {.fill = {Role::step}};
      frame.elements.push_back({entry, tap_mark(tap), {}});
      if (panel_->side() >= 16 && page_.has_text())
        frame.elements.push_back({Label{.at = {entry.x + entry.width / 2, entry.y + entry.height / 2 + 3.5},
                                        .text = page_.weight_text(tap.k),
                                        .size = 9,
                                        .colour = {Role::on},
                                        .anchor = Anchor::middle},
                                  {},
                                  {}});
      Rectangle read = place(source, source == Side::code ? flatten(tap.o, out) : flatten(tap.i, in));
      read.style = {.stroke = {Role::step}, .stroke_width = stroke()};
      frame.elements.push_back({read, {}, {}});
    }
    draw_pixel(frame.elements, target, at,
               {.fill = {role_of(target)}, .stroke = {Role::step}, .stroke_width = stroke()}, {Role::on}, {});
    Rectangle line = target == Side::code ? panel_->line_of_code(pixel) : panel_->line_of_image(pixel);
    line.style = {.stroke = {Role::step}, .stroke_width = stroke()};
    frame.elements.push_back({line, {}, {}});
    frame.caption = page_.sum_text(target, at);
    scene.frames.push_back(std::move(frame));
  }

  const FigurePage& page_;
  Geometry one_;
  double thick_ = 0;
  std::optional<MatrixPanel> panel_;
};

}  // namespace

Scene matrix_view(const FigurePage& page) { return MatrixView(page).draw(); }

}  // namespace fsconv::draw
