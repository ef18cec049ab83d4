// The loops of pointwise.hpp with vectors of 32 bytes and fused multiply-add.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/nn/pointwise_kernels.hpp>

namespace fsconv {

#if defined(__AVX2__) && defined(__FMA__)
const Pointwise<float>* avx2_float_pointwise() { return pointwise_here<float>(); }
const Pointwise<double>* avx2_double_pointwise() { return pointwise_here<double>(); }
#else
const Pointwise<float>* avx2_float_pointwise() { return nullptr; }
const Pointwise<double>* avx2_double_pointwise() { return nullptr; }
#endif

}  // namespace fsconv
