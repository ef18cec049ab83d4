// Loss and gradient of a batch, on several threads, with the same bits on any number of them.
#pragma once

#include <cstdint>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>
#include <memory>
#include <span>
#include <vector>

namespace fsconv {

// A batch is cut into blocks of this many images. Each block is computed by one thread on its own, and the
// blocks' results are added in the order of the blocks, whichever thread finished first.
inline constexpr Index images_per_block = engine::images_per_block;

// Runs one model over batches. A batch is the images order[0], order[1], ... of a data set [N, channels, h, w],
// at least one, with v/255 for the byte v; InvalidArgument if there is no such image, or if the images are not
// of the model's size. A model of the form `batched` runs on the engine (block_pass.hpp), whose memory is
// allocated here and used again by every batch; any other form runs layer by layer through tensors.
template <class T>
class BatchRunner {
 public:
  // `model` must outlive the runner and may change its numbers between calls. Throws InvalidArgument for bf16
  // in a form other than `batched`, and what make_block_pass() throws.
  BatchRunner(TiedAutoencoder<T>& model, int threads, Operands operands = Operands::fp32);

  // Puts the gradient of the mean loss of an image into the model's parameters and returns the loss summed
  // over the batch.
  double gradient(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order);

  // The loss summed over the batch.
  double loss(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order);

  // The pixels that the model makes of the images, [order.size(), channels, h, w].
  Tensor<T> reconstruct(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order);

 private:
  double engine_gradient(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order);
  double plain_gradient(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order);
  void check_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order) const;
  template <class F>
  void for_each_parameter(F&& work);
  void load();

  TiedAutoencoder<T>& model_;
  int threads_;
  std::vector<std::size_t> largest_first_;    // the parameters' numbers, for an even share of them
  std::unique_ptr<BlockPass<T>> pass_;        // null for other forms than `batched`
  std::vector<BlockGradients<T>> gradients_;  // the sum, then one per block at once
};

}  // namespace fsconv
