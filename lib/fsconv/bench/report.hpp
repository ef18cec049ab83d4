// What was measured of operations and of W: a table for people, JSON for machines, HDF5 with one row per item.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/bench/ceilings/peaks.hpp>
#include <fsconv/bench/rounds.hpp>
#include <fsconv/bench/sets.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/shard_files.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv::bench {

// timed; skipped: it cannot compute that, or not in this memory; refused: it computes something wrong.
enum class Status { timed, skipped, refused };
constexpr auto names_of(Status) {
  return NameTable<Status, 3>{
      "status", {{{Status::timed, "timed"}, {Status::skipped, "skipped"}, {Status::refused, "refused"}}}};
}

// One operation on one geometry by one form. Counts are those of one call on one thread, times are seconds per call.
struct Row {
  Index geometry = 0;           // position in the report's list
  std::string form, isa, op;    // isa: "-" where it makes no difference
  std::string algorithm = "-";  // of the engine; tiles: what it comes to, "direct" or those along each axis
  std::string tiles = {};
  Precision precision = Precision::fp64;
  Status status = Status::timed;
  std::string note = {};  // why it was not timed
  Timing timing = {};
  double flops = 0;     // 2 per nonzero of W and image; an algorithm that multiplies less counts as many
  double bytes = 0;     // the least traffic: every array read or written once
  double nonzeros = 0;  // of W, times the batch
  double peak = 0;      // 10^9 flops per second of all threads, with this isa in this precision
  double floor = 0;     // seconds of memory alone, measured beside it; 0 where there is no such item

  // Each is 0 where it was not timed, or where what it is divided by is 0. `threads` work at once.
  double billions_per_second(double count, int threads) const;  // of `count` per call: 10^9 per second
  double gflops(int threads) const { return billions_per_second(flops, threads); }
  double fraction_of_peak(int threads) const { return ratio(gflops(threads), peak); }
  double intensity() const { return ratio(flops, bytes); }  // flops per byte
  double nanoseconds_per_nonzero() const { return ratio(timing.median * 1e9, nonzeros); }
  double times_floor() const { return ratio(timing.median, floor); }
};

struct Report {
  std::string what;  // conv or matrix
  std::vector<NamedGeometry> geometries;
  Index batch = 1;                     // images of a call
  int threads = 1;                     // of conv each with calls of its own, of matrix together in one
  Peaks peaks = {};                    // what the rows stand beside
  std::vector<Row> rows = {};          // by geometry, then by operation, then the fastest first
  double seconds = 0;                  // of everything
  std::optional<ShardRows> part = {};  // of a shard: which rows of the whole table these are

  bool refused() const;  // whether any row was
};

// Tables that fit `width` columns, and the same for machines.
std::string text(const Report& report, std::size_t width = page_width());
nlohmann::json json_of(const Report& report);

// One row per item in /items, the ceilings in /ceilings; see docs/file_formats.md. Throws IoError with the path.
void write_report(const std::string& path, const Report& report, const RunInfo& info);

}  // namespace fsconv::bench
