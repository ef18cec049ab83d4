// The most multiply-adds that a core can do: a loop without memory, compiled once for each isa. This header
// is all that the files compiled with special instructions see (engine/kernels.hpp says why).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fsconv::bench {

// Every step computes x = factor*x + addend on so many independent vectors of floats that none of them waits
// for another; or, with pairs of BFloat16, x = x + factor*addend + factor*addend. The result is what keeps
// the compiler from leaving the loop away.
struct FmaLoop {
  std::int64_t flops_per_step;
  float (*run)(std::int64_t steps, float factor, float addend);
};

// Of floats. Null where the isa is not compiled in.
const FmaLoop* portable_fma_loop();
const FmaLoop* avx2_fma_loop();
const FmaLoop* avx512_fma_loop();

// Of BFloat16.
const FmaLoop* avx512_bf16_fma_loop();
const FmaLoop* amx_fma_loop();

}  // namespace fsconv::bench
