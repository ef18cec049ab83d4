// Axes with round numbers, and thin lines across the plot at those of the y axis.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/draw/chart_frame.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

std::vector<Tick> labelled_ticks(const Scale& scale, int most, bool whole) {
  const std::vector<double> values = ticks(scale, most, whole);
  double step = 1;
  for (std::size_t at = 1; at < values.size(); ++at) {
    const double difference = values[at] - values[at - 1];
    step = at == 1 ? difference : std::min(step, difference);
  }
  std::vector<Tick> list;
  for (const double value : values)
    list.push_back({value, tick_text(value, scale.logarithmic ? std::min(value, 1.0) : step)});
  return list;
}

Point place(const Plot& plot, double x, double y) {
  return {plot.left + plot.x.share(x) * plot.width, plot.top + (1 - plot.y.share(y)) * plot.height};
}

void draw_frame(Scene& scene, Plot& plot, const ChartAxis& x, const ChartAxis& y, double right) {
  const Style grid{.stroke = {Role::line}, .stroke_width = 0.5}, axis{.stroke = {Role::quiet}};
  const int most_y = std::max(3, static_cast<int>(scene.height / 55));
  const std::vector<Tick> y_ticks = labelled_ticks(plot.y, most_y, y.whole);
  double widest = 0;
  for (const Tick& tick : y_ticks) widest = std::max(widest, text_width(tick.text, tick_size));
  plot.left = widest + 14;
  plot.top = 30;
  plot.width = std::max(40.0, scene.width - plot.left - right);
  plot.height = scene.height - plot.top - 46;

  scene.add(Label{.at = {2, 15},
                  .text = text_that_fits(y.label, scene.width - 4, label_size),
                  .size = label_size,
                  .colour = {Role::quiet}});
  for (const Tick& tick : y_ticks) {
    const double at = place(plot, plot.x.low, tick.value).y;
    scene.add(Path{.points = {{plot.left, at}, {plot.left + plot.width, at}}, .style = grid});
    scene.add(Label{.at = {plot.left - 6, at + 4},
                    .text = tick.text,
                    .size = tick_size,
                    .colour = {Role::quiet},
                    .anchor = Anchor::end});
  }
  const double bottom = plot.top + plot.height;
  scene.add(Path{.points = {{plot.left, bottom}, {plot.left + plot.width, bottom}}, .style = axis});
  double end = -INFINITY;  // of the number before
  for (const Tick& tick : labelled_ticks(plot.x, std::max(2, static_cast<int>(plot.width / 50)), x.whole)) {
    const double at = place(plot, tick.value, plot.y.low).x, half = text_width(tick.text, tick_size) / 2;
    scene.add(Path{.points = {{at, bottom}, {at, bottom + 4}}, .style = axis});
    if (at - half < end + 6 || at + half > scene.width) continue;
    end = at + half;
    scene.add(Label{.at = {at, bottom + 18},
                    .text = tick.text,
                    .size = tick_size,
                    .colour = {Role::quiet},
                    .anchor = Anchor::middle});
  }
  scene.add(Label{.at = {plot.left + plot.width / 2, bottom + 38},
                  .text = text_that_fits(x.label, scene.width - 8, label_size),
                  .size = label_size,
                  .colour = {Role::quiet},
                  .anchor = Anchor::middle});
}

}  // namespace fsconv::draw
