// The multiply-add loop with the instruction that multiplies and adds pairs of BFloat16. Compiled with the
// options of fma_avx512.cpp and -mavx512bf16.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/ceilings/fma_loop.hpp>

#if defined(__AVX512F__) && defined(__AVX512BF16__)
#include <immintrin.h>

namespace fsconv::bench {
namespace {

constexpr int sums = 28, lanes = 16;

// The upper half of a float, twice in every lane.
__m512bh pairs(float number) {
  const unsigned half = __builtin_bit_cast(unsigned, number) >> 16;
  return (__m512bh)_mm512_set1_epi32(static_cast<int>(half << 16 | half));
}

float run(std::int64_t steps, float factor, float addend) {
  const __m512bh factors = pairs(factor), addends = pairs(addend);
  __m512 sum[sums];
#pragma GCC unroll 32
  for (int at = 0; at < sums; ++at) sum[at] = _mm512_set1_ps(static_cast<float>(at));
  for (; steps > 0; --steps)
#pragma GCC unroll 32
    for (int at = 0; at < sums; ++at) sum[at] = _mm512_dpbf16_ps(sum[at], factors, addends);
  __m512 total = _mm512_setzero_ps();
#pragma GCC unroll 32
  for (int at = 0; at < sums; ++at) total += sum[at];
  return total[0];
}

constexpr FmaLoop loop = {2 * 2 * sums * lanes, run};

}  // namespace

const FmaLoop* avx512_bf16_fma_loop() { return &loop; }

}  // namespace fsconv::bench

#else

namespace fsconv::bench {
const FmaLoop* avx512_bf16_fma_loop() { return nullptr; }
}  // namespace fsconv::bench

#endif
