// The multiply-add loop with 32-byte vectors. Compiled with -mavx2 -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/ceilings/isa_fma_loop.hpp>

namespace fsconv::bench {

#if defined(__AVX2__) && defined(__FMA__)
const FmaLoop* avx2_fma_loop() { return &IsaFmaLoop<32, 16>::loop; }
#else
const FmaLoop* avx2_fma_loop() { return nullptr; }
#endif

}  // namespace fsconv::bench
