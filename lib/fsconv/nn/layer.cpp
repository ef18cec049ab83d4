#include <algorithm>
#include <fsconv/nn/layer.hpp>
#include <numeric>

namespace fsconv {
namespace {

// Calls f(bias element, first, last) for each run of elements of `images` that share one element of the bias.
template <class T, class F>
void for_each_run(Tensor<T>& images, Index biases, F&& f) {
  const Index run = images.size() / (images.shape()[0] * biases);
  T* first = images.data();
  for (Index image = 0; image < images.shape()[0]; ++image)
    for (Index at = 0; at < biases; ++at, first += run) f(at, first, first + run);
}

}  // namespace

template <class T>
Tensor<T> Layer<T>::forward(const Parameters<T>& parameters, const Tensor<T>& input) const {
  const Tensor<T>& w = parameters[weight].value;
  const Tensor<T>& b = parameters[bias].value;
  Tensor<T> output = transposed ? map.to_image(input, w) : map.to_code(input, w);
  for_each_run(output, b.size(), [&](Index at, T* first, T* last) {
    const T shift = b[at];
    if (relu)
      std::transform(first, last, first, [shift](T value) { return std::max(value + shift, T(0)); });
    else
      std::transform(first, last, first, [shift](T value) { return value + shift; });
  });
  return output;
}

template <class T>
Tensor<T> Layer<T>::backward(const Parameters<T>& parameters, const Tensor<T>& input, const Tensor<T>& output,
                             Tensor<T> output_gradient, Gradients<T>& gradients,
                             bool wants_input_gradient) const {
  if (relu)
    std::transform(output_gradient.begin(), output_gradient.end(), output.begin(), output_gradient.begin(),
                   [](T gradient, T value) { return value > 0 ? gradient : T(0); });
  for_each_run(output_gradient, gradients[bias].size(), [&](Index at, const T* first, const T* last) {
    gradients[bias][at] += std::accumulate(first, last, T(0));
  });

  const Tensor<T>& w = parameters[weight].value;
  if (transposed) {
    add(gradients[weight], map.weight_gradient(input, output_gradient));
    return wants_input_gradient ? map.to_code(output_gradient, w) : Tensor<T>();
  }
  add(gradients[weight], map.weight_gradient(output_gradient, input));
  return wants_input_gradient ? map.to_image(output_gradient, w) : Tensor<T>();
}

template struct Layer<float>;
template struct Layer<double>;

}  // namespace fsconv
