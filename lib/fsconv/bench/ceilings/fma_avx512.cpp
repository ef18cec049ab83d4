// The multiply-add loop with 64-byte vectors. Compiled with -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/ceilings/isa_fma_loop.hpp>

namespace fsconv::bench {

#if defined(__AVX512F__) && defined(__FMA__)
const FmaLoop* avx512_fma_loop() { return &IsaFmaLoop<64, 32>::loop; }
#else
const FmaLoop* avx512_fma_loop() { return nullptr; }
#endif

}  // namespace fsconv::bench
