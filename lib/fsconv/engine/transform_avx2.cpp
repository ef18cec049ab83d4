// The transforms of bilinear algorithms with 32-byte vectors. Compiled with -mavx2 -mfma.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/transform.hpp>

namespace fsconv::engine {

#if defined(__AVX2__) && defined(__FMA__)
const Transforms<float>* avx2_float_transforms() { return &transforms_here<float, 32>; }
const Transforms<double>* avx2_double_transforms() { return &transforms_here<double, 32>; }
const Transforms<BFloat16>* avx2_bfloat16_transforms() { return &transforms_here<BFloat16, 32>; }
#else
const Transforms<float>* avx2_float_transforms() { return nullptr; }
const Transforms<double>* avx2_double_transforms() { return nullptr; }
const Transforms<BFloat16>* avx2_bfloat16_transforms() { return nullptr; }
#endif

}  // namespace fsconv::engine
