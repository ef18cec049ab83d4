// Pairs of BFloat16 multiplied and added by one instruction of AVX-512.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/isa_kernels.hpp>

#if defined(__AVX512F__) && defined(__AVX512BF16__)
#define FSCONV_HAS_DOT_PAIRS 1
#include <immintrin.h>

namespace fsconv::engine {
namespace {

// sums + first*first + second*second, each product added with a rounding of its own; denormals count as 0.
struct DotPairs {
  static constexpr double steps_per_cycle = 1;
  using Columns = __m512bh;
  static Columns columns(const BFloat16Pair* b) { return (__m512bh)_mm512_loadu_si512(b); }
  static void add(Vector<float, 16>::Type& sums, BFloat16Pair a, const Columns& b) {
    sums = _mm512_dpbf16_ps(sums, (__m512bh)_mm512_set1_epi32(__builtin_bit_cast(int, a)), b);
  }
};

using DotPairsKernels = IsaKernels<BFloat16, 64, 32, DotPairs>;

}  // namespace
}  // namespace fsconv::engine

#else
#define FSCONV_HAS_DOT_PAIRS 0
#endif
