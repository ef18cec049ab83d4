// Words, numbers and the frame of a page.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/draw/figure_page.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <iterator>
#include <numeric>

namespace fsconv::draw {

std::string number_text(double value) {
  if (value == std::round(value) && std::abs(value) < 1e6) return fmt::format("{:.0f}", value + 0.0);
  return fmt::format("{:.3g}", value);
}

std::string text_of_axes(const std::vector<Axis>& axes, const std::function<std::string(const Axis&)>& text) {
  // Each text once, and the axes of which it is said.
  std::vector<std::pair<std::string, std::vector<std::string>>> said;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const std::string one = text(axes[axis]);
    auto found =
        std::find_if(said.begin(), said.end(), [&](const auto& other) { return other.first == one; });
    if (found == said.end()) found = said.insert(said.end(), {one, {}});
    found->second.push_back(fmt::format("{}", axis));
  }
  if (said.size() == 1) return said.front().first;
  std::vector<std::string> parts;
  for (const auto& [one, of] : said)
    parts.push_back(fmt::format("{} ({} {})", one, of.size() == 1 ? "axis" : "axes", fmt::join(of, " and ")));
  return fmt::format("{}", fmt::join(parts, "; "));
}

void text_in(std::vector<Element>& elements, const Rectangle& square, const std::string& text, Paint colour,
             double size) {
  if (text.empty()) return;
  const double fitting = std::min(size, size * (square.width - 4) / std::max(text_width(text, size), 1.0));
  elements.push_back(
      {Label{.at = {square.x + square.width / 2, square.y + square.height / 2 + fitting * 0.36},
             .text = text,
             .size = fitting,
             .colour = colour,
             .anchor = Anchor::middle},
       {},
       {}});
}

namespace {

Tensor<double> numbers(const std::optional<Tensor<double>>& given, const Index3& extents, std::size_t rank,
                       const char* field) {
  Shape shape;
  for (std::size_t axis = 3 - rank; axis < 3; ++axis) shape.push_back(extents[axis]);
  if (!given) {
    Tensor<double> counted(shape);
    std::iota(counted.begin(), counted.end(), 1.0);
    return counted;
  }
  if (given->shape() != shape)
    throw InvalidArgument(field, fmt::format("has shape [{}]", fmt::join(given->shape(), ", ")),
                          fmt::format("of one channel, the figure needs [{}]", fmt::join(shape, ", ")));
  return *given;
}

}  // namespace

FigurePage::FigurePage(const Geometry& geometry, const FigureOptions& options)
    : geometry_(geometry), options_(options), axes_(three_axes(geometry)) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    taps_[axis] = axis_taps(axes_[axis]);
    std::sort(taps_[axis].begin(), taps_[axis].end(),
              [](const AxisTap& one, const AxisTap& other) { return one.k < other.k; });
  }
  for (const Index3& sizes : {extents(Side::code), extents(Side::image), tap_extents(axes_)})
    for (const Index size : sizes) short_positions_ = short_positions_ && size <= 10;
  if (options.text != CellText::numbers) return;
  source_values_ = numbers(options.source, extents(source()), rank(), "input");
  weights_ = numbers(options.weight, tap_extents(axes_), rank(), "weight");
  const Index3 results = extents(target());
  target_values_ = Tensor<double>({volume(results)});
  for_each_position(results, [&](const Index3& at) {
    double& sum = target_values_[flatten(at, results)];
    for (const PixelTap& tap : taps_of(target(), at)) sum += product(tap);
  });
}

std::vector<PixelTap> FigurePage::taps_of(Side side, const Index3& at) const {
  std::array<std::vector<AxisTap>, 3> here;
  for (std::size_t axis = 0; axis < 3; ++axis)
    std::copy_if(taps_[axis].begin(), taps_[axis].end(), std::back_inserter(here[axis]),
                 [&](const AxisTap& tap) { return (side == Side::code ? tap.o : tap.i) == at[axis]; });
  std::vector<PixelTap> all;
  for (const AxisTap& a : here[0])
    for (const AxisTap& b : here[1])
      for (const AxisTap& c : here[2]) all.push_back({{a.o, b.o, c.o}, {a.i, b.i, c.i}, {a.k, b.k, c.k}});
  return all;
}

double FigurePage::value(Side side, const Index3& at) const {
  return (side == source() ? source_values_ : target_values_)[flatten(at, extents(side))];
}
double FigurePage::product(const PixelTap& tap) const {
  return weight(tap.k) * value(source(), pixel_of(source(), tap));
}
double FigurePage::weight(const Index3& k) const { return weights_[flatten(k, tap_extents(axes_))]; }

std::string FigurePage::side_name(Side side) const {
  const char* native = side == Side::code ? "code" : "image";
  if (options_.convention == Convention::native) return native;
  return fmt::format("{} ({} side)", side == source() ? "input" : "output", native);
}

std::string FigurePage::pixels_text(Side side) const {
  const Index3 sizes = extents(side);
  return fmt::format("{} pixel{}",
                     fmt::join(sizes.begin() + static_cast<std::ptrdiff_t>(3 - rank()), sizes.end(), " x "),
                     volume(sizes) == 1 ? "" : "s");
}

std::string FigurePage::position_text(const Index3& at) const {
  return fmt::format("{}", fmt::join(at.begin() + static_cast<std::ptrdiff_t>(3 - rank()), at.end(),
                                     short_positions_ ? "" : ","));
}

std::string FigurePage::pixel_text(Side side, const Index3& at) const {
  if (options_.text == CellText::none) return {};
  if (options_.text == CellText::numbers) return number_text(value(side, at));
  return (side == Side::code ? "y" : "x") + position_text(at);
}

