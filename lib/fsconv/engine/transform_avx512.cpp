// The transforms of bilinear algorithms with 64-byte vectors. Compiled with -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/transform.hpp>

namespace fsconv::engine {

#if defined(__AVX512F__) && defined(__FMA__)
const Transforms<float>* avx512_float_transforms() { return &transforms_here<float, 64>; }
const Transforms<double>* avx512_double_transforms() { return &transforms_here<double, 64>; }
const Transforms<BFloat16>* avx512_bfloat16_transforms() { return &transforms_here<BFloat16, 64>; }
#else
const Transforms<float>* avx512_float_transforms() { return nullptr; }
const Transforms<double>* avx512_double_transforms() { return nullptr; }
const Transforms<BFloat16>* avx512_bfloat16_transforms() { return nullptr; }
#endif

}  // namespace fsconv::engine
