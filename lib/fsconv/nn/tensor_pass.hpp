// A model by the plain formulas: a tensor per value, any form, any scalar. The witness of the engine's pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/forms/form.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/losses.hpp>
#include <memory>

namespace fsconv {

// A model's value of every draw of every image: [images*draws, channels, size...]; draw d of
// image n is row n*draws + d.
template <class T>
Shape batch_shape(const Value& value, Index images) {
  Shape shape = {images * value.draws, value.channels};
  shape.insert(shape.end(), value.size.begin(), value.size.end());
  return shape;
}

// What one step makes of the values before it. T is any scalar that activate() takes.
template <class T>
struct TensorForward {
  const Model& model;
  const std::vector<Tensor<T>>& parameters;
  const Form<T>& form;
  std::vector<Tensor<T>>& values;
  Index images;

  Tensor<T> made(ValueId id) const { return Tensor<T>(batch_shape<T>(model.values[id], images)); }

  void operator()(const Affine& step) const {
    const Tensor<T>& w = parameters[step.weight];
    Tensor<T> out = step.direction == Direction::conv_transpose
                        ? form.conv_transpose(step.geometry, values[step.in], w)
                        : form.conv(step.geometry, values[step.in], w);
    const Index elements = model.values[step.out].elements();
    for (Index at = 0; at < out.size(); ++at) {
      T value = out[at];
      if (step.bias) {
        const Tensor<T>& bias = parameters[*step.bias];
        value += bias[at % elements / (elements / bias.size())];
      }
      out[at] = activate(step.activation, value);
    }
    values[step.out] = std::move(out);
  }

  void operator()(const Gain& step) const {
    Tensor<T> out = values[step.in];
    const Index elements = model.values[step.in].elements(), pixels = model.values[step.in].pixels();
    for (Index at = 0; at < out.size(); ++at)
      out[at] = out[at] * parameters[step.factor][at % elements / pixels];
    values[step.out] = std::move(out);
  }

  void operator()(const Shuffle& step) const {
    Tensor<T> out = made(step.out);
    for_each_enlarged(model.values[step.in], step.factor, true, images,
                      [&](Index from, Index to) { out[to] = values[step.in][from]; });
    values[step.out] = std::move(out);
  }
  void operator()(const Resize& step) const {
    Tensor<T> out = made(step.out);
    for_each_enlarged(model.values[step.in], step.factor, false, images,
                      [&](Index from, Index to) { out[to] = values[step.in][from]; });
    values[step.out] = std::move(out);
  }

  void operator()(const Gate& step) const {
    Tensor<T> out = values[step.in];
    for (Index at = 0; at < out.size(); ++at)
      out[at] = out[at] * activate(Activation::sigmoid, values[step.gate][at]);
    values[step.out] = std::move(out);
  }

  void operator()(const Add& step) const {
    Tensor<T> out = values[step.in];
    for (Index at = 0; at < out.size(); ++at) out[at] += values[step.other][at];
    values[step.out] = std::move(out);
  }

  void operator()(const Reparameterise& step) const {
    using std::exp;
    Tensor<T> out = values[step.noise];
    for (Index at = 0; at < out.size(); ++at) {
      const Index one = of_image(model, step.mean, step.out, at);
      out[at] = values[step.mean][one] + exp(T(values[step.log_variance][one] / T(2))) * out[at];
    }
    values[step.out] = std::move(out);
  }

  // The number of the image's own value that belongs to number `at` of its draws.
  static Index of_image(const Model& model, ValueId one, ValueId drawn, Index at) {
    const Index elements = model.values[one].elements();
    return at / elements / model.values[drawn].draws * elements + at % elements;
  }

