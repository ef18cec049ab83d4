// Bars beside their names, and histograms.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/draw/chart_frame.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

Scene bar_chart(const BarChart& chart) {
  constexpr double row = 24, head = 30, thickness = 15;
  const double wide = chart.width;
  Scene scene{.width = wide,
              .height = head + row * static_cast<double>(chart.bars.size()) + 6,
              .title = chart.title,
              .description = chart.description};
  double names = 0, numbers = 0;
  std::vector<double> values;
  std::vector<std::string> texts;
  for (const Bar& bar : chart.bars) {
    names = std::max(names, text_width(bar.name, label_size));
    const bool has_error = bar.error > 0 && std::isfinite(bar.error);
    texts.push_back(!bar.note.empty() ? bar.note
                    : has_error ? fmt::format("{} ± {}", number_text(bar.value, 4), number_text(bar.error, 2))
                                : number_text(bar.value, 4));
    if (bar.note.empty()) numbers = std::max(numbers, text_width(texts.back(), tick_size));
    values.push_back(bar.value);
    if (has_error) values.push_back(bar.value + bar.error);
  }
  names = std::min(names, 0.42 * wide);
  numbers = std::min(numbers, 0.3 * wide);
  Scale scale = scale_of(values, chart.logarithmic, true);
  if (chart.logarithmic) scale.low = std::pow(10, std::floor(std::log10(scale.low)));
  const double left = names + 10, width = std::max(30.0, wide - left - numbers - 12);
  const auto at = [&](double value) {
    if (chart.logarithmic && !(value > 0)) return left;
    return left + std::clamp(scale.share(value), 0.0, 1.0) * width;
  };
  scene.add(Label{.at = {2, 15},
                  .text = text_that_fits(chart.label, wide - 4, label_size),
                  .size = label_size,
                  .colour = {Role::quiet}});
  double y = head;
  for (std::size_t number = 0; number < chart.bars.size(); ++number, y += row) {
    const Bar& bar = chart.bars[number];
    const double base = y + thickness - 3;
    scene.add(Label{.at = {names + 2, base},
                    .text = text_that_fits(bar.name, names, label_size),
                    .size = label_size,
                    .anchor = Anchor::end});
    double end = left;
    if (std::isfinite(bar.value)) {
      const double zero = chart.logarithmic ? left : at(0);
      const double from = std::min(zero, at(bar.value)), to = std::max(zero, at(bar.value));
      scene.add(Rectangle{.x = from,
                          .y = y,
                          .width = std::max(to - from, 1.0),
                          .height = thickness,
                          .style = {.fill = {Role::series, bar.colour}}});
      end = to;
      if (bar.error > 0 && std::isfinite(bar.error)) {
        scene.add(Path{.points = {{at(bar.value - bar.error), y + thickness / 2},
                                  {at(bar.value + bar.error), y + thickness / 2}},
                       .style = {.stroke = {Role::ink}, .stroke_width = 1.5}});
        end = std::max(end, at(bar.value + bar.error));
      }
    }
    scene.add(Label{.at = {end + 6, base},
                    .text = text_that_fits(texts[number], wide - end - 8, tick_size),
                    .size = tick_size,
                    .colour = {Role::quiet}});
  }
  return scene;
}

Histogram histogram(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  if (finite.empty()) return {};
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  const int most = std::clamp(static_cast<int>(std::sqrt(static_cast<double>(finite.size()))), 4, 40);
  const double size = std::max(std::abs(*low), std::abs(*high));
  Histogram result;
  if (size > farthest) {
    result.edges = {-farthest, farthest};
  } else if (*high - *low < std::max(least_width, 1e-12 * size)) {  // as good as equal
    const double half = std::max(0.5, 1e-3 * size);
    result.edges = {*low - half, *low + half};
  } else {
    const std::vector<double> round = ticks({*low, *high}, most + 1);
    const double step = round[1] - round[0];
    double edge = std::floor(*low / step) * step;
    const double first = edge;
    for (int n = 1; edge <= *high; ++n) {
      result.edges.push_back(edge);
      edge = first + n * step;
    }
    result.edges.push_back(edge);
  }
  result.counts.assign(result.edges.size() - 1, 0);
  for (const double value : finite) {
    const auto above = std::upper_bound(result.edges.begin(), result.edges.end(), value);
    const auto bin = std::clamp<std::ptrdiff_t>(above - result.edges.begin() - 1, 0,
                                                static_cast<std::ptrdiff_t>(result.counts.size()) - 1);
    ++result.counts[static_cast<std::size_t>(bin)];
  }
  return result;
}

DrawnChart histogram_chart(const HistogramChart& chart) {
  DrawnChart drawn;
  drawn.scene = {
      .width = chart.width, .height = chart.height, .title = chart.title, .description = chart.description};
  const Histogram& of = chart.of;
  double most = 1;
  for (const Index count : of.counts) most = std::max(most, static_cast<double>(count));
  drawn.plot.x = of.edges.empty() ? Scale{} : Scale{of.edges.front(), of.edges.back()};
  drawn.plot.y = {0, most * 1.05};
  draw_frame(drawn.scene, drawn.plot, {.label = chart.label}, {.label = "how many", .whole = true}, 24);
  for (std::size_t at = 0; at < of.counts.size(); ++at) {
    const Point corner = place(drawn.plot, of.edges[at], static_cast<double>(of.counts[at]));
    const Point foot = place(drawn.plot, of.edges[at + 1], 0);
    drawn.scene.add(Rectangle{.x = corner.x + 0.5,
                              .y = corner.y,
                              .width = std::max(foot.x - corner.x - 1, 0.5),
                              .height = foot.y - corner.y,
                              .style = {.fill = {Role::series, chart.colour}}});
  }
  return drawn;
}

}  // namespace fsconv::draw
