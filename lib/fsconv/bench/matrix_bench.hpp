// fsconv bench --what matrix: the sparse W beside the memory that it lies in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/report.hpp>
#include <optional>

namespace fsconv::bench {

struct MatrixBenchPlan {
  std::vector<NamedGeometry> geometries;
  int threads = 1;  // they share one W
  Index rounds = 11;
  double time_limit = 0;            // seconds for all rounds, shared among the geometries; 0: none
  double shortest_sample = 0.005;   // seconds; shorter work is repeated within one sample
  double seconds_per_peak = 0.05;   // seconds that each ceiling is measured
  std::uint64_t seed = 0;           // of the weight, of x and y and of the order in the rounds
  std::optional<Shard> shard = {};  // a piece is a geometry
};

// Builds W (op "build") and computes W x ("conv") and W^T y ("conv_transpose"), against what memory permits,
// measured in the same rounds:
//     write floor   allocate and fill arrays as large as W's row numbers and values
//     read floor    add up W's row numbers and values
// A geometry whose products are wrong on integers is refused as a whole. Throws InvalidArgument where there is nothing to
// time or W does not fit the memory, which is found out before the first measurement; Interrupted on Ctrl-C.
Report matrix_bench(const MatrixBenchPlan& plan);

}  // namespace fsconv::bench
