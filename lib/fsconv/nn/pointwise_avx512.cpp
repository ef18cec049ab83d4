// The loops of pointwise.hpp with vectors of 64 bytes.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/nn/pointwise_kernels.hpp>

namespace fsconv {

#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
const Pointwise<float>* avx512_float_pointwise() { return pointwise_here<float>(); }
const Pointwise<double>* avx512_double_pointwise() { return pointwise_here<double>(); }
#else
const Pointwise<float>* avx512_float_pointwise() { return nullptr; }
const Pointwise<double>* avx512_double_pointwise() { return nullptr; }
#endif

}  // namespace fsconv
