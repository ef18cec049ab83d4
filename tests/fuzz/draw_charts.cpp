// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fsconv/draw/chart.hpp>
#include <numeric>
#include <vector>

#include "draw/inside.hpp"
#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

// The first byte chooses the axes, the others are doubles of this machine.
struct Numbers {
  bool logarithmic_x = false, logarithmic_y = false, with_zero = false;
  double width = 680;
  std::vector<double> values = {};
};

Numbers numbers_of(Bytes bytes) {
  Numbers numbers;
  if (bytes.empty()) return numbers;
  const auto flags = std::to_integer<unsigned>(bytes.front());
  numbers.logarithmic_x = (flags & 1) != 0;
  numbers.logarithmic_y = (flags & 2) != 0;
  numbers.with_zero = (flags & 4) != 0;
  if ((flags & 8) != 0) numbers.width = 330;
  numbers.values.resize((bytes.size() - 1) / sizeof(double));
  if (!numbers.values.empty())
    std::memcpy(numbers.values.data(), bytes.data() + 1, numbers.values.size() * sizeof(double));
  return numbers;
}

}  // namespace

void draw_chart_numbers(Bytes bytes) {
  const Numbers numbers = numbers_of(bytes);
  const auto half = static_cast<std::ptrdiff_t>(numbers.values.size() / 2);
  const auto middle = numbers.values.begin() + half;
  const draw::ChartSeries series{
      .name = "a", .x = {numbers.values.begin(), middle}, .y = {middle, middle + half}};
  require(draw::lies_inside(
              draw::line_chart(
                  {.title = "t",
                   .description = "d",
                   .x = {.label = "x", .logarithmic = numbers.logarithmic_x},
                   .y = {.label = "y", .logarithmic = numbers.logarithmic_y, .with_zero = numbers.with_zero},
                   .series = {series},
                   .width = numbers.width})
                  .scene),
          "a line chart stays on its page");
  std::vector<draw::Bar> bars;
  for (const double value : series.y) bars.push_back({.name = "b", .value = value});
  require(draw::lies_inside(draw::bar_chart({.title = "t",
                                             .description = "d",
                                             .label = "b",
                                             .bars = bars,
                                             .width = numbers.width,
                                             .logarithmic = numbers.logarithmic_y})),
          "a bar chart stays on its page");
  const draw::Histogram of = draw::histogram(numbers.values);
  const auto finite = std::count_if(numbers.values.begin(), numbers.values.end(),
                                    [](double value) { return std::isfinite(value); });
  require(std::accumulate(of.counts.begin(), of.counts.end(), Index{0}) == finite,
          "every number is counted once");
  require(draw::lies_inside(
              draw::histogram_chart(
                  {.title = "t", .description = "d", .label = "h", .of = of, .width = numbers.width})
                  .scene),
          "a histogram stays on its page");
}

}  // namespace fsconv::fuzz
