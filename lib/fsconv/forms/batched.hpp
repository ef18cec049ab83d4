// The form batched: the taps grouped by out, by in or by tap, each group a sum of matrix products with the
// batch as the long side. This is the form that trains; the engine room does the work.
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::batched {

// T = float or double. Arrays as in form.hpp; any batch. Cut into blocks of images for the engine and put
// together again: a caller with many steps to go keeps its arrays in blocks and uses engine/batched_map.hpp
// itself. Throws InvalidArgument for an isa that this machine does not permit, and what the engine's tap
// lists throw.
template <class T>
Tensor<T> conv(engine::Isa isa, const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight);
template <class T>
Tensor<T> conv_transpose(engine::Isa isa, const Geometry& geometry, const Tensor<T>& code,
                         const Tensor<T>& weight);
template <class T>
Tensor<T> weight_gradient(engine::Isa isa, const Geometry& geometry, const Tensor<T>& code,
                          const Tensor<T>& image);

// With the isa that is in force.
template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  return conv(engine::current_isa(), geometry, image, weight);
}
template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  return conv_transpose(engine::current_isa(), geometry, code, weight);
}
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  return weight_gradient(engine::current_isa(), geometry, code, image);
}

// With an isa that is known when compiling: a form of its own for the lists of forms and witnesses.
template <class T, engine::Isa isa>
Tensor<T> conv_with(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  return conv(isa, geometry, image, weight);
}
template <class T, engine::Isa isa>
Tensor<T> conv_transpose_with(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  return conv_transpose(isa, geometry, code, weight);
}
template <class T, engine::Isa isa>
Tensor<T> weight_gradient_with(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  return weight_gradient(isa, geometry, code, image);
}

}  // namespace fsconv::batched