std::string FigurePage::weight_text(const Index3& k) const {
  if (options_.text == CellText::none) return {};
  return options_.text == CellText::numbers ? number_text(weight(k)) : "w" + position_text(k);
}

std::string FigurePage::bracketed(char letter, const Index3& at) const {
  return fmt::format("{}[{}]", letter,
                     fmt::join(at.begin() + static_cast<std::ptrdiff_t>(3 - rank()), at.end(), ","));
}

std::string FigurePage::sum_text(Side side, const Index3& at) const {
  constexpr std::size_t most = 9;  // more would not be read
  const std::vector<PixelTap> taps = taps_of(side, at);
  const Side read = opposite(side);
  std::vector<std::string> products;
  for (const PixelTap& tap : taps) {
    if (products.size() == most) break;
    const Index3& from = pixel_of(read, tap);
    products.push_back(options_.text == CellText::numbers
                           ? fmt::format("{}·{}", number_text(weight(tap.k)), number_text(value(read, from)))
                           : fmt::format("{} {}", bracketed('w', tap.k), bracketed(read, from)));
  }
  if (taps.empty()) products.emplace_back("0: no tap reaches it");
  std::string sum = fmt::format("{} = {}", bracketed(side, at), fmt::join(products, " + "));
  if (taps.size() > most) sum += fmt::format(" + {} more", taps.size() - most);
  if (options_.text == CellText::numbers && !taps.empty())
    sum += fmt::format(" = {}", number_text(value(side, at)));
  return sum;
}

Scene FigurePage::begin(const std::string& title, const std::string& below) const {
  Scene scene;
  scene.title = title;
  scene.axes = rank();
  scene.description = below;
  scene.add(Label{.at = {left, 34}, .text = title, .size = 19, .bold = true});
  scene.add(Label{.at = {left, 56}, .text = below, .size = 13, .colour = {Role::quiet}});
  return scene;
}

void FigurePage::panel_heading(Scene& scene, Point at, const std::string& name, const std::string& about,
                               Paint colour, double width) const {
  const std::vector<std::string> lines = text_lines(about, width, about_size);
  double y = at.y - 11 - about_line * static_cast<double>(lines.size() - 1);
  scene.add(Label{.at = {at.x, y - 17}, .text = name, .size = 14, .colour = colour, .bold = true});
  for (const std::string& line : lines) {
    scene.add(Label{.at = {at.x, y}, .text = line, .size = about_size, .colour = {Role::quiet}});
    y += about_line;
  }
}

void FigurePage::end(Scene& scene, double right, double bottom,
                     const std::vector<LegendEntry>& legend) const {
  double y = bottom + 38;
  double width = std::max({right + left, text_width(scene.title, 19, true) + 2 * left,
                           text_width(scene.description, 13) + 2 * left, 480.0});
  // The longest sum decides how many lines all of them get.
  std::size_t lines = 0;
  for (const Frame& frame : scene.frames)
    lines = std::max(lines, text_lines(frame.caption, width - 2 * left, 13.5, true).size());
  for (Frame& frame : scene.frames) {
    double line_y = y;
    for (const std::string& line : text_lines(frame.caption, width - 2 * left, 13.5, true)) {
      frame.elements.push_back(
          {Label{.at = {left, line_y}, .text = line, .size = 13.5, .bold = true}, {}, {}});
      line_y += 19;
    }
  }
  if (lines > 0) y += static_cast<double>(lines) * 19 + 10;

  double x = left;
  for (const LegendEntry& entry : legend) {
    const double wide = 22 + text_width(entry.words, 11.5) + 20;
    if (x > left && x + wide > width - left) {
      x = left;
      y += 22;
    }
    scene.add(Rectangle{.x = x, .y = y - 11, .width = 14, .height = 14, .style = entry.style});
    scene.add(Label{.at = {x + 20, y}, .text = entry.words, .size = 11.5, .colour = {Role::quiet}});
    x += wide;
  }
  if (!legend.empty()) y += 26;

  std::vector<std::string> footer;
  footer.push_back("the equation up·i = down·o + dilation·k - pad is " +
                   text_of_axes(geometry_.axes, [](const Axis& axis) {
                     return fmt::format("{}·i = {}·o + {}·k {} {}", axis.up, axis.down, axis.dilation,
                                        axis.pad < 0 ? '+' : '-', std::abs(axis.pad));
                   }));
  footer.push_back("case " + print_case(geometry_));
  if (geometry_.in_channels > 1 || geometry_.out_channels > 1)
    footer.back() += fmt::format("; drawn is one pair of its {} x {} channels, all others are alike",
                                 geometry_.out_channels, geometry_.in_per_group());
  // Both conventions of ONNX have the same words.
  const Convention system =
      options_.convention == Convention::onnx_reference ? Convention::onnx : options_.convention;
  if (system != Convention::native)
    for (const Equivalent& said : equivalents(geometry_, options_.direction, options_.filter))
      if (said.convention == system) {
        footer.push_back(
            fmt::format("{}: {}{}", name(said.convention), said.exists ? "" : "none: ", said.text));
        for (const std::string& note : {said.remark, said.limits})
          if (!note.empty()) footer.push_back("# " + note);
      }
  if (options_.filter.reversed && options_.view != View::overlap)
    footer.push_back("the filter is drawn as it is applied; its array holds it reversed");
  for (const std::string& text : footer)
    for (const std::string& line : text_lines(text, width - 2 * left, 11.5)) {
      scene.add(Label{.at = {left, y}, .text = line, .size = 11.5, .colour = {Role::quiet}});
      y += 17;
    }
  scene.width = std::ceil(width);
  scene.height = std::ceil(y + 8);
}

}  // namespace fsconv::draw
