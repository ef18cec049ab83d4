// fsconv bench --what conv: times the operations on chosen geometries, after each way to compute them was checked there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/report.hpp>
#include <optional>

namespace fsconv::bench {

struct ConvBenchPlan {
  std::vector<NamedGeometry> geometries;
  std::vector<Op> ops;
  std::vector<Contender> contenders;
  Index batch = 32;  // images
  int threads = 1;   // each runs the work on data of its own
  Index rounds = 11;
  double time_limit = 0;            // seconds for all rounds, shared among the geometries; 0: none
  double shortest_sample = 0.005;   // seconds; shorter work is repeated within one sample
  double seconds_per_peak = 0.05;   // seconds that each ceiling is measured
  std::uint64_t seed = 0;           // of the operands and of the order in the rounds
  std::optional<Shard> shard = {};  // a piece is an operation on a geometry
};

// conv, conv_transpose and weight_gradient. A contender that gives a wrong result on integers (ExactReference) is
// refused; one that does not support a geometry is skipped; both stand in the report with the reason. All that are timed
// on a geometry take turns in the same rounds. Throws InvalidArgument where there is nothing to time or the arrays do not
// fit the memory, which is found out before the first measurement; Interrupted on Ctrl-C.
Report conv_bench(const ConvBenchPlan& plan);

}  // namespace fsconv::bench
