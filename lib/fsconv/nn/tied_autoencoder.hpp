// The convolutional autoencoder whose decoder is made of the transposes of its encoder's weights.
#pragma once

#include <cstdint>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/layer.hpp>

namespace fsconv {

struct AutoencoderShape {
  Index image_channels = 1;
  Shape image_size;
  std::vector<LayerSpec> convolutions;
  Index latent = 32;
  // false gives the decoder weights of its own, of the same shapes: what tying is compared with.
  bool tied = true;
};

//     encoder   relu(W1 x + b1), relu(W2 . + b2), ..., L . + c                      image -> latent
//     decoder   relu(L^T z + c'), ..., relu(W2^T . + b2'), W1^T . + b1'             latent -> image
// The outputs are logits or pixels, as the loss reads them. Parameters, in this order:
//     conv1, conv1_bias, ..., linear, linear_bias                          the encoder's
//     linear_transpose_bias, ..., conv1_transpose_bias                     the decoder's; where it is not
//     tied each
//                                                                          follows its linear_transpose,
//                                                                          convN_transpose
// Weights are [out, in, kh, kw] of the encoder's map; the linear layer's [latent, channels, h, w] lists the
// pixels of the last code, and its bias in the decoder has one value per element.
template <class T>
class TiedAutoencoder {
 public:
  // Weights are normal with deviation sqrt(2/fan_in), 1/sqrt(fan_in) for the linear layer; biases 0. The same
  // seed gives the tied and the untied model the same encoder. Throws InvalidArgument naming the field, also
  // where the form does not support a layer.
  TiedAutoencoder(const AutoencoderShape& shape, const Form<T>& form, std::uint64_t seed);

  Parameters<T>& parameters() { return parameters_; }
  const Parameters<T>& parameters() const { return parameters_; }
  const std::vector<Layer<T>>& layers() const { return layers_; }
  std::string_view form_name() const { return form_name_; }

  // images [N, channels, h, w]. Returns what enters the first layer and what leaves each: the images first,
  // then every hidden activation, the decoder's output last.
  std::vector<Tensor<T>> trace(const Tensor<T>& images) const;

  // Adds the derivatives by every parameter, given a trace and the loss's derivative by its last element.
  void backward(const std::vector<Tensor<T>>& trace, Tensor<T> output_gradient,
                Gradients<T>& gradients) const;

 private:
  std::size_t add_weight(const std::string& name, const Geometry& geometry, double gain, std::uint64_t seed);
  std::size_t add_bias(const std::string& name, const Shape& shape);

  std::string_view form_name_;
  Parameters<T> parameters_;
  std::vector<Layer<T>> layers_;
};

}  // namespace fsconv
