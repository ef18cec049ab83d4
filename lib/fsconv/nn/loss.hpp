// How far a reconstruction is from its image, and the derivative of that.
#pragma once

#include <fsconv/base/tensor.hpp>
#include <string_view>

namespace fsconv {

// Both are summed over the pixels of an image.
//   bce  the decoder's output z is a logit: -x log s(z) - (1-x) log(1 - s(z)), s the logistic function,
//        in nats. On grey pixels 0 < x < 1 it is not a likelihood, and its minimum is the pixels' own entropy, not 0.
//   mse  the decoder's output is the pixel: (z - x)^2
enum class Loss { bce, mse };
std::string_view name(Loss loss);
std::string_view units(Loss loss);       // of the loss of one image
Loss loss_named(std::string_view name);  // throws InvalidArgument

// The sum over everything in `images`, in double. `outputs` has the same shape.
template <class T>
double total_loss(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs);

// Its derivative by the outputs, times `scale`.
template <class T>
Tensor<T> loss_gradient(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs, T scale);

// What the decoder's output says the pixels are, in 0..1.
template <class T>
Tensor<T> to_pixels(Loss loss, const Tensor<T>& outputs);

// The same on `count` numbers in whatever order. The gradient replaces the outputs; the loss is returned.
template <class T>
double total_loss(Loss loss, const T* images, const T* outputs, Index count);
template <class T>
double replace_by_loss_gradient(Loss loss, const T* images, T* outputs, Index count, T scale);
template <class T>
void to_pixels(Loss loss, T* outputs, Index count);

}  // namespace fsconv
