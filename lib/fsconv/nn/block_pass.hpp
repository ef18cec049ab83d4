// What computes one block of images on one thread: the face of the engine's pass and of the plain one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/buffer.hpp>
#include <fsconv/nn/batch.hpp>
#include <fsconv/nn/losses.hpp>
#include <fsconv/nn/parameter.hpp>
#include <fsconv/nn/step_algorithms.hpp>
#include <functional>

namespace fsconv {

// The derivatives by all parameters, one buffer each, in the pass's own order.
template <class T>
using BlockGradients = std::vector<engine::Buffer<T>>;

// Told how far the way back has come: called with the number of steps, and then with that of every step from the last to the
// first, when the derivatives by all parameters that no step before it uses are complete. May be empty.
using AfterStep = std::function<void(std::size_t step)>;

// How many images a block has: as many as fill the engine's tiles with all their draws.
Index images_per_block(const Model& model);

// T is the number of the model's parameters. A block is 1 to images_per_block() images, which is not checked. Calls for
// different threads may run at the same time.
template <class T>
class BlockPass {
 public:
  virtual ~BlockPass() = default;

  // Makes the memory that the threads 0 ... threads-1 work in, as far as it is not there: before they begin, and not while
  // others work. A pass is made with none: what a run takes is known before it is taken. Throws InvalidArgument where it does not suffice.
  virtual void make_room(int threads) = 0;

  // Takes the numbers of parameter `at`. To be called again whenever it has changed; different ones may be
  // loaded at the same time.
  virtual void load(const Parameter<T>& parameter, ParameterId at) = 0;

  // Sums over the images of the block. beta weighs the KL in the objective.
  virtual Losses losses(const Batch& block, double beta, int thread) = 0;
  // The same, and scale times the derivatives of the objective, which replace what is in `gradients`. For passes
  // that were made to train.
  virtual Losses gradient(const Batch& block, double beta, double scale, int thread,
                          BlockGradients<T>& gradients, const AfterStep& after) = 0;

  // The codes of the images, [images][channels][size...]; and of a variational model their
  // log-variances, where asked for.
  virtual void encode(const Batch& block, int thread, T* codes, T* log_variances) = 0;
  // The next three are for models of one draw (with_draws()). What the decoder makes of codes, in rows up to
  // images_per_block(): [rows][channels][size...], logits or pixels.
  virtual void decode(Index rows, const T* codes, int thread, T* outputs) = 0;
  // -log p(x | code) of every row, x being one image (fetch_target() says which).
  virtual void fetch_target(const Batch& one_image, int thread) = 0;
  virtual void decode_losses(Index rows, const T* codes, int thread, double* losses) = 0;

  virtual BlockGradients<T> block_gradients() const = 0;
  // Puts a sum of block gradients into the order of the parameter's shape.
  virtual void store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const = 0;

  virtual std::size_t bytes_per_thread() const = 0;  // of activations and scratch
  virtual std::size_t parameter_bytes() const = 0;   // of what load() keeps, packed copies included
  // By step of the model; nothing where no step is computed by the engine.
  virtual std::vector<StepAlgorithms> algorithms() const = 0;
};

}  // namespace fsconv
