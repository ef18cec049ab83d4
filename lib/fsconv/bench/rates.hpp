// The report on whole programs under the clock: so many images or checks per second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/report.hpp>

namespace fsconv::bench {

// One way to do one kind of work.
struct RateRow {
  std::string workload, form, isa;  // isa: "-" where it makes no difference
  std::string algorithm = "-";      // the same
  Precision precision = Precision::fp64;
  int threads = 1;
  Status status = Status::timed;
  std::string note = {};  // why it was not timed
  double count = 0;       // images or checks of one call
  Timing timing = {};

  double per_second() const { return ratio(count, timing.median); }
};

struct RateReport {
  std::string what;                    // train or verify
  std::string unit;                    // what is counted: images or checks
  std::vector<RateRow> rows;           // in the order of the plan
  double seconds = 0;                  // of everything
  std::optional<ShardRows> part = {};  // of a shard: which rows of the whole table these are

  bool refused() const;  // whether any row was
};

// A table that fits `width` columns, and the same for machines.
std::string text(const RateReport& report, std::size_t width = page_width());
nlohmann::json json_of(const RateReport& report);

// One row per item in /items; see docs/file_formats.md. Throws IoError with the path.
void write_report(const std::string& path, const RateReport& report, const RunInfo& info);

}  // namespace fsconv::bench
