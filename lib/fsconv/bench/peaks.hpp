// What this machine can do at most, measured: arithmetic of every isa, and the bandwidth of its memory.
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/engine/isa.hpp>
#include <vector>

namespace fsconv::bench {

// In 10^9 operations per second, float, all threads together.
struct IsaPeak {
  engine::Isa isa;
  double fma = 0;   // independent multiply-adds in registers: the ceiling
  double tile = 0;  // the engine's register tile with all operands in the first cache: what it can reach
};

struct Ceilings {
  int threads = 1;
  std::vector<IsaPeak> isas = {};  // those that this machine permits, the slowest first
  double triad = 0;  // 10^9 bytes per second of a[i] = b[i] + s*c[i] beyond the caches; a, b, c count once

  // Of one isa; of the fastest where the machine does not permit it.
  const IsaPeak& of(engine::Isa isa) const;
};

struct Peaks {
  Ceilings one_thread, all_threads;  // the same where `threads` is 1
};

struct PeakPlan {
  int threads = 1;
  double seconds = 0.05;                  // for each number
  Index triad_elements = Index{8} << 20;  // of each of the three arrays: far more than the caches hold
};

// Each number is the best of several samples: a ceiling is what nothing disturbed. Throws InvalidArgument
// where the arrays do not fit the memory, Interrupted on Ctrl-C.
Peaks measure_peaks(const PeakPlan& plan);

}  // namespace fsconv::bench
