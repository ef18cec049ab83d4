// The frame of a chart: axes, ticks, grid and words, around the area in which numbers are drawn.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/chart.hpp>
#include <string>
#include <vector>

namespace fsconv::draw {

constexpr double tick_size = 12, label_size = 13;

// Numbers beside an axis and what they are called.
struct Tick {
  double value;
  std::string text;
};
std::vector<Tick> labelled_ticks(const Scale& scale, int most, bool whole);

// The frame of a chart of this size: room for the numbers of the y axis at the left, their label over it, and `right` pixels behind
// the plot. Scales come in `plot`, whose place is filled in.
void draw_frame(Scene& scene, Plot& plot, const ChartAxis& x, const ChartAxis& y, double right);

Point place(const Plot& plot, double x, double y);

}  // namespace fsconv::draw
