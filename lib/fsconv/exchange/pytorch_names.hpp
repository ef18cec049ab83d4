// What the parameters of a model are called in PyTorch, and how they lie there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/nn/model.hpp>
#include <string>
#include <vector>

namespace fsconv {

// How one parameter of a model is called and laid out in PyTorch.
struct ParameterName {
  std::string name;
  // Other names of the same numbers in the same shape; and of a matrix [a, b], names of the same numbers as [b, a].
  std::vector<std::string> aliases = {}, transposed = {};
  Shape shape = {};  // PyTorch's
  // Whether its numbers are the transpose of fsconv's, read as a matrix [shape[1], shape[0]].
  bool stored_transposed = false;
};

// By ParameterId. Modules are numbered as they are used; with L convolutions, of layer n (from 1 at the image):
//     encoder.{n-1}                     Conv2d; weight [out, in/groups, kh, kw]
//     fc | fc_mu, fc_logvar             Linear of an autoencoder, of a vae; weight [latent, C*H*W], C slowest
//     conv_mu, conv_logvar              Conv2d in their place, of a vae whose code is a feature map
//     decoder_input                     Linear; weight [C*H*W, latent], bias [C*H*W]
//     decoder.{L-n}                     ConvTranspose2d; weight [in, out/groups, kh, kw], the numbers of the Conv2d that
//                                       it is the transpose of; Conv2d where the decoder is subpixel or resize
// and of each of them
//     MODULE.weight, MODULE.bias
//     MODULE.gate.weight, .bias         of the map whose sigmoid it is multiplied with
//     MODULE.gain                       the factors of its input's channels
//     MODULE.blocks.{m}.conv1, .conv2   of its residual blocks in the order in which they are computed: in the encoder
//                                       Conv2d after the map, in the decoder ConvTranspose2d before it
// and output_log_variance [1]. A shared weight has its encoder's name, and the decoder's as an alias; that of a linear
// layer is the decoder's transposed. All but decoder_input.weight (and its gate's) lie in fsconv's files as they do here.
std::vector<ParameterName> pytorch_names(const Model& model);

// By step: the module that computes it, "encoder.0", "decoder.1.gate" or "decoder.1.blocks.0.conv2", and of a Gain the
// module that it belongs to; empty of steps without parameters.
std::vector<std::string> pytorch_modules(const Model& model);

// [a, b] as [b, a]. InvalidArgument for another rank.
Tensor<float> transposed_matrix(const Tensor<float>& matrix);

// A parameter's numbers as PyTorch has them, and the way back (from numbers in name.shape).
Tensor<float> to_pytorch(const ParameterName& name, const Tensor<float>& value);
Tensor<float> from_pytorch(const ParameterName& name, const ParameterSpec& spec, const Tensor<float>& value);

}  // namespace fsconv
