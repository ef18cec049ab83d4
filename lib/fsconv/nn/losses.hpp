// What a model costs on some images, and how the draws of an image become its objective.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fsconv/nn/model.hpp>
#include <numbers>
#include <vector>

namespace fsconv {

// Sums over images, in the likelihood's units. `kl` is 0 of a model without one; reconstruction + kl is the
// negative ELBO, whatever was made small: with beta other than 1, free nats or importance weights the
// objective is another number.
struct Losses {
  double objective = 0;
  double reconstruction = 0;  // the mean over the draws of -log p(x | z)
  double kl = 0;              // closed form, without free nats

  Losses& operator+=(const Losses& other) {
    objective += other.objective;
    reconstruction += other.reconstruction;
    kl += other.kl;
    return *this;
  }
  bool operator==(const Losses&) const = default;
};

// -log mean exp(-loss) over the draws of an image, in the unit of the losses (nats), of which there must be one at least;
// `weights` becomes the derivative by each loss, exp(-loss_k)/sum: as many as losses, in their order, adding up to 1.
// Losses are taken relative to the smallest, so that nothing overflows. T is any scalar. Source: [BGS16] equation 8.
template <class T>
T log_mean_exp_loss(const std::vector<T>& losses, std::vector<T>& weights) {
  using std::exp, std::log;
  T smallest = losses.front();
  for (const T& loss : losses)
    if (loss < smallest) smallest = loss;
  T sum = T(0);
  weights.clear();
  for (const T& loss : losses) {
    weights.push_back(exp(T(smallest - loss)));
    sum += weights.back();
  }
  for (T& weight : weights) weight = weight / sum;
  return smallest - log(sum) + T(std::log(static_cast<double>(losses.size())));
}

// Of one element, in nats: KL(N(mean, e^log_variance) || N(0, 1)), 0 at (0, 0) and never negative.
template <class T>
T kl_to_normal(const T& mean, const T& log_variance) {
  using std::exp;
  return (mean * mean + exp(log_variance) - log_variance - T(1)) / T(2);
}

// -log N(x; z, s) of `count` numbers in nats, from the sum of their squared errors (x - z)^2; s = e^log_variance, one for
// all of them. A density: it may be negative.
template <class T>
T gaussian_loss(const T& squared_error, const T& log_variance, double count) {
  using std::exp;
  return squared_error * exp(T(-log_variance)) / T(2) +
         T(count / 2) * (log_variance + T(std::log(2 * std::numbers::pi)));
}

}  // namespace fsconv
