// The terms of a model's objective on a block: losses, and the gradients with which the way back begins.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/engine_block.hpp>
#include <fsconv/nn/engine_weights.hpp>
#include <fsconv/nn/losses.hpp>
#include <fsconv/nn/pointwise.hpp>
#include <vector>

namespace fsconv {

// Works in memory of its own: one per thread, for blocks of up to `images`; with `decodes` also for row_losses().
// `model` and `weights` must outlive it.
template <class N>
class EngineTerms {
 public:
  using T = engine::Sum<N>;

  EngineTerms(const Model& model, const EngineWeights<N>& weights, const Pointwise<T>& pointwise,
              Index images, bool decodes);

  // Sums over the images of a block whose values are made.
  Losses losses(EngineBlock<N>& block, double beta);
  // The same, and scale times the derivatives of the objective by what the terms read, which end in the places of the
  // plan; those by parameters are added to `gradients`.
  Losses gradient(EngineBlock<N>& block, double beta, double scale, BlockGradients<T>& gradients);

  // -log p(x | z) of every row of a block whose output is made, x being one image [channels][size...].
  void set_target(const T* image);
  void row_losses(EngineBlock<N>& block, double* losses);

  // What one that is made like this keeps; but for a few numbers per row.
  static std::size_t bytes(const Model& model, Index images, bool decodes);

 private:
  // What the gradients of a block are of.
  struct Derivative {
    double scale;
    BlockGradients<T>& gradients;
  };

  Losses terms(EngineBlock<N>& block, double beta, Derivative* derivative);
  const T* target_of(EngineBlock<N>& block) const;
  void reconstruction(EngineBlock<N>& block, const T* target, Derivative* derivative);
  double log_ratio(EngineBlock<N>& block, Index row) const;
  double kl(EngineBlock<N>& block, Index image, double* in_objective) const;
  void posterior_gradients(EngineBlock<N>& block, double factor) const;

  const Model& model_;
  const EngineWeights<N>& weights_;
  const Pointwise<T>& pointwise_;
  const Reconstruction& reconstruction_;
  engine::Buffer<T> target_;  // one image [pixel][channel]; and behind it the same once per row
  Index target_rows_ = 0;
  std::vector<double> sums_;    // of the losses of each number of a pixel of the output
  std::vector<double> losses_;  // of every row
  std::vector<T> weights_of_rows_;
  std::vector<double> draw_losses_, draw_weights_;  // of one image
};

}  // namespace fsconv
