// The transforms of bilinear algorithms with 16-byte vectors: plain code.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/transform.hpp>

namespace fsconv::engine {

const Transforms<float>* portable_float_transforms() { return &transforms_here<float, 16>; }
const Transforms<double>* portable_double_transforms() { return &transforms_here<double, 16>; }
const Transforms<BFloat16>* portable_bfloat16_transforms() { return &transforms_here<BFloat16, 16>; }

}  // namespace fsconv::engine
