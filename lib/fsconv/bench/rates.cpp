// The report of rates: a table, JSON, and HDF5 with one row per item.
#include <algorithm>
#include <fsconv/bench/item_table.hpp>
#include <fsconv/bench/rates.hpp>

namespace fsconv::bench {

bool RateReport::refused() const { return any_refused(rows); }

std::string text(const RateReport& report) {
  std::string lines = fmt::format("{:<10} {:<24} {:<11} {:<4} {:>7} {:>12} {:>7}\n", report.what, "form",
                                  "isa", "in", "threads", report.unit + "/s", "spread");
  std::size_t rounds = 0;
  for (const RateRow& row : report.rows) {
    lines += fmt::format("{:<10} {:<24} {:<11} {:<4} {:>7} ", row.workload, row.form, row.isa,
                         name(row.precision), row.threads);
    lines += row.status == Status::timed
                 ? fmt::format("{:>12.1f} {:>6.0f}%\n", row.per_second(), 100 * row.timing.spread())
                 : fmt::format("{}: {}\n", name(row.status), row.note);
    rounds = std::max(rounds, row.timing.seconds.size());
  }
  return lines + fmt::format("\n{} {}; spread: middle half over median; {:.1f} s\n", rounds,
                             rounds == 1 ? "round" : "rounds", report.seconds);
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
  file.commit();
}

}  // namespace fsconv::bench
