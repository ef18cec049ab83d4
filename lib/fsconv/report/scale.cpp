// Predictions of training on several ranks: how efficient it is, what a step takes, and what was measured beside it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/report/sections.hpp>

namespace fsconv::report {

namespace {

using bench::RecordedScale;
using bench::RecordedStep;
using Steps = std::vector<const RecordedStep*>;

std::string way_of(const RecordedStep& step) {
  return fmt::format("{}, {} {} {}", step.workload, step.isa, step.algorithm, step.precision);
}

std::string link_of(const RecordedScale& scale) {
  return fmt::format("{} us and {} GB/s, {}", draw::number_text(scale.latency * 1e6, 3),
                     draw::number_text(scale.bandwidth * 1e-9, 3),
                     scale.measured_between > 1
                         ? fmt::format("measured between {} ranks", scale.measured_between)
                         : "as it was given");
}

// The rows cut where what `key` says of them changes.
template <class Key>
std::vector<Steps> cut(const Steps& rows, Key key) {
  std::vector<Steps> parts;
  for (const RecordedStep* row : rows) {
    if (parts.empty() || key(*parts.back().back()) != key(*row)) parts.emplace_back();
    parts.back().push_back(row);
  }
  return parts;
}

draw::ChartSeries line(const Steps& rows, const std::string& name, double RecordedStep::*number, int colour) {
  draw::ChartSeries series{.name = name, .x = {}, .y = {}, .colour = colour};
  for (const RecordedStep* row : rows) {
    if (!std::isfinite(row->*number)) continue;
    series.x.push_back(static_cast<double>(row->ranks));
    series.y.push_back(row->*number);
  }
  return series;
}

// The charts of one way to compute one model: a line for every batch.
void add_charts(Page& page, const Steps& rows) {
  draw::LineChart efficiency{
      .title = "Efficiency: " + shown(way_of(*rows.front())),
      .description =
          "Images a second of so many ranks, over those of one rank times the ranks, as predicted.",
      .x = {.label = "ranks", .logarithmic = true, .whole = true},
      .y = {.label = "efficiency", .with_zero = true},
      .series = {}};
  draw::LineChart seconds{
      .title = "A step: " + shown(way_of(*rows.front())),
      .description =
          "Lines are predicted, with the exchange under the computation (dashed: after it); points are "
          "the medians of steps that were measured.",
      .x = {.label = "ranks", .logarithmic = true, .whole = true},
      .y = {.label = "seconds of a step", .logarithmic = true},
      .series = {}};
  int colour = 0;
  for (const Steps& batch : cut(rows, [](const RecordedStep& row) { return row.batch; })) {
    const std::string name = fmt::format("batch {}", batch.front()->batch);
    efficiency.series.push_back(line(batch, name, &RecordedStep::efficiency, colour));
    seconds.series.push_back(line(batch, name, &RecordedStep::predicted, colour));
    seconds.series.push_back(line(batch, name + ", no overlap", &RecordedStep::without_overlap, colour));
    seconds.series.back().dashed = true;
    draw::ChartSeries measured = line(batch, name + ", measured", &RecordedStep::measured, colour);
    measured.points_only = true;
    if (!measured.x.empty()) seconds.series.push_back(std::move(measured));
    ++colour;
  }
  page.chart(std::move(efficiency));
  page.chart(std::move(seconds));
}

// "2 ranks measured beside the prediction: 12% longer to 3% shorter"; nothing where none were.
std::string beside_text(const RecordedScale& scale) {
  double least = INFINITY, most = -INFINITY;
  Index count = 0;
  for (const RecordedStep& step : scale.steps) {
    if (!std::isfinite(step.measured) || !(step.predicted > 0)) continue;
    least = std::min(least, step.measured / step.predicted);
    most = std::max(most, step.measured / step.predicted);
    ++count;
  }
  if (count == 0) return "";
  return fmt::format(" {} measured, too: {} to {} times as long as predicted.",
                     counted(count, "step was", "steps were"), draw::number_text(least, 3),
                     draw::number_text(most, 3));
}

}  // namespace

void add_scale(Page& page, const Result<RecordedScale>& result) {
  const RecordedScale& of = result.of;
  page.verdict(
      true, fmt::format("{}: {} of training predicted, for a link of {}.{}", result.origin.label,
                        counted(static_cast<Index>(of.steps.size()), "step"), link_of(of), beside_text(of)));
  page.heading("Training on several ranks: " + result.origin.label);
  page.say(
      fmt::format("A model, computed from a few measured constants, of ranks with {} each; the link: {}.",
                  counted(of.threads, "thread"), link_of(of)));
  Steps rows;
  for (const RecordedStep& step : of.steps) rows.push_back(&step);
  for (const Steps& way : cut(rows, way_of)) add_charts(page, way);

  Table items{.caption = "Every prediction",
              .head = {"model", "batch", "ranks", "blocks", "ms", "no overlap, ms", "measured, ms",
                       "images/s", "efficiency", "mostly"},
              .rows = {},
              .filterable = true};
  nlohmann::json list = nlohmann::json::array();
  for (const RecordedStep& step : of.steps) {
    items.rows.push_back({{way_of(step)},
                          count_cell(step.batch),
                          count_cell(step.ranks),
                          count_cell(step.blocks),
                          number_cell(step.predicted * 1e3, 4),
                          number_cell(step.without_overlap * 1e3, 4),
                          number_cell(step.measured * 1e3, 4),
                          number_cell(step.per_second, 4),
                          number_cell(step.efficiency, 3),
                          {step.limit}});
    list.push_back({{"workload", step.workload},
                    {"isa", step.isa},
                    {"algorithm", step.algorithm},
                    {"precision", step.precision},
                    {"batch", step.batch},
                    {"blocks", step.blocks},
                    {"ranks", step.ranks},
                    {"predicted", step.predicted},
                    {"without_overlap", step.without_overlap},
                    {"measured", step.measured},
                    {"measured_without_overlap", step.measured_without_overlap},
                    {"per_second", step.per_second},
                    {"efficiency", step.efficiency},
                    {"limit", step.limit}});
  }
  page.add(table(items));
  nlohmann::json json = json_of(result.origin);
  json["what"] = "scale";
  json["latency"] = of.latency;
  json["bandwidth"] = of.bandwidth;
  json["measured_between"] = of.measured_between;
  json["items"] = std::move(list);
  page.json()["files"].push_back(std::move(json));
}

}  // namespace fsconv::report
