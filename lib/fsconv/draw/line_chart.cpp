// Lines through numbers, marks where there are few, and names at the ends.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/draw/chart_frame.hpp>
#include <fsconv/draw/text_size.hpp>
#include <optional>

namespace fsconv::draw {

namespace {

constexpr double line_height = 15, mark_radius = 3.5;
constexpr std::size_t most_marked = 40;

// The same colour comes again with another shape.
void draw_mark(Scene& scene, Point at, std::size_t shape, Paint paint) {
  const Style style{.fill = paint, .stroke = {Role::paper}};
  const double r = mark_radius;
  const auto polygon = [&](std::vector<Point> corners) {
    for (Point& corner : corners) corner = {at.x + corner.x * r, at.y + corner.y * r};
    scene.add(Path{.points = std::move(corners), .style = style, .closed = true});
  };
  if (shape % 4 == 0) scene.add(Circle{.centre = at, .radius = r, .style = style});
  if (shape % 4 == 1) polygon({{-0.95, -0.95}, {0.95, -0.95}, {0.95, 0.95}, {-0.95, 0.95}});
  if (shape % 4 == 2) polygon({{0, -1.25}, {1.15, 0.95}, {-1.15, 0.95}});
  if (shape % 4 == 3) polygon({{0, -1.35}, {1.35, 0}, {0, 1.35}, {-1.35, 0}});
}

bool is_drawn(const Plot& plot, const ChartSeries& one, std::size_t at) {
  return plot.x.holds(one.x[at]) && plot.y.holds(one.y[at]);
}

void draw_series(Scene& scene, const Plot& plot, const ChartSeries& one, std::size_t number) {
  const Paint paint{Role::series, one.colour};
  const Style line{.stroke = paint, .stroke_width = 2, .dashed = one.dashed};
  std::vector<Point> run;
  const auto finish = [&] {
    if (run.size() > 1 && !one.points_only) scene.add(Path{.points = run, .style = line});
    run.clear();
  };
  for (std::size_t at = 0; at < one.x.size(); ++at)
    if (is_drawn(plot, one, at))
      run.push_back(place(plot, one.x[at], one.y[at]));
    else
      finish();
  finish();
  for (std::size_t at = 0; at < one.x.size(); ++at) {
    if (!is_drawn(plot, one, at)) continue;
    const Point centre = place(plot, one.x[at], one.y[at]);
    if (at < one.error.size() && one.error[at] > 0 && std::isfinite(one.error[at])) {
      const double top = std::min(one.y[at] + one.error[at], plot.y.high),
                   foot = std::max(one.y[at] - one.error[at], plot.y.low);
      const Style bar{.stroke = paint, .stroke_width = 1.5};
      const Point upper = place(plot, one.x[at], top), lower = place(plot, one.x[at], foot);
      scene.add(Path{.points = {upper, lower}, .style = bar});
      for (const Point& end : {upper, lower})
        scene.add(Path{.points = {{end.x - 4, end.y}, {end.x + 4, end.y}}, .style = bar});
    }
    // A lone point among gaps would not be seen without a mark.
    const bool alone =
        (at == 0 || !is_drawn(plot, one, at - 1)) && (at + 1 == one.x.size() || !is_drawn(plot, one, at + 1));
    if (one.x.size() <= most_marked || one.points_only || alone) draw_mark(scene, centre, number, paint);
  }
}

// A name beside a line's end, where there is room for it.
struct EndLabel {
  std::size_t series;
  Point end;
  double y;
};

std::vector<EndLabel> end_labels(const LineChart& chart, const Plot& plot) {
  std::vector<EndLabel> labels;
  for (std::size_t number = 0; number < chart.series.size(); ++number) {
    const ChartSeries& one = chart.series[number];
    for (std::size_t at = one.x.size(); at-- > 0;)
      if (is_drawn(plot, one, at)) {
        const Point end = place(plot, one.x[at], one.y[at]);
        labels.push_back({number, end, end.y});
        break;
      }
  }
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  if (labels.size() > named_series) labels = {labels.front(), labels.back()};
  // Down, each below the one before; then up again, as far as the last ones have left the plot.
  for (std::size_t at = 1; at < labels.size(); ++at)
    labels[at].y = std::max(labels[at].y, labels[at - 1].y + line_height);
  double limit = plot.top + plot.height;
  for (std::size_t at = labels.size(); at-- > 0; limit = labels[at].y - line_height)
    labels[at].y = std::min(labels[at].y, limit);
  return labels;
}

void draw_end_labels(Scene& scene, const LineChart& chart, const Plot& plot, double room) {
  const double edge = plot.left + plot.width;
  for (const EndLabel& label : end_labels(chart, plot)) {
    const ChartSeries& one = chart.series[label.series];
    const Paint paint{Role::series, one.colour};
    // Level inside the plot, and no line of a series, so that nobody reads it as one.
    const bool ends_early = label.end.x < edge - 1;
    if (ends_early)
      scene.add(Path{.points = {{label.end.x + 5, label.end.y}, {edge, label.end.y}},
                     .style = {.stroke = {Role::line}, .dashed = true}});
    if (ends_early || label.y != label.end.y)
      scene.add(Path{.points = {{edge + 1, label.end.y}, {edge + 10, label.y}},
                     .style = {.stroke = paint, .stroke_width = 0.7}});
    scene.add(Label{.at = {edge + 13, label.y + 4},
                    .text = text_that_fits(one.name, room - 15, label_size),
                    .size = label_size,
                    .colour = paint});
  }
}

// So much for names behind the plot, that at least 55 of 100 remain for it.
double room_for_names(const LineChart& chart) {
  double widest = 0;
  for (const ChartSeries& one : chart.series) widest = std::max(widest, text_width(one.name, label_size));
  return std::min(widest + 20, 0.36 * chart.width);
}

// The numbers, with what their bars reach.
std::vector<double> reached(const LineChart& chart) {
  std::vector<double> values;
  for (const ChartSeries& one : chart.series)
    for (std::size_t at = 0; at < one.y.size(); ++at) {
      values.push_back(one.y[at]);
      if (at >= one.error.size() || !std::isfinite(one.error[at])) continue;
      values.push_back(one.y[at] + one.error[at]);
      values.push_back(one.y[at] - one.error[at]);
    }
  for (const auto& [level, name] : chart.levels) values.push_back(level);
  return values;
}

}  // namespace

DrawnChart line_chart(const LineChart& chart) {
  std::vector<double> xs;
  for (const ChartSeries& one : chart.series) {
    if (one.x.size() != one.y.size() || (!one.error.empty() && one.error.size() != one.y.size()))
      throw InvalidArgument("series",
                            fmt::format("{} has {} x, {} y and {} errors", one.name, one.x.size(),
                                        one.y.size(), one.error.size()),
                            "as many of each, or no errors");
    xs.insert(xs.end(), one.x.begin(), one.x.end());
  }
  DrawnChart drawn;
  drawn.scene = {
      .width = chart.width, .height = chart.height, .title = chart.title, .description = chart.description};
  drawn.plot.x = scale_of(xs, chart.x.logarithmic, chart.x.with_zero);
  drawn.plot.y = scale_of(reached(chart), chart.y.logarithmic, chart.y.with_zero);
  const double room = room_for_names(chart);
  draw_frame(drawn.scene, drawn.plot, chart.x, chart.y, room + 8);
  const Plot& plot = drawn.plot;
  for (const auto& [level, name] : chart.levels) {
    if (!plot.y.holds(level)) continue;
    const double y = place(plot, plot.x.low, level).y;
    drawn.scene.add(Path{.points = {{plot.left, y}, {plot.left + plot.width, y}},
                         .style = {.stroke = {Role::quiet}, .dashed = true}});
    drawn.scene.add(
        Label{.at = {plot.left + 4, y - 5}, .text = name, .size = tick_size, .colour = {Role::quiet}});
  }
  for (std::size_t number = 0; number < chart.series.size(); ++number)
    draw_series(drawn.scene, plot, chart.series[number], number);
  draw_end_labels(drawn.scene, chart, plot, room);
  return drawn;
}

}  // namespace fsconv::draw
