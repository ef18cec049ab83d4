// Loss and gradient of a batch, on several threads, with the same bits on any number of them.
#pragma once

#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>

namespace fsconv {

// A batch is cut into blocks of this many images. Each block is computed by one thread on its own, and the
// blocks' results are added in the order of the blocks, whichever thread finished first.
inline constexpr Index images_per_block = engine::images_per_block;

// Runs one model over batches. A model of the form `batched` runs on the engine (block_pass.hpp), whose
// memory is allocated here and used again by every batch; any other form runs layer by layer through tensors.
template <class T>
class BatchRunner {
 public:
  // `model` must outlive the runner and may change its numbers between calls.
  BatchRunner(TiedAutoencoder<T>& model, int threads);

  // Puts the gradient of the mean loss of an image into the model's parameters and returns the loss summed
  // over the batch. images [N, channels, h, w], N >= 1.
  double gradient(Loss loss, const Tensor<T>& images);

  // The loss summed over the batch.
  double loss(Loss loss, const Tensor<T>& images);

  // The pixels that the model makes of the images.
  Tensor<T> reconstruct(Loss loss, const Tensor<T>& images);

 private:
  using Workspace = typename BlockPass<T>::Workspace;

  void engine_gradient(Loss loss, const Tensor<T>& images, double& total);
  void plain_gradient(Loss loss, const Tensor<T>& images, double& total);

  TiedAutoencoder<T>& model_;
  int threads_;
  std::optional<BlockPass<T>> pass_;
  std::vector<Workspace> workspaces_;                             // one per thread
  std::vector<typename BlockPass<T>::BlockGradients> gradients_;  // the sum, then one per block at once
};

}  // namespace fsconv
