// What a trained model is to other programs: tensors under the names and in the layouts of PyTorch, and numbers to check
// them by.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/pytorch_names.hpp>
#include <fsconv/nn/parameter.hpp>
#include <fsconv/train/trained_run.hpp>
#include <map>
#include <string>
#include <vector>

namespace fsconv {

// One tensor in memory. A weight that encoder and decoder share is one of them, under all its names.
struct NamedTensor {
  std::string name;                          // "encoder.0.weight": where it is used first
  std::vector<std::string> aliases = {};     // other names of the same numbers in the same shape
  std::vector<std::string> transposed = {};  // of a matrix [a, b], names of the same numbers as [b, a]
  // Names that may be aliases or texts about the model: a .safetensors file does not tell the two apart.
  std::vector<std::string> hinted = {};
  Tensor<float> value = {};    // in PyTorch's layout
  std::string parameter = {};  // fsconv's own name, "conv1"; empty of a tensor from elsewhere
};

// An input, and what the model must make of it: everything without noise, so that the mean is decoded. Computed in double
// by the plain formulas (nn/tensor_pass.hpp), rounded once to float. Empty tensors where there is nothing to check.
struct ModelCheck {
  Tensor<float> input;         // [N, channels, size...], pixels 0..1
  Tensor<float> code;          // [N, latent], or [N, channels, size...] of a feature map; of a vae the mean
  Tensor<float> log_variance;  // of a vae, in the code's shape
  Tensor<float> output;        // [N, channels, size...], the decoder's last value ("logits")
  Tensor<float> pixels;        // the expected pixels 0..1 that the likelihood makes of it
};

struct ModelState {
  std::vector<NamedTensor> tensors;  // in the order of the model's parameters
  ModelCheck check;
  // Text for whoever reads a file of it, in UTF-8: model (model_json.hpp), kind, likelihood, run (its file's name, as
  // excerpt() writes it), epoch, weights (best or last), producer ("fsconv").
  std::map<std::string, std::string> metadata;
};

// Two images of random pixels k/255, always the same ones.
Tensor<float> check_input(const Model& model);

// What the model makes of these images [N, channels, size...], in numbers of the type T, float or double. InvalidArgument
// for images of another shape.
template <class T>
ModelCheck check_of(const Model& model, const Parameters<float>& parameters, const Tensor<float>& input);

// The tensors of a model, copied.
std::vector<NamedTensor> tensors_of(const Model& model, const Parameters<float>& parameters);

// All of a model or of a run, with the check of check_input(). InvalidArgument where there is no room for that.
ModelState state_of(const Model& model, const Parameters<float>& parameters);
ModelState state_of(const TrainedRun& run);

}  // namespace fsconv
