// The report for machines: JSON, and HDF5 with one row per item.
#include <algorithm>
#include <cmath>
#include <fsconv/bench/report.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <limits>

namespace fsconv::bench {
namespace {

nlohmann::json json_of(const Ceilings& ceilings) {
  nlohmann::json isas = nlohmann::json::object();
  for (const IsaPeak& peak : ceilings.isas)
    isas[std::string(name(peak.isa))] = {{"fma_gflops", peak.fma}, {"tile_gflops", peak.tile}};
  return {{"threads", ceilings.threads}, {"isas", isas}, {"triad_gigabytes_per_second", ceilings.triad}};
}

// A column of numbers that make sense only where something was timed: elsewhere not a number.
double or_nan(const Row& row, double value) {
  return row.status == Status::timed ? value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double Row::billions_per_second(double count, int threads) const {
  return timing.median > 0 ? count * threads / timing.median * 1e-9 : 0;
}

bool Report::refused() const {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.status == Status::refused; });
}

nlohmann::json json_of(const Report& report) {
  nlohmann::json items = nlohmann::json::array();
  for (const Row& row : report.rows) {
    const NamedGeometry& named = report.geometries[static_cast<std::size_t>(row.geometry)];
    nlohmann::json item = {{"geometry", named.name},
                           {"case", print_case(named.geometry)},
                           {"form", row.form},
                           {"isa", row.isa},
                           {"op", row.op},
                           {"status", name(row.status)},
                           {"note", row.note},
                           {"flops", row.flops},
                           {"bytes", row.bytes},
                           {"nonzeros", row.nonzeros},
                           {"intensity", row.intensity()}};
    if (row.status == Status::timed) {
      item["rounds"] = row.timing.seconds.size();
      item["calls"] = row.timing.calls;
      item["seconds"] = row.timing.seconds;
      item["median"] = row.timing.median;
      item["minimum"] = row.timing.least;
      item["spread"] = row.timing.spread();
      item["gflops"] = row.gflops(report.threads);
      item["fraction_of_peak"] = row.fraction_of_peak(report.threads);
      item["gigabytes_per_second"] = row.billions_per_second(row.bytes, report.threads);
      item["nanoseconds_per_nonzero"] = row.nanoseconds_per_nonzero();
      if (row.floor > 0) item["times_floor"] = row.times_floor();
    }
    items.push_back(std::move(item));
  }
  return {{"what", report.what},
          {"batch", report.batch},
          {"threads", report.threads},
          {"seconds", report.seconds},
          {"ceilings",
           {{"one_thread", json_of(report.peaks.one_thread)},
            {"all_threads", json_of(report.peaks.all_threads)}}},
          {"items", items}};
}

namespace {

void write_ceilings(hdf5::File& file, const Peaks& peaks) {
  const Ceilings &one = peaks.one_thread, &all = peaks.all_threads;
  std::vector<std::string> isas;
  for (const IsaPeak& peak : all.isas) isas.emplace_back(name(peak.isa));
  file.create_group("/ceilings");
  file.write_strings("/ceilings/isa", isas, {.dimensions = {"isa"}, .long_name = "instruction set"});
  const auto write = [&](const char* name, const Ceilings& of, double IsaPeak::*number, const char* meaning) {
    std::vector<double> values;
    for (const IsaPeak& peak : of.isas) values.push_back(peak.*number);
    file.write(name, values, {.dimensions = {"isa"}, .units = "GFLOP/s", .long_name = meaning});
  };
  write("/ceilings/fma", all, &IsaPeak::fma, "multiply-adds in registers, all threads");
  write("/ceilings/fma_one_thread", one, &IsaPeak::fma, "multiply-adds in registers, one thread");
  write("/ceilings/tile", all, &IsaPeak::tile, "register tile, operands in the first cache, all threads");
  write("/ceilings/tile_one_thread", one, &IsaPeak::tile,
        "register tile, operands in the first cache, one thread");
  file.write_scalar("/ceilings/triad", all.triad);
  file.write_scalar("/ceilings/triad_one_thread", one.triad);
  for (const char* triad : {"/ceilings/triad", "/ceilings/triad_one_thread"})
    file.set_attribute(triad, "units", "GB/s");
}

}  // namespace

void write_report(const std::string& path, const Report& report, const RunInfo& info) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);
  file.set_attribute("/", "what", report.what);
  file.set_attribute("/", "batch", std::int64_t{report.batch});
  write_ceilings(file, report.peaks);

  file.create_group("/items");
  const auto layout = [](const char* units, const char* meaning) {
    return hdf5::Layout{.dimensions = {"item"}, .units = units, .long_name = meaning};
  };
  const auto named = [&](const Row& row) -> const NamedGeometry& {
    return report.geometries[static_cast<std::size_t>(row.geometry)];
  };
  const auto write = [&](const char* name, const char* units, const char* meaning, auto value_of) {
    std::vector<std::decay_t<decltype(value_of(report.rows.front()))>> column;
    for (const Row& row : report.rows) column.push_back(value_of(row));
    if constexpr (std::is_same_v<decltype(column), std::vector<std::string>>)
      file.write_strings(std::string("/items/") + name, column, layout(units, meaning));
    else
      file.write(std::string("/items/") + name, column, layout(units, meaning));
  };
  std::int64_t number = 0;
  write("item", "", "number of the item", [&](const Row&) { return number++; });
  write("geometry", "", "name of the geometry", [&](const Row& row) { return named(row).name; });
  write("case", "", "geometry as a case string",
        [&](const Row& row) { return print_case(named(row).geometry); });
  write("form", "", "what was timed", [](const Row& row) { return row.form; });
  write("isa", "", "instruction set", [](const Row& row) { return row.isa; });
  write("op", "", "operation", [](const Row& row) { return row.op; });
  write("status", "", "timed, skipped or refused",
        [](const Row& row) { return std::string(name(row.status)); });
  write("note", "", "why it was not timed", [](const Row& row) { return row.note; });
  write("calls", "1", "calls in one sample", [](const Row& row) { return std::int64_t{row.timing.calls}; });
  write("median", "s", "median time of a call",
        [](const Row& row) { return or_nan(row, row.timing.median); });
  write("minimum", "s", "shortest time of a call",
        [](const Row& row) { return or_nan(row, row.timing.least); });
  write("spread", "1", "interquartile range over median",
        [](const Row& row) { return or_nan(row, row.timing.spread()); });
  write("flops", "1", "operations of a call", [](const Row& row) { return row.flops; });
  write("bytes", "byte", "least traffic of a call", [](const Row& row) { return row.bytes; });
  write("nonzeros", "1", "nonzeros of W, times the batch", [](const Row& row) { return row.nonzeros; });
  write("gflops", "GFLOP/s", "of all threads",
        [&](const Row& row) { return or_nan(row, row.gflops(report.threads)); });
  write("fraction_of_peak", "1", "of the multiply-adds in registers, all threads",
        [&](const Row& row) { return or_nan(row, row.fraction_of_peak(report.threads)); });
  write("times_floor", "1", "time over that of reading or writing the memory alone", [](const Row& row) {
    return row.floor > 0 ? row.times_floor() : std::numeric_limits<double>::quiet_NaN();
  });

  // Every sample; geometries for which the time was out have fewer.
  std::size_t rounds = 0;
  for (const Row& row : report.rows) rounds = std::max(rounds, row.timing.seconds.size());
  Tensor<double> samples({static_cast<Index>(report.rows.size()), static_cast<Index>(rounds)});
  std::fill(samples.begin(), samples.end(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t at = 0; at < report.rows.size(); ++at)
    std::copy(report.rows[at].timing.seconds.begin(), report.rows[at].timing.seconds.end(),
              samples.begin() + static_cast<std::ptrdiff_t>(at * rounds));
  file.write("/items/seconds", samples,
             {.dimensions = {"item", "round"}, .units = "s", .long_name = "time of a call in every round"});
  file.commit();
}

}  // namespace fsconv::bench