  // Calls f(from, to) for every number of an enlarged value: with `shuffles`, channel c*phases +
  // phase becomes channel c.
  template <class F>
  static void for_each_enlarged(const Value& in, Index factor, bool shuffles, Index images, F&& f) {
    const auto axes = in.size.size();
    Index phases = 1;
    for (std::size_t axis = 0; axis < axes; ++axis) phases *= factor;
    const Index channels = shuffles ? in.channels / phases : in.channels, pixels = in.pixels();
    Index to = 0;
    for (Index plane = 0; plane < images * in.draws * channels; ++plane)
      for (Index at = 0; at < pixels * phases; ++at, ++to) {
        Index pixel = 0, phase = 0, rest = at, pixel_step = 1, phase_step = 1;
        for (std::size_t axis = axes; axis-- > 0;) {
          const Index position = rest % (in.size[axis] * factor);
          rest /= in.size[axis] * factor;
          pixel += position / factor * pixel_step;
          phase += position % factor * phase_step;
          pixel_step *= in.size[axis];
          phase_step *= factor;
        }
        f(shuffles ? (plane * phases + phase) * pixels + pixel : plane * pixels + pixel, to);
      }
  }
};

// All values of a model, by ValueId. `images` and `noise` are those of their values; parameters
// are in the model's order.
template <class T>
std::vector<Tensor<T>> tensor_values(const Model& model, const std::vector<Tensor<T>>& parameters,
                                     const Form<T>& form, const Tensor<T>& images, const Tensor<T>& noise) {
  std::vector<Tensor<T>> values(model.values.size());
  values[model.image_value()] = images;
  if (const auto id = model.noise_value()) values[*id] = noise;
  for (const Step& step : model.steps)
    std::visit(TensorForward<T>{model, parameters, form, values, images.shape()[0]}, step);
  return values;
}

// The losses of one image, and what its draws weigh in the objective.
template <class T>
struct ImageLosses {
  T objective = T(0), reconstruction = T(0), kl = T(0);
  std::vector<T> draw_weights = {};
};

template <class T>
ImageLosses<T> image_losses(const Model& model, const std::vector<Tensor<T>>& parameters,
                            const std::vector<Tensor<T>>& values, Index image, double beta) {
  const Reconstruction& term = model.reconstruction();
  const Index elements = model.images().elements(), draws = model.values[term.output].draws;
  const Tensor<T>&x = values[model.image_value()], &z = values[term.output];
  ImageLosses<T> sum;
  std::vector<T> losses;
  for (Index draw = 0; draw < draws; ++draw) {
    T loss = T(0);
    for (Index at = 0; at < elements; ++at)
      loss +=
          pixel_loss(term.likelihood, x[image * elements + at], z[(image * draws + draw) * elements + at]);
    if (term.likelihood == Likelihood::gaussian)
      loss = gaussian_loss(loss,
                           term.log_variance ? parameters[*term.log_variance][0] : T(std::log(term.variance)),
                           static_cast<double>(elements));
    losses.push_back(loss);
    sum.reconstruction += loss / T(static_cast<double>(draws));
  }
  sum.draw_weights.assign(static_cast<std::size_t>(draws), T(1.0 / static_cast<double>(draws)));
  sum.objective = sum.reconstruction;
  if (const auto heads = model.heads()) {
    const Index latent = model.values[heads->mean].elements();
    for (Index at = image * latent; at < (image + 1) * latent; ++at) {
      const T kl = kl_to_normal(values[heads->mean][at], values[heads->log_variance][at]);
      sum.kl += kl;
      if (model.over_draws == OverDraws::mean)
        sum.objective += T(beta) * (kl > T(model.free_nats()) ? kl : T(model.free_nats()));
    }
  }
  for (const Term& each : model.terms)
    if (const auto* ratio = std::get_if<LogRatio>(&each)) {
      const Index latent = model.values[ratio->sample].elements();
      for (Index draw = 0; draw < draws; ++draw)
        for (Index at = 0; at < latent; ++at) {
          const Index here = (image * draws + draw) * latent + at;
          const T &drawn = values[ratio->sample][here], &noise = values[ratio->noise][here];
          losses[static_cast<std::size_t>(draw)] +=
              T(beta / 2) *
              (drawn * drawn - noise * noise - values[ratio->log_variance][image * latent + at]);
        }
      sum.objective = log_mean_exp_loss(losses, sum.draw_weights);
    }
  return sum;
}

// Runs through tensors and a form, one block at a time; block gradients are in the order of the parameters' shapes.
// Throws InvalidArgument where the form does not support a layer.
template <class T>
std::unique_ptr<BlockPass<T>> make_tensor_pass(const Model& model, const Form<T>& form);

}  // namespace fsconv
