// The named models: autoencoders and variational autoencoders whose decoder may share the encoder's weights.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/model.hpp>

namespace fsconv {

enum class ModelKind { ae, vae };
constexpr auto names_of(ModelKind) {
  return NameTable<ModelKind, 2>{"model", {{{ModelKind::ae, "ae"}, {ModelKind::vae, "vae"}}}};
}

// How a decoder enlarges: by W^T; by a convolution to more channels that are shuffled into pixels; or by nearest
// neighbours and a convolution.
enum class Decoder { transposed, subpixel, resize };
constexpr auto names_of(Decoder) {
  return NameTable<Decoder, 3>{
      "decoder",
      {{{Decoder::transposed, "transposed"}, {Decoder::subpixel, "subpixel"}, {Decoder::resize, "resize"}}}};
}

enum class Bound { elbo, iwae };
constexpr auto names_of(Bound) {
  return NameTable<Bound, 2>{"bound", {{{Bound::elbo, "elbo"}, {Bound::iwae, "iwae"}}}};
}

struct ModelSpec {
  ModelKind kind = ModelKind::ae;
  Index image_channels = 1;
  Shape image_size = {};
  std::vector<LayerSpec> layers = {};
  Index latent = 32;  // 0: no linear layer; the code is a feature map
  Activation activation = Activation::relu;
  Decoder decoder = Decoder::transposed;
  // Which decoder layers use the encoder's weight: one entry per layer and one for the linear layer (none where latent
  // is 0), in the order of the encoder.
  std::vector<bool> tied = {};
  bool gain = false;   // a free factor per channel before every tied layer of the decoder
  bool gated = false;  // a * sigmoid(b) instead of the activation
  Index residual = 0;  // blocks x + conv(activation(conv(x))), 3 taps per axis, after each layer

  Likelihood likelihood = Likelihood::bce_grey;
  double variance = 1;            // of gaussian
  bool learned_variance = false;  // instead
  Index draws = 1;                // of vae
  Bound bound = Bound::elbo;
  double free_nats = 0;
};

// Parameters of the encoder come first, so that tied and untied models start with the same one. Their names:
//     conv1, conv1_bias, ..., linear | mean, log_variance, and their biases      the encoder's
//     linear_transpose_bias, ..., conv1_transpose_bias                           the decoder's; where it is not tied each
//                                                                                follows its linear_transpose, ...
// Throws InvalidArgument naming the option: what cannot be tied, sizes that a decoder cannot
// reach, numbers out of range.
Model make_model(const ModelSpec& spec);

// Whether its code is a vector, which a linear layer makes, and not a feature map, be that of one pixel.
bool has_linear_code(const Model& model);

}  // namespace fsconv
