// What all views of a figure share: the words and numbers of pixels, the heading, the line of the sum, the footer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/axis_positions.hpp>
#include <fsconv/draw/figure.hpp>
#include <functional>

namespace fsconv::draw {

// A product of the operator: tap k joins code pixel o with image pixel i.
struct PixelTap {
  Index3 o, i, k;
};

enum class Side { code, image };
inline Role role_of(Side side) { return side == Side::code ? Role::code : Role::image; }
inline Side opposite(Side side) { return side == Side::code ? Side::image : Side::code; }
inline char letter_of(Side side) { return side == Side::code ? 'y' : 'x'; }
// The pixel of a side that a product is about.
inline const Index3& pixel_of(Side side, const PixelTap& tap) { return side == Side::code ? tap.o : tap.i; }
inline Mark pixel_mark(Side side, const Index3& at) {
  return side == Side::code ? Mark{.kind = Mark::Kind::code_pixel, .o = at}
                            : Mark{.kind = Mark::Kind::image_pixel, .i = at};
}
inline Mark tap_mark(const PixelTap& tap) { return {Mark::Kind::tap, tap.o, tap.i, tap.k}; }

// Text in the middle of a square, smaller where it would not fit; nothing for no text.
void text_in(std::vector<Element>& elements, const Rectangle& square, const std::string& text, Paint colour,
             double size = 12);

class FigurePage {
 public:
  FigurePage(const Geometry& geometry, const FigureOptions& options);

  const Geometry& geometry() const { return geometry_; }
  const FigureOptions& options() const { return options_; }
  const std::array<Axis, 3>& axes() const { return axes_; }
  std::size_t rank() const { return geometry_.axes.size(); }
  bool transposed() const { return options_.direction == Direction::conv_transpose; }
  Side source() const { return transposed() ? Side::code : Side::image; }
  Side target() const { return transposed() ? Side::image : Side::code; }
  Index3 extents(Side side) const { return side == Side::code ? out_extents(axes_) : in_extents(axes_); }
  // All products that a pixel takes part in, in the order of the filter.
  std::vector<PixelTap> taps_of(Side side, const Index3& at) const;

  // "code", or in another system's words "input (code side)".
  std::string side_name(Side side) const;
  // "12", or "1,12" where an axis has more than ten: what stands in a cell behind its letter.
  std::string position_text(const Index3& at) const;
  std::string pixel_text(Side side, const Index3& at) const;  // in a cell: y12, or its number
  std::string weight_text(const Index3& k) const;             // on a tap: w12, or its number
  // What tap k adds: the weight times the pixel of the source; numbers only.
  double product(const PixelTap& tap) const;
  // "x[2,3] = w[1,0] y[1,1] + ... = 12"
  std::string sum_text(Side side, const Index3& at) const;
  std::string bracketed(char letter, const Index3& at) const;  // x[2,3]
  std::string bracketed(Side side, const Index3& at) const { return bracketed(letter_of(side), at); }
  std::string pixels_text(Side side) const;  // 6 x 6 pixels
  // Whether a step is to be drawn: all are, or one.
  bool draws_step(Index number) const { return !options_.step || *options_.step == number; }
  bool has_text() const { return options_.text != CellText::none; }

  // The scene with its heading; what is drawn next begins at `top`.
  static constexpr double left = 28, top = 118, gap = 56, least_panel_width = 190;
  Scene begin(const std::string& title, const std::string& below) const;
  // A panel's name and what it is about, above `at`: one line, or where that is wider than `width` several. Every further
  // one needs more room above.
  static constexpr double about_size = 11.5, about_line = 14;
  void panel_heading(Scene& scene, Point at, const std::string& name, const std::string& about, Paint colour,
                     double width) const;
  // Under everything: the captions of the frames, the legend, the equation and the case; makes the scene as large as what is
  // drawn, of which the rightmost and lowest points are given.
  struct LegendEntry {
    Style style;
    std::string words;
  };
  void end(Scene& scene, double right, double bottom, const std::vector<LegendEntry>& legend) const;

 private:
  double value(Side side, const Index3& at) const;
  double weight(const Index3& k) const;

  const Geometry& geometry_;
  const FigureOptions& options_;
  std::array<Axis, 3> axes_;
  std::array<std::vector<AxisTap>, 3> taps_;  // of each axis, by k
  Tensor<double> source_values_, weights_, target_values_;
  bool short_positions_ = true;
};

// Of conv_transpose: how many classes of image pixels meet different taps; of conv, of code pixels.
Index phase_count(const std::array<Axis, 3>& axes, Direction direction);

std::string number_text(double value);  // a whole number as one, else with 3 digits

// What is to be said of axes: once where it is the same of all, else "TEXT (axes 0 and 2); TEXT (axis 1)".
std::string text_of_axes(const std::vector<Axis>& axes, const std::function<std::string(const Axis&)>& text);

// Each view in the file of its name.
Scene window_view(const FigurePage& page);  // gather, scatter, zeros
Scene phase_view(const FigurePage& page);
Scene overlap_view(const FigurePage& page);
Scene matrix_view(const FigurePage& page);

}  // namespace fsconv::draw
