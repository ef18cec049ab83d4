// What was measured: a table for people, JSON for machines, HDF5 with one row per item.
#pragma once

#include <fsconv/base/screen.hpp>
#include <fsconv/bench/ceilings/peaks.hpp>
#include <fsconv/bench/rounds.hpp>
#include <fsconv/bench/sets.hpp>
#include <fsconv/io/run_log.hpp>
#include <string>
#include <vector>

namespace fsconv::bench {

enum class Status { timed, skipped, refused };
std::string_view name(Status status);

// One operation on one geometry by one form. Counts are those of one call on one thread.
struct Row {
  Index geometry = 0;         // position in the report's list
  std::string form, isa, op;  // isa: "-" where it makes no difference
  Precision precision = Precision::fp64;
  Status status = Status::timed;
  std::string note = {};  // why it was not timed
  Timing timing = {};
  double flops = 0;     // 2 per nonzero of W and image
  double bytes = 0;     // the least traffic: every array read or written once
  double nonzeros = 0;  // of W, times the batch
  double peak = 0;      // 10^9 flops per second of all threads, with this isa in this precision
  double floor = 0;     // seconds of memory alone, measured beside it; 0 where there is no such item

  double billions_per_second(double count, int threads) const;  // 0 where it was not timed
  double gflops(int threads) const { return billions_per_second(flops, threads); }
  double fraction_of_peak(int threads) const { return peak > 0 ? gflops(threads) / peak : 0; }
  double intensity() const { return bytes > 0 ? flops / bytes : 0; }  // flops per byte
  double nanoseconds_per_nonzero() const { return nonzeros > 0 ? timing.median * 1e9 / nonzeros : 0; }
  double times_floor() const { return floor > 0 ? timing.median / floor : 0; }
};

struct Report {
  std::string what;  // conv or matrix
  std::vector<NamedGeometry> geometries;
  Index batch = 1;
  int threads = 1;
  Peaks peaks;
  std::vector<Row> rows;  // by geometry, then by operation, then the fastest first
  double seconds = 0;     // of everything

  bool refused() const;  // whether any row was
};

// Tables that fit `width` columns.
std::string text(const Report& report, std::size_t width = page_width());
nlohmann::json json_of(const Report& report);

// One row per item in /items, the ceilings in /ceilings; see docs/file_formats.md.
void write_report(const std::string& path, const Report& report, const RunInfo& info);

}  // namespace fsconv::bench
