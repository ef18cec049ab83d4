// Charts: round numbers along their axes, and every number at its place.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/draw/chart.hpp>
#include <limits>

#include "draw/inside.hpp"

using namespace fsconv;
using namespace fsconv::draw;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();

template <class T>
std::vector<T> shapes(const Scene& scene) {
  std::vector<T> list;
  for (const Element& element : scene.elements)
    if (const T* shape = std::get_if<T>(&element.shape)) list.push_back(*shape);
  return list;
}

bool has_label(const Scene& scene, const std::string& text) {
  for (const Label& label : shapes<Label>(scene))
    if (label.text == text) return true;
  return false;
}

bool is_round(double step) {
  const double digit = step / std::pow(10, std::floor(std::log10(step) + 1e-9));
  return std::abs(digit - 1) < 1e-6 || std::abs(digit - 2) < 1e-6 || std::abs(digit - 5) < 1e-6;
}

}  // namespace

TEST_CASE("chart: ticks by hand") {
  CHECK(ticks({0, 10}, 6) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(ticks({0.5, 3.5}, 10, true) == std::vector<double>{1, 2, 3});
  CHECK(ticks({1, 1000, true}, 4) == std::vector<double>{1, 10, 100, 1000});
  CHECK(ticks({0.9, 60, true}, 8) == std::vector<double>{1, 2, 5, 10, 20, 50});
  CHECK(tick_text(0.25, 0.05) == "0.25");
  CHECK(tick_text(12000, 2000) == "12,000");
  CHECK(tick_text(2.5e6, 5e5) == "2.5M");
  CHECK(tick_text(-3, 1) == "−3");
  CHECK(number_text(10180.4, 5) == "10180");
  CHECK(number_text(0.00123456, 3) == "0.00123");
  CHECK(number_text(not_a_number) == "–");
  CHECK(number_text(-infinity) == "−∞");
}

TEST_CASE("chart: ticks are round, within the scale, equally far apart, two or more") {
  Random random(7);
  for (int n = 0; n < 2000; ++n) {
    const double low = std::ldexp(random.uniform() - 0.5, static_cast<int>(random.uniform() * 60) - 30);
    const double width = std::ldexp(random.uniform() + 0.01, static_cast<int>(random.uniform() * 40) - 20) +
                         std::abs(low) * 1e-6;
    const Scale scale{low, low + width};
    for (const int most : {2, 3, 5, 9}) {
      const std::vector<double> list = ticks(scale, most);
      INFO(scale.low << " " << scale.high << " " << most);
      REQUIRE(list.size() >= 2);
      // Where a step s leaves one tick, the scale is shorter than 2 s, and the next step is s / 2.5 or more.
      REQUIRE(list.size() <= static_cast<std::size_t>(std::max(most, 5)));
      REQUIRE(is_round((list.back() - list.front()) / static_cast<double>(list.size() - 1)));
      const double slack = width * 1e-6;
      REQUIRE(list.front() >= scale.low - slack);
      REQUIRE(list.back() <= scale.high + slack);
    }
  }
}

TEST_CASE("chart: scales hold their numbers, have a width, and invert") {
  const double largest = std::numeric_limits<double>::max();
  for (const std::vector<double>& values : {std::vector<double>{},
                                            {not_a_number},
                                            {0},
                                            {5},
                                            {-3, -3},
                                            {1, 2, not_a_number},
                                            {-1e300, 1e300},
                                            {1e-300},
                                            {infinity, 4},
                                            {largest / 1e10, 1},
                                            {5e-324},
                                            {5e-324, 1e-323},
                                            {0, 1e-310}})
    for (const bool with_zero : {false, true}) {
      const Scale scale = scale_of(values, false, with_zero);
      CHECK(scale.low < scale.high);
      CHECK(std::isfinite(scale.high - scale.low));
      for (const double value : values)
        if (std::isfinite(value)) CHECK(scale.holds(value));
      CHECK_FALSE(scale.holds(not_a_number));
      CHECK(scale.share(scale.value(0.25)) == Approx(0.25));
    }
  for (const std::vector<double>& tiny : {std::vector<double>{5e-324}, {5e-324, 1e-323}, {1e-310, 1}}) {
    const Scale scale = scale_of(tiny, true);
    CHECK(scale.low < scale.high);
    CHECK(scale.share(scale.value(0.25)) == Approx(0.25));
  }
  const Scale powers = scale_of({1, 1000, 0, -5}, true);
  CHECK(powers.low > 0);
  CHECK(powers.holds(1000));
  CHECK_FALSE(powers.holds(0));
  CHECK(powers.share(powers.value(0.3)) == Approx(0.3));
}

TEST_CASE("chart: a line goes through its numbers, and breaks where there is none") {
  const LineChart chart{.title = "t",
                        .description = "d",
                        .x = {.label = "epoch", .whole = true},
                        .y = {.label = "loss"},
                        .series = {{.name = "a", .x = {1, 2, 3, 4, 5}, .y = {5, 4, not_a_number, 2, 1}}}};
  const DrawnChart drawn = line_chart(chart);
  CHECK(lies_inside(drawn.scene));
  std::vector<Path> lines;
  for (const Path& path : shapes<Path>(drawn.scene))
    if (path.style.stroke.role == Role::series && path.style.stroke_width == 2) lines.push_back(path);
  REQUIRE(lines.size() == 2);
  REQUIRE(lines[0].points.size() == 2);
  const Plot& plot = drawn.plot;
  for (const auto& [line, at, x, y] :
       {std::tuple{0, 0, 1.0, 5.0}, {0, 1, 2.0, 4.0}, {1, 0, 4.0, 2.0}, {1, 1, 5.0, 1.0}}) {
    const Point point = lines[static_cast<std::size_t>(line)].points[static_cast<std::size_t>(at)];
    CHECK(plot.x.value((point.x - plot.left) / plot.width) == Approx(x));
    CHECK(plot.y.value(1 - (point.y - plot.top) / plot.height) == Approx(y));
  }
  CHECK(shapes<Circle>(drawn.scene).size() == 4);
  CHECK(has_label(drawn.scene, "a"));
}

TEST_CASE("chart: names at the ends keep their distance; of many series two are named") {
  for (const std::size_t count : {2u, 9u, 50u}) {
    LineChart chart{.title = "t", .description = "d", .x = {.label = "x"}, .y = {.label = "y"}, .series = {}};
    for (std::size_t n = 0; n < count; ++n)
      chart.series.push_back({.name = "run" + std::to_string(n),
                              .x = {0, 1},
                              .y = {0, 1 + 1e-6 * static_cast<double>(n)},
                              .colour = static_cast<int>(n)});
    const DrawnChart drawn = line_chart(chart);
    CHECK(lies_inside(drawn.scene));
    std::vector<double> heights;
    for (const Label& label : shapes<Label>(drawn.scene))
      if (label.text.starts_with("run")) heights.push_back(label.at.y);
    CHECK(heights.size() == (count > named_series ? 2 : count));
    std::sort(heights.begin(), heights.end());
    for (std::size_t at = 1; at < heights.size(); ++at) CHECK(heights[at] - heights[at - 1] >= 14);
  }
}

TEST_CASE("chart: empty, one point, hostile numbers, narrow: nothing leaves the page") {
  for (const double width : {330.0, 700.0})
    for (const bool logarithmic : {false, true})
      for (const std::vector<double>& y : {std::vector<double>{},
                                           {not_a_number, not_a_number},
                                           {1},
                                           {0, 0, 0},
                                           {-1e300, 1e300},
                                           {1e-300, 1e300},
                                           {5e-324, 1e-323},  // no digits are left to make steps of
                                           {0, 3e-323},
                                           {-1.7e308, 1.7e308},
                                           {1, std::nextafter(1.0, 2.0)},
                                           {infinity, 1}}) {
        ChartSeries series{.name = std::string(200, 'm'), .x = {}, .y = y};
        for (std::size_t at = 0; at < y.size(); ++at) series.x.push_back(static_cast<double>(at));
        const DrawnChart drawn =
            line_chart({.title = "t",
                        .description = "d",
                        .x = {.label = "x"},
                        .y = {.label = std::string(200, 'y'), .logarithmic = logarithmic},
                        .series = {series},
                        .width = width});
        CHECK(lies_inside(drawn.scene));
        CHECK(lies_inside(bar_chart({.title = "t",
                                     .description = "d",
                                     .label = "b",
                                     .bars = {{std::string(200, 'm'), y.empty() ? not_a_number : y[0], 1},
                                              {"b", 0},
                                              {"c", not_a_number, 0, std::string(300, 'n')}},
                                     .width = width})));
        CHECK(lies_inside(
            histogram_chart(
                {.title = "t", .description = "d", .label = "h", .of = histogram(y), .width = width})
                .scene));
      }
  CHECK_THROWS_AS(line_chart({.title = "",
                              .description = "",
                              .x = {.label = ""},
                              .y = {.label = ""},
                              .series = {{.name = "a", .x = {1}, .y = {}}}}),
                  InvalidArgument);
}

TEST_CASE("chart: a mutant with a number outside its scale is seen by the check") {
  Scene scene{.width = 10, .height = 10, .title = "", .description = "", .elements = {}, .frames = {}};
  scene.add(Circle{.centre = {not_a_number, 1}, .radius = 1, .style = {}});
  CHECK_FALSE(lies_inside(scene));
}

TEST_CASE("histogram: counts every finite number once, in bins of one width") {
  Random random(3);
  for (const int count : {1, 2, 10, 500}) {
    std::vector<double> values;
    for (int n = 0; n < count; ++n) values.push_back(1e3 * random.uniform() - 300);
    values.push_back(not_a_number);
    const Histogram of = histogram(values);
    REQUIRE(of.edges.size() == of.counts.size() + 1);
    Index sum = 0;
    for (std::size_t at = 0; at < of.counts.size(); ++at) {
      Index inside = 0;
      for (const double value : values) inside += value >= of.edges[at] && value < of.edges[at + 1];
      CHECK(of.counts[at] == inside);
      sum += of.counts[at];
    }
    CHECK(sum == count);
  }
  CHECK(histogram({}).counts.empty());
  CHECK(histogram({not_a_number}).edges.empty());
  CHECK(histogram({2, 2, 2}).counts == std::vector<Index>{3});
  CHECK(histogram({5e-324, 1e-323}).counts == std::vector<Index>{2});
  CHECK(histogram({-1.7e308, 0, 1.7e308}).counts == std::vector<Index>{3});
  CHECK(histogram({1, std::nextafter(1.0, 2.0)}).counts == std::vector<Index>{2});
  CHECK(histogram({1e20, std::nextafter(1e20, 1e21)}).counts == std::vector<Index>{2});
}
