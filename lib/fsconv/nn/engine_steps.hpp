// The steps of a model on a block: what each makes of its inputs, and how it hands their gradients back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/engine_block.hpp>
#include <fsconv/nn/engine_weights.hpp>
#include <fsconv/nn/pointwise.hpp>
#include <vector>

namespace fsconv {

// The pixel and the phase that each pixel of an enlarged image comes from: of Shuffle and Resize.
struct Origin {
  Index pixel, phase;
};

// `model` and `weights` must outlive it. Const methods may run on several threads, each with a block of its own.
template <class N>
class EngineSteps {
 public:
  using T = engine::Sum<N>;

  EngineSteps(const Model& model, const EngineWeights<N>& weights, const Pointwise<T>& pointwise);

  // Makes the output of step number `step`.
  void forward(std::size_t step, EngineBlock<N>& block) const;
  // The output's gradient is complete: adds to those of the step's parameters, and hands its inputs
  // theirs as the plan says.
  void backward(std::size_t step, EngineBlock<N>& block, BlockGradients<T>& gradients) const;

  // The most scratch that a map of these steps wants for so many images.
  Index scratch_size(Index images) const;

 private:
  struct Forward;
  struct Backward;

  void finish_gradient(const Affine& step, EngineBlock<N>& block, BlockGradients<T>& gradients) const;

  const Model& model_;
  const EngineWeights<N>& weights_;
  const Pointwise<T>& pointwise_;
  std::vector<std::vector<Origin>> origins_;  // by step
  std::vector<const Affine*> affine_makers_;  // by value; null where something else makes it
  std::vector<bool> keep_zeros_;              // by step: Ending::keep_zeros
};

}  // namespace fsconv
