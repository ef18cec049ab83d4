// A batch for a model, its gradient through a pass, and how far two gradients or losses are apart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "nn/small_models.hpp"

namespace fsconv::test {

struct GradientCase {
  Model model;
  Tensor<std::uint8_t> images;
  std::vector<Index> order;

  explicit GradientCase(const Model& of, Index count = 37)
      : model(of), images(images_for(of, count)), order(first_images(count)) {}
  Batch batch() const { return make_batch(images, order, binarise_for(model), 11, Split::train, 2); }
};

template <class T>
struct LossesAndGradients {
  Losses losses;
  Gradients<T> gradients;
};

template <class T>
LossesAndGradients<T> gradient_with(const GradientCase& one, const Parameters<T>& parameters,
                                    const Computing& computing, double beta) {
  Computing trains = computing;
  trains.trains = true;
  Runner<T> runner(one.model, trains);
  runner.load(parameters);
  LossesAndGradients<T> result{{}, zeros_like(parameters)};
  result.losses = runner.gradient(one.batch(), beta, result.gradients);
  return result;
}

// The largest difference of a parameter's gradients, in terms of the largest number of that gradient, or of 1e-3 of the
// largest of all: some parameters have gradients that are all cancellation.
template <class A, class B>
double gradient_distance(const Gradients<A>& found, const Gradients<B>& wanted) {
  double of_all = 0;
  for (const Tensor<B>& tensor : wanted)
    for (const B value : tensor) of_all = std::max(of_all, std::abs(static_cast<double>(value)));
  double worst = 0;
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    double size = 1e-3 * of_all, off = 0;
    for (Index n = 0; n < wanted[at].size(); ++n) {
      size = std::max(size, std::abs(static_cast<double>(wanted[at][n])));
      off = std::max(off, std::abs(static_cast<double>(found[at][n]) - static_cast<double>(wanted[at][n])));
    }
    worst = std::max(worst, off / size);
  }
  return worst;
}

inline double losses_distance(const Losses& found, const Losses& wanted) {
  return std::max({std::abs(found.objective - wanted.objective),
                   std::abs(found.reconstruction - wanted.reconstruction), std::abs(found.kl - wanted.kl)}) /
         std::abs(wanted.reconstruction);
}

// The angle and the distance of two gradients, over all parameters; the distance in terms of the second one's length.
struct Agreement {
  double cosine, distance;
};
template <class A, class B>
Agreement agreement(const Gradients<A>& ours, const Gradients<B>& theirs) {
  double product = 0, our_square = 0, their_square = 0, distance = 0;
  for (std::size_t at = 0; at < ours.size(); ++at)
    for (Index n = 0; n < ours[at].size(); ++n) {
      const auto a = static_cast<double>(ours[at][n]), b = static_cast<double>(theirs[at][n]);
      product += a * b;
      our_square += a * a;
      their_square += b * b;
      distance += (a - b) * (a - b);
    }
  return {product / std::sqrt(our_square * their_square), std::sqrt(distance / their_square)};
}

}  // namespace fsconv::test
