// Timings: a bar for every way to do the same work, and the table behind them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/report/sections.hpp>
#include <map>
#include <set>

namespace fsconv::report {

namespace {

using bench::RecordedItem;
using bench::RecordedTimings;

std::string work_and_op(const RecordedItem& item) {
  return item.op.empty() ? item.work : item.work + ", " + item.op;
}

// Whether something was timed in several ways, which a chart compares. Where not, it compares the operations.
bool has_several_ways(const RecordedTimings& timings) {
  std::set<std::string> seen;
  return std::any_of(timings.items.begin(), timings.items.end(),
                     [&](const RecordedItem& item) { return !seen.insert(work_and_op(item)).second; });
}

std::string way_of(const RecordedItem& item, bool with_threads) {
  std::string way = item.form;
  if (item.isa != "-" && !item.isa.empty() && way.find('/') == std::string::npos) way += "/" + item.isa;
  if (!item.algorithm.empty() && item.algorithm != "-") way += " " + item.algorithm;
  if (!item.precision.empty()) way += " " + item.precision;
  if (with_threads) way += ", " + counted(item.threads, "thread");
  return way;
}

}  // namespace

void add_timings(Page& page, const Result<RecordedTimings>& result) {
  const RecordedTimings& of = result.of;
  const bool with_threads = of.what == "train" || of.what == "verify";
  const bool compares_ways = has_several_ways(of);
  std::vector<std::string> works;
  std::map<std::string, std::vector<const RecordedItem*>> by_work;
  Index timed = 0, refused = 0, skipped = 0;
  for (const RecordedItem& item : of.items) {
    const std::string work = compares_ways ? work_and_op(item) : item.work;
    auto& list = by_work[work];
    if (list.empty()) works.push_back(work);
    list.push_back(&item);
    ++(item.status == "timed" ? timed : item.status == "refused" ? refused : skipped);
  }
  const std::string refusals =
      refused > 0 ? fmt::format(" {} refused, because what {} computes is wrong.",
                                counted(refused, "item was", "items were"), refused == 1 ? "it" : "each")
                  : "";
  page.verdict(refused == 0,
               fmt::format("{}: {} of {} timed{}.{}", result.origin.label, counted(timed, "item"), of.what,
                           skipped > 0 ? fmt::format(", {} skipped", skipped) : "", refusals));
  page.heading(fmt::format("Timings of {}: {}", of.what, result.origin.label));

  constexpr std::size_t most_charts = 24;
  for (std::size_t at = 0; at < std::min(works.size(), most_charts); ++at) {
    const auto& list = by_work[works[at]];
    const bool has_rate = std::all_of(list.begin(), list.end(), [](const RecordedItem* item) {
      return item->status != "timed" || item->rate > 0;
    });
    draw::BarChart chart{
        .title = shown(works[at]),
        .description = has_rate
                           ? "Longer is faster. In the place of a bar stands why something was not timed."
                           : "Shorter is faster. In the place of a bar stands why something was not timed.",
        .label = has_rate ? of.rate_unit : "seconds of a call",
        .bars = {}};
    for (const RecordedItem* item : list) {
      const bool is_timed = item->status == "timed";
      const bool is_op = !compares_ways && !item->op.empty();
      chart.bars.push_back({.name = is_op ? item->op : way_of(*item, with_threads),
                            .value = !is_timed  ? NAN
                                     : has_rate ? item->rate
                                                : item->median,
                            .note = is_timed ? "" : item->status + ": " + item->note,
                            .colour = item->status == "refused" ? 1 : 0});
    }
    page.bars(std::move(chart));
  }
  if (works.size() > most_charts)
    page.say(fmt::format("Charts of the first {} of {} kinds of work; the table has all.", most_charts,
                         works.size()));

  Table items{
      .caption = fmt::format(
          "Every item, {}; spread: the middle half of the rounds over the median",
          of.batch > 0 ? fmt::format("a call is {}", counted(of.batch, "image")) : "median over the rounds"),
      .head = {"work", "form", "status", "milliseconds", "spread", of.rate_unit, "of the peak", "case"},
      .rows = {},
      .filterable = true};
  nlohmann::json list = nlohmann::json::array();
  for (const RecordedItem& item : of.items) {
    const bool is_timed = item.status == "timed";
    items.rows.push_back({{work_and_op(item)},
                          {way_of(item, with_threads)},
                          is_timed ? Cell{item.status}
                                   : Cell{item.status + ": " + item.note,
                                          item.status == "refused" ? Cell::Kind::bad : Cell::Kind::text},
                          number_cell(item.median * 1e3, 4),
                          number_cell(item.spread, 2),
                          number_cell(item.rate, 4),
                          number_cell(item.fraction_of_peak, 2),
                          {item.geometry_case, Cell::Kind::code}});
    list.push_back({{"work", item.work},
                    {"case", item.geometry_case},
                    {"op", item.op},
                    {"form", item.form},
                    {"isa", item.isa},
                    {"algorithm", item.algorithm},
                    {"tiles", item.tiles},
                    {"precision", item.precision},
                    {"threads", item.threads},
                    {"status", item.status},
                    {"note", item.note},
                    {"median", item.median},
                    {"minimum", item.minimum},
                    {"spread", item.spread},
                    {"rate", item.rate},
                    {"fraction_of_peak", item.fraction_of_peak},
                    {"times_floor", item.times_floor}});
  }
  page.add(table(items));
  nlohmann::json json = json_of(result.origin);
  json["what"] = of.what;
  json["batch"] = of.batch;
  json["rate_unit"] = of.rate_unit;
  json["items"] = std::move(list);
  page.json()["files"].push_back(std::move(json));
}

}  // namespace fsconv::report
