// The loops of pointwise.hpp with what every processor of this architecture has.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/nn/pointwise_kernels.hpp>

namespace fsconv {

const Pointwise<float>* portable_float_pointwise() { return pointwise_here<float>(); }
const Pointwise<double>* portable_double_pointwise() { return pointwise_here<double>(); }

}  // namespace fsconv
