// One layer, forward and backward: a linear map in one of its two directions, a bias, and perhaps a ReLU.
#pragma once

#include <fsconv/nn/linear_map.hpp>
#include <fsconv/nn/parameter.hpp>

namespace fsconv {

// output = activation(W input + bias)      not transposed: input is the image side
// output = activation(W^T input + bias)    transposed: input is the code side
// An encoder layer and the decoder layer that are tied differ in `transposed` and bias, and name the same
// weight.
template <class T>
struct Layer {
  LinearMap<T> map;
  bool transposed;
  std::size_t weight;  // positions in the model's parameters
  std::size_t bias;    // [channels], or [channels, size...] with one value per element
  bool relu;

  Tensor<T> forward(const Parameters<T>& parameters, const Tensor<T>& input) const;

  // `output` is what forward returned for `input`; `output_gradient` the loss's derivative by it. Adds the
  // derivatives by weight and bias to `gradients` and returns the one by the input, where
  // `wants_input_gradient`.
  Tensor<T> backward(const Parameters<T>& parameters, const Tensor<T>& input, const Tensor<T>& output,
                     Tensor<T> output_gradient, Gradients<T>& gradients, bool wants_input_gradient) const;
};

}  // namespace fsconv
