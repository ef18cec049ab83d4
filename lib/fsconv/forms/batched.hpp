// The form batched: the taps grouped by out, by in or by tap, each group a sum of matrix products with the
// batch as the long side. This is the form that trains; the engine room does the work.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::batched {

using engine::Algorithm;
using engine::BFloat16;
using engine::Sum;

// N = float, double or BFloat16 is what is multiplied. Arrays as in form.hpp, any batch, of N or, for
// BFloat16, of floats: these are rounded on the way in, their products are exact and summed as floats, and
// results are not rounded. Cut into blocks of images for the engine and put together again: a caller with
// many steps to go keeps its arrays in blocks and uses engine/batched_map.hpp itself. `algorithm`: what the
// engine multiplies by. Throws InvalidArgument for an isa that this machine does not permit, and what the
// engine's tap lists throw.
template <class N>
Tensor<Sum<N>> conv_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& image,
                       const Tensor<Sum<N>>& weight, Algorithm algorithm = Algorithm::direct);
template <class N>
Tensor<Sum<N>> conv_transpose_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                 const Tensor<Sum<N>>& weight, Algorithm algorithm = Algorithm::direct);
template <class N>
Tensor<Sum<N>> weight_gradient_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                  const Tensor<Sum<N>>& image, Algorithm algorithm = Algorithm::direct);

// With the isa that is in force, in the arrays' own numbers.
template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  return conv_in<T>(engine::current_isa(), geometry, image, weight);
}
template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  return conv_transpose_in<T>(engine::current_isa(), geometry, code, weight);
}
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  return weight_gradient_in<T>(engine::current_isa(), geometry, code, image);
}

}  // namespace fsconv::batched
