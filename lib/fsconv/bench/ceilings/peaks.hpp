// What this machine can do at most, measured: arithmetic of every isa, and the bandwidth of its memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/precision.hpp>
#include <vector>

namespace fsconv::bench {

// In 10^9 operations per second, all threads together.
struct IsaPeak {
  engine::Isa isa;
  Precision precision;
  // Independent multiply-adds in registers: the ceiling. Of floats, also for BFloat16 where the isa has
  // no instructions for them.
  double fma = 0;
  double tile = 0;  // the engine's register tile with all operands in the first cache: what it can reach
};

struct Ceilings {
  int threads = 1;
  // By precision, then the isas that this machine permits and that differ in it, the slowest first.
  std::vector<IsaPeak> isas = {};
  double triad = 0;  // 10^9 bytes per second of a[i] = b[i] + s*c[i] beyond the caches; a, b, c count once

  // Of the isa or, where it computes like one before it in this precision or is not permitted, the last one
  // before it. Throws InvalidArgument for a precision that was not measured.
  const IsaPeak& of(engine::Isa isa, Precision precision = Precision::fp32) const;
};

struct Peaks {
  Ceilings one_thread, all_threads;  // the same where `threads` is 1
};

struct PeakPlan {
  int threads = 1;
  std::vector<Precision> precisions = {Precision::fp32};  // some of float_precisions
  double seconds = 0.05;                                  // for each number
  Index triad_elements = Index{8} << 20;  // of each of the three arrays: far more than the caches hold
};

// Each number is the best of several samples: a ceiling is what nothing disturbed; 0 where the clock stands still. Throws InvalidArgument
// where the arrays do not fit the memory, Interrupted on Ctrl-C.
Peaks measure_peaks(const PeakPlan& plan);

}  // namespace fsconv::bench
