// The register tile for pairs of BFloat16 with the instruction that multiplies and adds them. Compiled with
// the options of AVX-512 and -mavx512bf16.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/dot_pairs.hpp>

namespace fsconv::engine {

#if FSCONV_HAS_DOT_PAIRS
const Kernels<BFloat16>* avx512_bf16_bfloat16_kernels() { return &DotPairsKernels::table; }
#else
const Kernels<BFloat16>* avx512_bf16_bfloat16_kernels() { return nullptr; }
#endif

}  // namespace fsconv::engine
