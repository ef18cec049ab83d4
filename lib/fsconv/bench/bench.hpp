// Times the operations on chosen geometries, after each way to compute them has been checked there.
#pragma once

#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/report.hpp>

namespace fsconv::bench {

struct BenchPlan {
  std::vector<NamedGeometry> geometries;
  Index rounds = 11;
  int threads = 1;                 // conv: each runs the work on data of its own; matrix: they share one W
  double time_limit = 0;           // seconds for all rounds, shared among the geometries; 0: none
  std::uint64_t seed = 0;          // of the operands and of the order in the rounds
  double shortest_sample = 0.005;  // seconds; shorter work is repeated within one sample
  double seconds_per_peak = 0.05;  // seconds that each ceiling is measured

  // For conv_bench() alone.
  std::vector<Op> ops = {};
  std::vector<Contender> contenders = {};
  Index batch = 32;
};

// conv, conv_transpose and weight_gradient. A contender that gives a wrong result on integers (Check) is
// refused; one that does not support a geometry is skipped; both stand in the report with the reason. All
// that are timed on a geometry take turns in the same rounds. Throws InvalidArgument where there is nothing
// to time or the arrays do not fit the memory, which is found out before the first measurement; Interrupted
// on Ctrl-C.
Report conv_bench(const BenchPlan& plan);

// The sparse W: build it (op "build"), W x ("conv") and W^T y ("conv_transpose"), against what memory
// permits, measured in the same rounds:
//     write floor   allocate and fill arrays as large as W's row numbers and values
//     read floor    add up W's row numbers and values
Report matrix_bench(const BenchPlan& plan);

}  // namespace fsconv::bench
