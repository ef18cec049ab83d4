// The autoencoder on the engine: forward and backward over one block of images, in the engine's own layout.
#pragma once

#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/buffer.hpp>
#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>

namespace fsconv {

// One thread takes a block of images through all layers and back, so that what a layer leaves is still in its
// caches when the next one reads it. Activations are [pixel][image][channel]; nothing is converted between
// layers, and a gradient is written over the activations that mask it. Nothing is allocated after
// construction but workspaces, which are made once per thread.
template <class T>
class BlockPass {
 public:
  // Takes the shapes of the model, not its numbers: load() does. Throws what engine::BatchedMap throws.
  explicit BlockPass(const TiedAutoencoder<T>& model);

  // Packs the parameters for the engine. To be called again whenever they have changed.
  void load(const Parameters<T>& parameters);

  // What one thread works in.
  struct Workspace {
    std::vector<engine::Buffer<T>> activations;  // the images' block first, then what leaves each layer
    engine::Buffer<T> scratch;
  };
  Workspace workspace() const;

  // The derivatives by all parameters, one buffer each: weights in the engine's order, biases in the order of
  // their layer's pixels.
  using BlockGradients = std::vector<engine::Buffer<T>>;
  BlockGradients block_gradients() const;

  // images [count, channels, pixels...], count of 1 to engine::images_per_block.
  // The loss summed over the block.
  double loss(Loss loss, const T* images, Index count, Workspace& workspace) const;
  // The same, and scale times its derivatives, which replace what is in `gradients`.
  double gradient(Loss loss, T scale, const T* images, Index count, Workspace& workspace,
                  BlockGradients& gradients) const;
  // The pixels that the model makes of the images, [count, channels, pixels...].
  void reconstruct(Loss loss, const T* images, Index count, Workspace& workspace, T* pixels) const;

  // sum += term, for parameter number `at`.
  void add(BlockGradients& sum, const BlockGradients& term, std::size_t at) const;
  // Puts the sum into the gradient of parameter number `at`, in the order of its shape.
  void store(const BlockGradients& sum, std::size_t at, Parameter<T>& parameter) const;

 private:
  struct Stage {
    const engine::BatchedMap<T>* map;
    bool transposed, relu, bias_per_pixel;
    std::size_t weight, bias;
    Index channels, pixels;  // of what leaves the layer
  };

  void to_engine_order(std::size_t at, const T* parameter, T* engine) const;
  void from_engine_order(std::size_t at, const T* engine, T* parameter) const;
  void forward(const T* images, Index count, Workspace& workspace) const;
  engine::Ending<T> ending_of(const Stage& stage) const;

  std::vector<std::unique_ptr<engine::BatchedMap<T>>> maps_;  // one per weight; tied layers share it
  std::vector<const engine::BatchedMap<T>*> map_of_;          // by parameter; null for biases
  std::vector<Stage> stages_;
  std::vector<engine::Buffer<T>> engine_order_,
      packed_;                // by parameter: weights; biases use engine_order_ alone
  std::vector<Index> sizes_;  // of the parameters
  Index image_channels_, image_pixels_;
};

}  // namespace fsconv
