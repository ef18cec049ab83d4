// Drawings of a geometry: every view of it with its steps, to be shown on the page or saved.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/svg.hpp>

#include "answers.hpp"

namespace fsconv::explorer {
namespace {

// A browser draws some ten thousand shapes at once without making its reader wait.
constexpr Index most_products = 10'000;

// One plane of numbers in the system's order, as the figure wants them; its filter is never reversed.
Tensor<double> plane(const std::vector<double>& values, const Shape& whole) {
  const Shape space(whole.begin() + 2, whole.end());
  if (static_cast<Index>(values.size()) != element_count(space, "x"))
    throw InvalidArgument("numbers", fmt::format("there are {}", values.size()), "give one for every pixel");
  return Tensor<double>(space, values);
}

void add_numbers(const Request& r, const json& options, draw::FigureOptions& figure) {
  const Geometry& geometry = r.geometry;
  const bool given = options.contains("x") && options.contains("w");
  if (!given || geometry.in_channels != 1 || geometry.out_channels != 1) return;
  const bool transposed = r.direction == Direction::conv_transpose;
  figure.source = plane(options["x"], transposed ? geometry.code_shape() : geometry.image_shape());
  figure.weight = plane(options["w"], geometry.weight_shape());
  if (figure.filter.reversed) std::reverse(figure.weight->begin(), figure.weight->end());
}

// What is drawn is one pair of channels.
void require_drawable(const Geometry& geometry) {
  Geometry plane{.axes = geometry.axes};
  if (const Index products = nonzeros(plane); products > most_products)
    throw InvalidArgument("picture", fmt::format("{} products are too many for this page", products),
                          fmt::format("it draws up to {}; fsconv draw has no such limit", most_products));
}

}  // namespace

json picture_answer(const Request& r, const json& options) {
  require_drawable(r.geometry);
  draw::FigureOptions figure{
      .view = named<draw::View>(options.at("view").get<std::string>()),
      .direction = r.direction,
      .text = named<draw::CellText>(options.at("text").get<std::string>()),
      .convention = r.convention,
      .filter = filter_use(r.convention, r.direction, r.geometry.axes.size(), r.settings)};
  add_numbers(r, options, figure);
  const std::string file = options.value("file", "");
  if (file == "step") {
    if (draw::step_count(r.geometry, figure) > 0) figure.step = options.at("step").get<Index>();
    const draw::Scene one = draw::figure(r.geometry, figure);
    return {{"svg", svg(one.frames.empty() ? one : still(one, 0))}};
  }
  const draw::Scene scene = draw::figure(r.geometry, figure);
  if (file == "animation")
    return {{"svg", svg(scene, {.seconds_per_frame = options.at("seconds").get<double>()})}};
  json captions = json::array();
  for (const draw::Frame& frame : scene.frames) captions.push_back(frame.caption);
  return {{"svg", svg(scene, {.inline_prefix = "picture-"})},
          {"title", scene.title},
          {"description", scene.description},
          {"captions", captions}};
}

std::string picture_style() { return draw::svg_style(draw::Theme::automatic); }

}  // namespace fsconv::explorer
