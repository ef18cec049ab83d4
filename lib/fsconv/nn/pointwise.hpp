// What is computed number by number on the engine's blocks, as a table of kernels for one isa: activations, their
// slopes, and the loss of pixels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/engine/isa.hpp>
#include <fsconv/nn/activation.hpp>
#include <fsconv/nn/likelihood.hpp>

namespace fsconv {

// The formulas are those of activation.hpp and likelihood.hpp, computed in vectors. T is float or double. Nothing is
// allocated; arrays may not overlap.
template <class T>
struct Pointwise {
  // x <- activation(x)
  void (*activate)(Activation, std::int64_t count, T* x);
  // g <- g * slope(y)
  void (*multiply_by_slope)(Activation, std::int64_t count, const T* y, T* g);

  // x and z are [pixels][width]: a pixel's images and channels side by side. sums[width] += the losses over the pixels.
  void (*loss)(Likelihood, std::int64_t pixels, std::int64_t width, const T* x, const T* z, double* sums);
  // The same, and z[pixel][at] <- weights[at] * the loss's derivative by z.
  void (*loss_gradient)(Likelihood, std::int64_t pixels, std::int64_t width, const T* x, T* z,
                        const T* weights, double* sums);
};

// The kernels of an isa, or of the best one below it that has some.
template <class T>
const Pointwise<T>& pointwise_of(engine::Isa isa);

// Null where the isa is not compiled in.
const Pointwise<float>* portable_float_pointwise();
const Pointwise<double>* portable_double_pointwise();
const Pointwise<float>* avx2_float_pointwise();
const Pointwise<double>* avx2_double_pointwise();
const Pointwise<float>* avx512_float_pointwise();
const Pointwise<double>* avx512_double_pointwise();

}  // namespace fsconv
