// The report of rates: a table, JSON, and HDF5 with one row per item.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/item_table.hpp>
#include <fsconv/bench/rates.hpp>

namespace fsconv::bench {

bool RateReport::refused() const { return any_refused(rows); }

std::string text(const RateReport& report, std::size_t width) {
  const bool by_algorithm =
      std::ranges::any_of(report.rows, [](const RateRow& row) { return row.algorithm != "-"; });
  std::vector<Column> columns = {{report.what}, {"form"}};
  if (by_algorithm) columns.push_back({"algorithm"});
  for (const Column& column : {Column{"isa"}, Column{"in"}, Column{"threads", Align::right},
                               Column{report.unit + "/s", Align::right}, Column{"spread", Align::right}})
    columns.push_back(column);
  Table table(columns, width);
  std::size_t rounds = 0;
  for (const RateRow& row : report.rows) {
    Table::Cells cells = {row.workload, row.form};
    if (by_algorithm) cells.push_back(row.algorithm);
    for (const std::string& cell :
         {row.isa, std::string(name(row.precision)), fmt::format("{}", row.threads)})
      cells.push_back(cell);
    if (row.status == Status::timed) {
      cells.push_back(fmt::format("{:.1f}", row.per_second()));
      cells.push_back(fmt::format("{:.0f}%", 100 * row.timing.spread()));
    } else {
      cells.push_back(fmt::format("{}: {}", name(row.status), row.note));
    }
    table.add(std::move(cells));
    rounds = std::max(rounds, row.timing.seconds.size());
  }
  return table.text() + "\n" +
         wrapped_text(fmt::format("{}; spread: middle half over median; {:.1f} s",
                                  counted(static_cast<Index>(rounds), "round"), report.seconds),
                      width);
}

nlohmann::json json_of(const RateReport& report) {
  nlohmann::json items = nlohmann::json::array();
  for (const RateRow& row : report.rows) {
    nlohmann::json item = common_json(row);
    item["workload"] = row.workload;
    item["threads"] = row.threads;
    item["count"] = row.count;
    if (row.status == Status::timed) item["per_second"] = row.per_second();
    items.push_back(std::move(item));
  }
  return {{"what", report.what}, {"unit", report.unit}, {"seconds", report.seconds}, {"items", items}};
}

void write_report(const std::string& path, const RateReport& report, const RunInfo& info) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);
  file.set_attribute("/", "what", report.what);
  file.set_attribute("/", "unit", report.unit);
  ItemTable<RateRow> items(file, report.rows);
  items.write("workload", "", "what was done", [](const RateRow& row) { return row.workload; });
  items.write("threads", "1", "threads", [](const RateRow& row) { return std::int64_t{row.threads}; });
  items.write("count", "1", "images or checks of a call", [](const RateRow& row) { return row.count; });
  items.write("per_second", "1/s", "count over median",
              [](const RateRow& row) { return or_nan(row, row.per_second()); });
  if (report.part) write_places(file, "/items", "item", *report.part);
  commit_sealed(file);
}

}  // namespace fsconv::bench
