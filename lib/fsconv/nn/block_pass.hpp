// The autoencoder on the engine: forward and backward over one block of images, in the engine's own layout.
#pragma once

#include <cstdint>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/buffer.hpp>
#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace fsconv {

// What the engine multiplies: the model's own numbers, or these rounded to BFloat16. Parameters, sums, losses
// and derivatives by parameters are the model's numbers in both.
enum class Operands { fp32, bf16 };
std::string_view name(Operands operands);
Operands operands_named(std::string_view name);  // throws InvalidArgument("precision", ...)

// The derivatives by all parameters, one buffer each: weights in the engine's order, biases in the order of
// their layer's pixels.
template <class T>
using BlockGradients = std::vector<engine::Buffer<T>>;

// One thread takes a block of images through all layers and back, so that what a layer leaves is still in its
// caches when the next one reads it. T is the number of the model's parameters.
template <class T>
class BlockPass {
 public:
  virtual ~BlockPass() = default;

  // Packs parameter number `at` for the engine. To be called again whenever it has changed; different ones
  // may be loaded at the same time.
  virtual void load(const Parameter<T>& parameter, std::size_t at) = 0;

  // The block is the images order[0], order[1], ... of [N, channels, pixels...], 1 to
  // engine::images_per_block of them, which is not checked (gather_batch.hpp says how bytes become numbers).
  // Each thread has memory of its own. The loss summed over the block.
  virtual double loss(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order,
                      int thread) = 0;
  // The same, and scale times its derivatives, which replace what is in `gradients`.
  virtual double gradient(Loss loss, T scale, const Tensor<std::uint8_t>& images,
                          std::span<const Index> order, int thread, BlockGradients<T>& gradients) = 0;
  // The pixels that the model makes of the images, [order.size(), channels, pixels...].
  virtual void reconstruct(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order,
                           int thread, T* pixels) = 0;

  virtual BlockGradients<T> block_gradients() const = 0;
  // Puts the sum into the gradient of parameter number `at`, in the order of its shape.
  virtual void store(const BlockGradients<T>& sum, std::size_t at, Parameter<T>& parameter) const = 0;
};

// For threads 0 ... threads-1. Takes the shapes of the model, not its numbers: load() does. Nothing is
// allocated later. Throws what engine::BatchedMap throws, and InvalidArgument for Operands::bf16 in a model
// of doubles.
template <class T>
std::unique_ptr<BlockPass<T>> make_block_pass(const TiedAutoencoder<T>& model, Operands operands,
                                              int threads);

}  // namespace fsconv
