// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>
#include <limits>

namespace fsconv::bench {

RecordedTimings read_timings(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "bench", "bench");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  SealedReader sealed(file);
  RecordedTimings report{.what = file.string_attribute("/", "what"),
                         .rate_unit = "GFLOP/s",
                         .batch = file.has_attribute("/", "batch") ? file.integer_attribute("/", "batch") : 0,
                         .threads = file.integer_attribute("/", "threads"),
                         .items = {}};
  if (is_scale(file))
    throw BadData(path, "holds predictions, not timings", "give a file of fsconv bench without --what scale");
  if (file.has_attribute("/", "unit")) report.rate_unit = file.string_attribute("/", "unit") + "/s";

  TableColumns columns(file, sealed, "/items", "item");
  const auto count = static_cast<std::size_t>(columns.rows());
  // Not every kind of timing has every column.
  const auto texts = [&](const char* name) {
    return columns.has(name) ? columns.texts(name) : std::vector<std::string>(count);
  };
  const auto numbers = [&](const char* name) {
    if (!columns.has(name)) return std::vector<double>(count, std::numeric_limits<double>::quiet_NaN());
    const Tensor<double> values = columns.numbers<double>(name);
    return std::vector<double>(values.begin(), values.end());
  };
  const bool of_programs = columns.has("workload");
  const auto work = texts(of_programs ? "workload" : "geometry"), cases = texts("case"), op = texts("op"),
             form = texts("form"), isa = texts("isa"), algorithm = texts("algorithm"), tiles = texts("tiles"),
             precision = texts("precision"), status = texts("status"), note = texts("note");
  const auto threads = numbers("threads"), median = numbers("median"), minimum = numbers("minimum"),
             spread = numbers("spread"), rate = numbers(of_programs ? "per_second" : "gflops"),
             fraction = numbers("fraction_of_peak"), floor = numbers("times_floor");
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
         .threads = std::isfinite(threads[at]) ? static_cast<Index>(threads[at]) : report.threads,
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
