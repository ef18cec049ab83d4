// The register tile with 64-byte vectors. Compiled with -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/isa_kernels.hpp>

namespace fsconv::engine {

#if defined(__AVX512F__) && defined(__FMA__)
const Kernels<float>* avx512_float_kernels() { return &IsaKernels<float, 64, 32>::table; }
const Kernels<double>* avx512_double_kernels() { return &IsaKernels<double, 64, 32>::table; }
const Kernels<BFloat16>* avx512_bfloat16_kernels() { return &IsaKernels<BFloat16, 64, 32>::table; }
#else
const Kernels<float>* avx512_float_kernels() { return nullptr; }
const Kernels<double>* avx512_double_kernels() { return nullptr; }
const Kernels<BFloat16>* avx512_bfloat16_kernels() { return nullptr; }
#endif

}  // namespace fsconv::engine
