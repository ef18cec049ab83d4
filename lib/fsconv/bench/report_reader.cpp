// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/recorded_items.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/rounds.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>

namespace fsconv::bench {
namespace {

// What the machine shows: no rate is below 0, though one is 0 where a clock stood still.
void check_ceilings(const hdf5::File& file, SealedReader& sealed) {
  if (!file.exists("/ceilings")) return;
  for (const std::string& column : file.members("/ceilings")) {
    const std::string path = "/ceilings/" + column;
    if (file.dtype(path) != "f8") continue;
    const Tensor<double> values = sealed.read<double>(path);
    require_amounts(file, path, {values.begin(), values.end()});
  }
}

// The numbers beside the times: what a call is, and the rates that follow from it and the median. The rate `column` is
// `scale` times `count` a second.
void check_rates(const hdf5::File& file, TableColumns& columns, const std::vector<bool>& timed,
                 const char* column, const char* count, double scale) {
  const auto path = [](const char* name) { return std::string("/items/") + name; };
  for (const char* name : {"flops", "bytes", "nonzeros", "count"})
    if (columns.has(name)) require_amounts(file, path(name), numbers_of(columns, name));
  std::vector<bool> not_timed = timed;
  not_timed.flip();
  if (columns.has("fraction_of_peak"))
    require_amounts(file, path("fraction_of_peak"), numbers_of(columns, "fraction_of_peak"), not_timed);
  if (columns.has("times_floor"))
    require_amounts(file, path("times_floor"), numbers_of(columns, "times_floor"),
                    std::vector<bool>(timed.size(), true));
  const std::vector<double> counts = numbers_of(columns, count), median = numbers_of(columns, "median");
  require_legal(file, path(column), numbers_of(columns, column),
                fmt::format("{} and median make it another number, or nothing was timed", count),
                [&](double value, Index row) {
                  const auto at = static_cast<std::size_t>(row);
                  return timed[at] ? is_same(value, scale * ratio(counts[at], median[at]))
                                   : std::isnan(value);
                });
}

}  // namespace

RecordedTimings read_timings(const std::string& path) { return read_timings(hdf5::File::open(path)); }

RecordedTimings read_timings(const hdf5::File& file) {
  require_kind(file, "bench", "bench");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  SealedReader sealed(file);
  RecordedTimings report{.what = file.string_attribute("/", "what"),
                         .rate_unit = "GFLOP/s",
                         .batch = file.has_attribute("/", "batch") ? count_attribute(file, "batch") : 0,
                         .threads = count_attribute(file, "threads"),
                         .items = {}};
  if (is_scale(file))
    throw BadData(file.path(), "holds predictions, not timings",
                  "give a file of fsconv bench without --what scale");
  if (file.has_attribute("/", "unit")) report.rate_unit = file.string_attribute("/", "unit") + "/s";

  check_ceilings(file, sealed);
  TableColumns columns(file, sealed, "/items", "item");
  const std::vector<bool> timed = check_timed(file, sealed, columns, "/items");
  const auto count = static_cast<std::size_t>(columns.rows());
  // Not every kind of timing has every column.
  const auto texts = [&](const char* name) {
    return columns.has(name) ? columns.texts(name) : std::vector<std::string>(count);
  };
  const auto numbers = [&](const char* name) { return numbers_of(columns, name); };
  const bool of_programs = columns.has("workload");
  if (of_programs)
    check_rates(file, columns, timed, "per_second", "count", 1);
  else
    check_rates(file, columns, timed, "gflops", "flops", static_cast<double>(report.threads) * 1e-9);
  const auto work = texts(of_programs ? "workload" : "geometry"), cases = texts("case"), op = texts("op"),
             form = texts("form"), isa = texts("isa"), algorithm = texts("algorithm"), tiles = texts("tiles"),
             precision = texts("precision"), status = texts("status"), note = texts("note");
  const auto threads = numbers("threads"), median = numbers("median"), minimum = numbers("minimum"),
             spread = numbers("spread"), rate = numbers(of_programs ? "per_second" : "gflops"),
             fraction = numbers("fraction_of_peak"), floor = numbers("times_floor");
  if (columns.has("threads")) require_counts(file, "/items/threads", threads);
  for (std::size_t at = 0; at < count; ++at)
    report.items.push_back(
        {.work = work[at],
         .geometry_case = cases[at],
         .op = op[at],
         .form = form[at],
         .isa = isa[at],
         .algorithm = algorithm[at],
         .tiles = tiles[at],
         .precision = precision[at],
         .status = status[at],
         .note = note[at],
         .threads = columns.has("threads") ? static_cast<Index>(threads[at]) : report.threads,
         .median = median[at],
         .minimum = minimum[at],
         .spread = spread[at],
         .rate = rate[at],
         .fraction_of_peak = fraction[at],
         .times_floor = floor[at]});
  sealed.check_rest();
  return report;
}

}  // namespace fsconv::bench
