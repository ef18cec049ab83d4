// Models of a few hundred numbers that between them use every step, activation and term, and images for them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/runner.hpp>
#include <numeric>
#include <string>
#include <vector>

namespace fsconv::test {

struct NamedModel {
  std::string name;
  Model model;
};

inline ModelSpec small_spec(ModelKind kind) {
  ModelSpec spec;
  spec.kind = kind;
  spec.image_channels = 1;
  spec.image_size = {6, 5};
  spec.layers = {{.channels = 3, .kernel = 3, .stride = 2}, {.channels = 4, .kernel = 2, .stride = 2}};
  spec.latent = 3;
  spec.tied = {true, true, true};
  spec.likelihood = kind == ModelKind::vae ? Likelihood::bernoulli : Likelihood::bce_grey;
  return spec;
}

inline std::vector<NamedModel> small_models() {
  std::vector<NamedModel> list;
  const auto add = [&](const std::string& name, ModelKind kind, auto change) {
    ModelSpec spec = small_spec(kind);
    change(spec);
    list.push_back({name, make_model(spec)});
  };
  add("tied autoencoder", ModelKind::ae, [](ModelSpec&) {});
  add("untied autoencoder, mse", ModelKind::ae, [](ModelSpec& s) {
    s.tied = {};
    s.likelihood = Likelihood::mse;
  });
  add("some layers tied, with gain", ModelKind::ae, [](ModelSpec& s) {
    s.tied = {true, false, true};
    s.gain = true;
  });
  add("stride 3/2, colour, dilation, groups", ModelKind::ae, [](ModelSpec& s) {
    s.image_channels = 2;
    s.image_size = {7, 8};
    s.layers = {{.channels = 4, .kernel = 3, .stride = {3, 2}}, {.channels = 6, .kernel = 2, .stride = 2}};
    s.layers[1].dilation = 2;
    s.layers[1].groups = 2;
  });
  add("no linear layer", ModelKind::ae, [](ModelSpec& s) {
    s.latent = 0;
    s.tied = {true, true};
  });
  add("no linear layer, a feature map of one pixel", ModelKind::ae, [](ModelSpec& s) {
    s.image_size = {4, 4};
    s.latent = 0;
    s.tied = {true, true};
  });
  add("subpixel", ModelKind::ae, [](ModelSpec& s) {
    s.image_size = {8, 4};
    s.layers = {{.channels = 3, .kernel = 4, .stride = 2}, {.channels = 4, .kernel = 2, .stride = 2}};
    s.decoder = Decoder::subpixel;
    s.tied = {false, false, true};
  });
  add("resize", ModelKind::ae, [](ModelSpec& s) {
    s.image_size = {8, 4};
    s.layers = {{.channels = 3, .kernel = 4, .stride = 2}, {.channels = 4, .kernel = 2, .stride = 2}};
    s.decoder = Decoder::resize;
    s.tied = {false, false, true};
    s.activation = Activation::leaky_relu;
  });
  add("gated and residual", ModelKind::ae, [](ModelSpec& s) {
    s.gated = true;
    s.residual = 1;
  });
  add("residual, untied", ModelKind::ae, [](ModelSpec& s) {
    s.tied = {};
    s.residual = 2;
    s.activation = Activation::softplus;
  });
  add("tied variational", ModelKind::vae, [](ModelSpec&) {});
  add("variational with gain, elu, 3 draws", ModelKind::vae, [](ModelSpec& s) {
    s.gain = true;
    s.activation = Activation::elu;
    s.draws = 3;
  });
  add("importance weighted", ModelKind::vae, [](ModelSpec& s) {
    s.bound = Bound::iwae;
    s.draws = 4;
  });
  add("free nats, tanh, learned variance", ModelKind::vae, [](ModelSpec& s) {
    s.likelihood = Likelihood::gaussian;
    s.learned_variance = true;
    s.free_nats = 0.05;
    s.activation = Activation::tanh;
  });
  add("importance weighted, gaussian, sigmoid", ModelKind::vae, [](ModelSpec& s) {
    s.likelihood = Likelihood::gaussian;
    s.learned_variance = true;
    s.bound = Bound::iwae;
    s.draws = 2;
    s.activation = Activation::sigmoid;
  });
  add("variational feature map, continuous Bernoulli", ModelKind::vae, [](ModelSpec& s) {
    s.latent = 0;
    s.tied = {true, true};
    s.likelihood = Likelihood::continuous_bernoulli;
    s.draws = 2;
  });
  add("gated variational, fixed variance", ModelKind::vae, [](ModelSpec& s) {
    s.gated = true;
    s.likelihood = Likelihood::gaussian;
    s.variance = 0.25;
  });
  return list;
}

// Bytes [count, channels, size...] for a model.
inline Tensor<std::uint8_t> images_for(const Model& model, Index count) {
  const Value& image = model.images();
  Shape shape = image.size;
  shape.insert(shape.begin(), {count, image.channels});
  Tensor<std::uint8_t> images(shape);
  Random random(5);
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  return images;
}

inline std::vector<Index> first_images(Index count) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

// Binarised where the likelihood is one of bits.
inline Binarise binarise_for(const Model& model) {
  return model.reconstruction().likelihood == Likelihood::bernoulli ? Binarise::dynamic : Binarise::none;
}

// Every number is moved away from its start, so that biases, gains and variances are not all alike.
template <class T>
Parameters<T> parameters_for(const Model& model) {
  Parameters<T> parameters = initial_parameters<T>(model, 3);
  Random random(9);
  for (Parameter<T>& parameter : parameters)
    for (T& value : parameter.value) value += static_cast<T>(0.2 * random.normal());
  return parameters;
}

}  // namespace fsconv::test
