// Charts as drawings: lines over one or two logarithmic axes, bars, and how often numbers fall where.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv::draw {

// What a chart tells apart, and how far it reaches: smaller numbers have fewer digits, down to none, and the difference of
// larger ones may be infinite.
inline constexpr double least_width = 1e-300, farthest = 1e300;

// Numbers along a side of a chart. `low` < `high`, within these limits, both positive where it is logarithmic.
struct Scale {
  double low = 0, high = 1;
  bool logarithmic = false;

  double share(double value) const;  // 0 at low, 1 at high
  double value(double share) const;
  bool holds(
      double value) const;  // whether it has a place: finite, positive on a logarithmic scale, low to high
};

// The scale that holds all finite numbers (all positive ones, where it is logarithmic), a little wider than they are: of
// equal ones and of none it still has a width. Linear scales of which 0 is within reach (`with_zero`) begin there.
Scale scale_of(const std::vector<double>& values, bool logarithmic = false, bool with_zero = false);

// Round numbers within the scale, about `most` of them at most and two at least (fewer, where there are not two whole
// numbers): 1, 2 or 5 times a power of ten apart; whole numbers alone where `whole`. Of a logarithmic scale powers of ten, between which 2 and 5 times them where the scale is short.
std::vector<double> ticks(const Scale& scale, int most, bool whole = false);

// As short as tells one tick from the next: 0.25, 1,500, 2.5M, 1e-07.
std::string tick_text(double value, double step);
// A number with so many significant digits, without zeros at its end: 12.3, 0.00123, 1.2e-07; "nan" as "–".
std::string number_text(double value, int digits = 5);

struct ChartAxis {
  std::string label;  // what is measured, with its unit
  bool logarithmic = false;
  bool whole = false;      // only whole numbers make sense: epochs
  bool with_zero = false;  // 0 belongs to it
};

// Numbers that are not finite, or not positive on a logarithmic axis, are gaps.
struct ChartSeries {
  std::string name;
  std::vector<double> x, y;        // of one length
  std::vector<double> error = {};  // none, or one per point: half the length of its bar
  int colour = 0;                  // Role::series by this index
  bool dashed = false;
  bool points_only = false;
};

struct LineChart {
  std::string title, description;
  ChartAxis x, y;
  std::vector<ChartSeries> series;
  double width = 680, height = 340;
  // A line across at this number, and what it is.
  std::vector<std::pair<double, std::string>> levels = {};
};

// Where a drawn chart's numbers are, for a script that follows the pointer.
struct Plot {
  double left = 0, top = 0, width = 0, height = 0;
  Scale x, y;
};

struct DrawnChart {
  Scene scene;
  Plot plot;
};

// Lines with a mark at every point where there are few (circles, squares, triangles and diamonds in turn), a dash pattern
// where asked for, and the names at the lines' ends, moved apart. Of more than `named_series` series, only the first and the last by
// their last numbers are named: then the table beside it tells which is which. Throws InvalidArgument "series" where x and y differ in
// length.
DrawnChart line_chart(const LineChart& chart);
constexpr std::size_t named_series = 10;

struct Bar {
  std::string name;
  double value = 0;  // not finite: no bar, and `note` in its place
  double error = 0;
  std::string note = {};
  int colour = 0;
};

// Horizontal bars from 0, their names before them and their numbers behind. The height follows from how many there are.
struct BarChart {
  std::string title, description, label;  // label: what is measured, with its unit
  std::vector<Bar> bars;
  double width = 680;
  bool logarithmic = false;  // from the power of ten below the smallest
};
Scene bar_chart(const BarChart& chart);

// How many of `values` fall into each of equal bins: 'edges' has one more entry than `counts`. Numbers that are not finite are left out.
struct Histogram {
  std::vector<double> edges;
  std::vector<Index> counts;
};
// Bins of a round width, about the square root of the number of values and 40 at most. Empty without finite values.
Histogram histogram(const std::vector<double>& values);

struct HistogramChart {
  std::string title, description, label;
  Histogram of;
  double width = 680, height = 260;
  int colour = 0;
};
DrawnChart histogram_chart(const HistogramChart& chart);

}  // namespace fsconv::draw
