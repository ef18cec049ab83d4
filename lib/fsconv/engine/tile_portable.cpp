// The register tile with 16-byte vectors: what every processor of this architecture has.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/isa_kernels.hpp>

namespace fsconv::engine {

const Kernels<float>* portable_float_kernels() { return &IsaKernels<float, 16, 16>::table; }
const Kernels<double>* portable_double_kernels() { return &IsaKernels<double, 16, 16>::table; }
const Kernels<BFloat16>* portable_bfloat16_kernels() { return &IsaKernels<BFloat16, 16, 16>::table; }

}  // namespace fsconv::engine
