// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/nn/engine_terms.hpp>
#include <fsconv/nn/hand_over.hpp>
#include <utility>

namespace fsconv {

namespace {

Index target_size(const Model& model, Index images, bool decodes) {
  const Value& made = model.values[model.reconstruction().output];
  return decodes ? made.elements() * (1 + images * made.draws) : 0;
}

}  // namespace

template <class N>
std::size_t EngineTerms<N>::bytes(const Model& model, Index images, bool decodes) {
  return sizeof(T) * static_cast<std::size_t>(target_size(model, images, decodes));
}

template <class N>
EngineTerms<N>::EngineTerms(const Model& model, const EngineWeights<N>& weights,
                            const Pointwise<T>& pointwise, Index images, bool decodes)
    : model_(model), weights_(weights), pointwise_(pointwise), reconstruction_(model.reconstruction()) {
  const Value& made = model.values[reconstruction_.output];
  const Index rows = images * made.draws;
  if (decodes) target_ = engine::Buffer<T>(target_size(model, images, decodes), "target");
  sums_.resize(static_cast<std::size_t>(rows * made.channels));
  losses_.resize(static_cast<std::size_t>(rows));
  weights_of_rows_.resize(static_cast<std::size_t>(rows));
  draw_losses_.reserve(static_cast<std::size_t>(made.draws));
  draw_weights_.reserve(static_cast<std::size_t>(made.draws));
}

template <class N>
Losses EngineTerms<N>::losses(EngineBlock<N>& block, double beta) {
  return terms(block, beta, nullptr);
}

template <class N>
Losses EngineTerms<N>::gradient(EngineBlock<N>& block, double beta, double scale,
                                BlockGradients<T>& gradients) {
  Derivative derivative{scale, gradients};
  const Losses sum = terms(block, beta, &derivative);
  posterior_gradients(block, scale * beta);
  return sum;
}

template <class N>
void EngineTerms<N>::set_target(const T* image) {
  const Value& made = model_.images();
  if (target_.size() == 0)
    throw InvalidArgument("computing", "was asked for gradients, not for losses of codes");
  engine::to_block(image, 1, made.channels, made.pixels(), target_.data());
  target_rows_ = 0;
}

template <class N>
void EngineTerms<N>::row_losses(EngineBlock<N>& block, double* losses) {
  const Value& image = model_.images();
  const Index rows = block.rows(reconstruction_.output);
  T* const repeated = target_.data() + image.elements();
  if (std::exchange(target_rows_, rows) != rows) {
    T* to = repeated;
    for (Index pixel = 0; pixel < image.pixels(); ++pixel)
      for (Index row = 0; row < rows; ++row)
        to = std::copy_n(target_.data() + pixel * image.channels, image.channels, to);
  }
  reconstruction(block, repeated, nullptr);
  std::copy_n(losses_.data(), rows, losses);
}

// The images, once per draw.
template <class N>
const engine::Sum<N>* EngineTerms<N>::target_of(EngineBlock<N>& block) const {
  const Value& image = model_.images();
  const Index draws = block.value(reconstruction_.output).draws, rows = block.rows(reconstruction_.output);
  const T* target = block.exact(model_.image_value());
  if (draws == 1) return target;
  T* const repeated = block.template at<T>(block.plan().targets);
  T* to = repeated;
  for (Index pixel = 0; pixel < image.pixels(); ++pixel)
    for (Index row = 0; row < rows; ++row)
      to = std::copy_n(target + (pixel * block.images() + row / draws) * image.channels, image.channels, to);
  return repeated;
}

template <class N>
Losses EngineTerms<N>::terms(EngineBlock<N>& block, double beta, Derivative* derivative) {
  const Index draws = block.value(reconstruction_.output).draws;
  const T* target = target_of(block);
  // Importance weights follow from the losses: these come first, and the gradient after them.
  const bool weighs = model_.over_draws == OverDraws::log_mean_exp;
  std::fill_n(weights_of_rows_.data(), block.rows(reconstruction_.output), T(1) / static_cast<T>(draws));
  reconstruction(block, target, weighs ? nullptr : derivative);

  Losses sum;
  for (Index image = 0; image < block.images(); ++image) {
    double counted = 0, mean = 0;
    const double image_kl = kl(block, image, &counted);
    draw_losses_.clear();
    for (Index row = image * draws; row < (image + 1) * draws; ++row) {
      const double loss = losses_[static_cast<std::size_t>(row)];
      mean += loss / static_cast<double>(draws);
      if (weighs) draw_losses_.push_back(loss + beta * log_ratio(block, row));
    }
    if (weighs) {
      sum.objective += log_mean_exp_loss(draw_losses_, draw_weights_);
      std::transform(draw_weights_.begin(), draw_weights_.end(), weights_of_rows_.begin() + image * draws,
                     [](double weight) { return static_cast<T>(weight); });
    } else {
      sum.objective += mean + beta * counted;
    }
    sum.reconstruction += mean;
    sum.kl += image_kl;
  }
  if (derivative && weighs) reconstruction(block, target, derivative);
  return sum;
}

// The losses of every row, into losses_; with a derivative the output's gradient, in which rows are weighted.
template <class N>
void EngineTerms<N>::reconstruction(EngineBlock<N>& block, const T* target, Derivative* derivative) {
  const Likelihood likelihood = reconstruction_.likelihood;
  const Value& made = block.value(reconstruction_.output);
  const Index rows = block.rows(reconstruction_.output), width = rows * made.channels;
  const bool gaussian = likelihood == Likelihood::gaussian;
  const double log_variance = reconstruction_.log_variance
                                  ? static_cast<double>(weights_[*reconstruction_.log_variance][0])
                                  : std::log(reconstruction_.variance);
  // Of gaussian the kernels give squared errors.
  const double factor = gaussian ? std::exp(-log_variance) / 2 : 1;
  std::fill_n(sums_.data(), width, 0.0);
  T* output = block.exact(reconstruction_.output);
  if (derivative) {
    if (T* gradient = block.gradient(reconstruction_.output); gradient != output) {
      std::copy_n(output, width * made.pixels(), gradient);
      output = gradient;
    }
    T* weights = block.template at<T>(block.plan().weights);
    for (Index at = 0; at < width; ++at)
      weights[at] = static_cast<T>(factor * derivative->scale) *
                    weights_of_rows_[static_cast<std::size_t>(at / made.channels)];
    pointwise_.loss_gradient(likelihood, made.pixels(), width, target, output, weights, sums_.data());
  } else {
    pointwise_.loss(likelihood, made.pixels(), width, target, output, sums_.data());
  }
  const auto count = static_cast<double>(made.elements());
  double slope = 0;  // by the log-variance
  for (Index row = 0; row < rows; ++row) {
    double sum = 0;
    for (Index channel = 0; channel < made.channels; ++channel)
      sum += sums_[static_cast<std::size_t>(row * made.channels + channel)];
    slope +=
        static_cast<double>(weights_of_rows_[static_cast<std::size_t>(row)]) * (count / 2 - factor * sum);
    losses_[static_cast<std::size_t>(row)] = gaussian ? gaussian_loss(sum, log_variance, count) : sum;
  }
  if (derivative && reconstruction_.log_variance)
    derivative->gradients[*reconstruction_.log_variance].data()[0] +=
        static_cast<T>(derivative->scale * slope);
}

// log q(z|x) - log p(z) of a draw: the sum of (z^2 - noise^2 - log_variance)/2.
template <class N>
double EngineTerms<N>::log_ratio(EngineBlock<N>& block, Index row) const {
  double sum = 0;
  for (const Term& term : model_.terms)
    if (const auto* ratio = std::get_if<LogRatio>(&term)) {
      const Value& drawn = block.value(ratio->sample);
      const T *sample = block.exact(ratio->sample), *noise = block.exact(ratio->noise);
      const T* log_variance = block.exact(ratio->log_variance);
      const Index rows = block.rows(ratio->sample);
      for (Index pixel = 0; pixel < drawn.pixels(); ++pixel)
        for (Index channel = 0; channel < drawn.channels; ++channel) {
          const Index at = (pixel * rows + row) * drawn.channels + channel;
          const Index one = (pixel * block.images() + row / drawn.draws) * drawn.channels + channel;
          const auto z = static_cast<double>(sample[at]), e = static_cast<double>(noise[at]);
          sum += (z * z - e * e - static_cast<double>(log_variance[one])) / 2;
        }
    }
  return sum;
}

// The KL of an image, and what it counts in the objective; 0 of a model that has none.
template <class N>
double EngineTerms<N>::kl(EngineBlock<N>& block, Index image, double* in_objective) const {
  const auto heads = model_.heads();
  if (!heads) return 0;
  const Value& head = block.value(heads->mean);
  const T *mean = block.exact(heads->mean), *log_variance = block.exact(heads->log_variance);
  const double free = model_.free_nats();
  double sum = 0;
  for (Index pixel = 0; pixel < head.pixels(); ++pixel)
    for (Index channel = 0; channel < head.channels; ++channel) {
      const Index at = (pixel * block.images() + image) * head.channels + channel;
      const double one = kl_to_normal(static_cast<double>(mean[at]), static_cast<double>(log_variance[at]));
      sum += one;
      *in_objective += std::max(one, free);
    }
  return sum;
}

// What the terms add to the gradients of the posterior's mean and log-variance, or of its draws.
template <class N>
void EngineTerms<N>::posterior_gradients(EngineBlock<N>& block, double times) const {
  const T factor = static_cast<T>(times);
  for (std::size_t number = 0; number < model_.terms.size(); ++number) {
    const std::vector<Into>& into = block.plan().terms[number];
    if (const auto* term = std::get_if<KlToNormal>(&model_.terms[number])) {
      const T *mean = block.exact(term->mean), *log_variance = block.exact(term->log_variance);
      const auto counts = [&](Index at) {
        return term->free_nats <= 0 ||
               static_cast<double>(kl_to_normal(mean[at], log_variance[at])) > term->free_nats;
      };
      const Index count = block.numbers(term->mean);
      hand_over(into[0], count, block.gradient(term->mean),
                [&](Index at) { return counts(at) ? factor * mean[at] : T(0); });
      hand_over(into[1], count, block.gradient(term->log_variance),
                [&](Index at) { return counts(at) ? factor * (std::exp(log_variance[at]) - 1) / 2 : T(0); });
    } else if (const auto* ratio = std::get_if<LogRatio>(&model_.terms[number])) {
      const Index channels = block.value(ratio->sample).channels, rows = block.rows(ratio->sample);
      const T* sample = block.exact(ratio->sample);
      hand_over(into[0], block.numbers(ratio->sample), block.gradient(ratio->sample), [&](Index at) {
        return factor * weights_of_rows_[static_cast<std::size_t>(at / channels % rows)] * sample[at];
      });
      // the weights of an image's draws add up to 1
      hand_over(into[1], block.numbers(ratio->log_variance), block.gradient(ratio->log_variance),
                [&](Index) { return -factor / 2; });
    }
  }
}

template class EngineTerms<float>;
template class EngineTerms<double>;
template class EngineTerms<engine::BFloat16>;

}  // namespace fsconv
