// The register tile with 32-byte vectors and fused multiply-add. Compiled with -mavx2 -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/isa_kernels.hpp>

namespace fsconv::engine {

#if defined(__AVX2__) && defined(__FMA__)
const Kernels<float>* avx2_float_kernels() { return &IsaKernels<float, 32, 16>::table; }
const Kernels<double>* avx2_double_kernels() { return &IsaKernels<double, 32, 16>::table; }
const Kernels<BFloat16>* avx2_bfloat16_kernels() { return &IsaKernels<BFloat16, 32, 16>::table; }
#else
const Kernels<float>* avx2_float_kernels() { return nullptr; }
const Kernels<double>* avx2_double_kernels() { return nullptr; }
const Kernels<BFloat16>* avx2_bfloat16_kernels() { return nullptr; }
#endif

}  // namespace fsconv::engine
