// The report for machines: JSON, and HDF5 with one row per item.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/item_table.hpp>
#include <fsconv/bench/report.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::bench {
namespace {

nlohmann::json json_of(const Ceilings& ceilings) {
  nlohmann::json isas = nlohmann::json::object();
  for (const IsaPeak& peak : ceilings.isas)
    isas[std::string(name(peak.isa))][std::string(name(peak.precision))] = {{"fma_gflops", peak.fma},
                                                                            {"tile_gflops", peak.tile}};
  return {{"threads", ceilings.threads}, {"isas", isas}, {"triad_gigabytes_per_second", ceilings.triad}};
}

}  // namespace

double Row::billions_per_second(double count, int threads) const {
  return ratio(count * threads, timing.median) * 1e-9;
}

bool Report::refused() const { return any_refused(rows); }

nlohmann::json json_of(const Report& report) {
  nlohmann::json items = nlohmann::json::array();
  for (const Row& row : report.rows) {
    const NamedGeometry& named = report.geometries[static_cast<std::size_t>(row.geometry)];
    nlohmann::json item = common_json(row);
    item["geometry"] = named.name;
    item["case"] = print_case(named.geometry);
    item["op"] = row.op;
    item["tiles"] = row.tiles;
    item["flops"] = row.flops;
    item["bytes"] = row.bytes;
    item["nonzeros"] = row.nonzeros;
    item["intensity"] = row.intensity();
    if (row.status == Status::timed) {
      item["rounds"] = row.timing.seconds.size();
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
  std::vector<std::string> isas, precisions;
  std::vector<std::int64_t> numbers;
  for (const IsaPeak& peak : all.isas) {
    numbers.push_back(static_cast<std::int64_t>(numbers.size()));
    isas.emplace_back(name(peak.isa));
    precisions.emplace_back(name(peak.precision));
  }
  file.create_group("/ceilings");
  file.write("/ceilings/peak", numbers, {.dimensions = {"peak"}, .long_name = "number of the peak"});
  file.write_strings("/ceilings/isa", isas, {.dimensions = {"peak"}, .long_name = "instruction set"});
  file.write_strings("/ceilings/precision", precisions,
                     {.dimensions = {"peak"}, .long_name = "fp32 or bf16"});
  const auto write = [&](const char* name, const Ceilings& of, double IsaPeak::*number, const char* meaning) {
    std::vector<double> values;
    for (const IsaPeak& peak : of.isas) values.push_back(peak.*number);
    file.write(name, values, {.dimensions = {"peak"}, .units = "GFLOP/s", .long_name = meaning});
  };
  write("/ceilings/fma", all, &IsaPeak::fma, "multiply-adds in registers, all threads");
  write("/ceilings/fma_one_thread", one, &IsaPeak::fma, "multiply-adds in registers, one thread");
  write("/ceilings/tile", all, &IsaPeak::tile, "register tile, operands in the first cache, all threads");
  write("/ceilings/tile_one_thread", one, &IsaPeak::tile,
        "register tile, operands in the first cache, one thread");
  file.write_scalar("/ceilings/triad", all.triad);
  file.write_scalar("/ceilings/triad_one_thread", one.triad);
  for (const auto& [triad, threads] :
       {std::pair{"/ceilings/triad", "all threads"}, std::pair{"/ceilings/triad_one_thread", "one thread"}}) {
    file.set_attribute(triad, "units", "GB/s");
    file.set_attribute(triad, "long_name", fmt::format("a = b + 3 c through memory, {}", threads));
  }
}

}  // namespace

void write_report(const std::string& path, const Report& report, const RunInfo& info) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);
  file.set_attribute("/", "what", report.what);
  file.set_attribute("/", "batch", std::int64_t{report.batch});
  write_ceilings(file, report.peaks);

  const auto named = [&](const Row& row) -> const NamedGeometry& {
    return report.geometries[static_cast<std::size_t>(row.geometry)];
  };
  ItemTable<Row> items(file, report.rows);
  items.write("geometry", "", "name of the geometry", [&](const Row& row) { return named(row).name; });
  items.write("case", "", "geometry as a case string",
              [&](const Row& row) { return print_case(named(row).geometry); });
  items.write("op", "", "operation", [](const Row& row) { return row.op; });
  items.write("tiles", "", "what the algorithm came to: direct, or the tiles along each axis",
              [](const Row& row) { return row.tiles; });
  items.write("flops", "1", "operations of a call, two for every product that a tap names",
              [](const Row& row) { return row.flops; });
  items.write("bytes", "byte", "least traffic of a call", [](const Row& row) { return row.bytes; });
  items.write("nonzeros", "1", "nonzeros of W, times the batch", [](const Row& row) { return row.nonzeros; });
  items.write("gflops", "GFLOP/s", "of all threads",
              [&](const Row& row) { return or_nan(row, row.gflops(report.threads)); });
  items.write("fraction_of_peak", "1", "of the multiply-adds in registers, all threads",
              [&](const Row& row) { return or_nan(row, row.fraction_of_peak(report.threads)); });
  items.write("times_floor", "1", "time over that of reading or writing the memory alone",
              [](const Row& row) {
                return row.floor > 0 ? row.times_floor() : std::numeric_limits<double>::quiet_NaN();
              });
  if (report.part) write_places(file, "/items", "item", *report.part);
  commit_sealed(file);
}

}  // namespace fsconv::bench
