// A model over batches on several threads and ranks, with the same bits on any number of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>
#include <fsconv/distributed/counters.hpp>
#include <fsconv/distributed/share.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/gradient_exchange.hpp>
#include <functional>
#include <memory>
#include <string>

namespace fsconv {

// How a model is computed. The form `batched` runs on the engine (engine_pass.hpp), any other through tensors.
struct Computing {
  std::string form = "batched";
  // What is multiplied: the model's own numbers where nothing is said. BFloat16 are an approximation in models of
  // floats; parameters, sums, losses and derivatives by parameters are floats in them, too.
  std::optional<Precision> precision = {};
  // Of the form `batched`: every product that a tap names, or fewer.
  engine::Algorithm algorithm = engine::Algorithm::direct;
  int threads = 1;
  bool trains = false;  // gradients will be asked for
  // The ranks that share the blocks of a batch, all of which have the same model, batches and parameters; null: this
  // process alone. It must outlive the runner.
  Communicator* ranks = nullptr;
  // Whether sums of gradients travel while layers before theirs are differentiated, and in parts of how many bytes: large enough that
  // the latency of a message does not count, small enough that several are under way at the same time.
  bool overlap = true;
  std::size_t part_bytes = std::size_t{1} << 18;
};

// Whether a form that is not on the engine can be asked for it: it has no tiles, and `automatic` asks for none.
constexpr bool every_form_has(engine::Algorithm algorithm) {
  return algorithm == engine::Algorithm::automatic || algorithm == engine::Algorithm::direct;
}

// What an image is reduced to: [images, channels, size...] both; log_variances only of a variational model.
template <class T>
struct Codes {
  Tensor<T> means, log_variances;
};

// A batch is cut into blocks of images_per_block() images. Each block is computed by one thread on its own; blocks are
// summed in a binary tree over their numbers: 0+1, 2+3, (0+1)+(2+3), ... So bits depend on neither threads nor memory,
// nor on the number of ranks: a rank computes a contiguous share of the blocks, and reads only the images of these.
//
// Where there are several ranks, all call losses(), gradient(), encode() and reconstruct() in the same order with the same
// arguments, and all get all results. What goes wrong in a block of one of them, or a signal that it got, all throw together
// (Agreed, distributed/agreement.hpp). Each rank decodes for itself.
template <class T>
class Runner {
 public:
  // Throws what make_engine_pass() and make_tensor_pass() throw, and InvalidArgument for bf16, winograd2
  // and winograd4 in a form other than `batched`.
  Runner(const Model& model, const Computing& computing);

  // Takes new numbers. To be called before anything else, and whenever they have changed.
  void load(const Parameters<T>& parameters);

  // Takes the memory that a batch of so many images is computed in; the first one does, otherwise.
  void make_room(Index images) { pass_->make_room(threads_for(images)); }

  // Sums over the images of the batch; and the gradient of the mean objective of an image. Throws what check(Batch)
  // throws, Interrupted between blocks, and InvalidArgument for a gradient that the computing did not provide for.
  Losses losses(const Batch& batch, double beta = 1);
  Losses gradient(const Batch& batch, double beta, Gradients<T>& gradients);

  Codes<T> encode(const Batch& batch);
  // The expected pixels in 0..1 of codes [rows, channels, size...]: [rows, channels, size...] of the images.
  // For models of one draw.
  Tensor<T> decode(const Tensor<T>& codes);
  // decode(means of encode()): what the model makes of the images. Both throw InvalidArgument for a model that makes an
  // image of more than its code.
  Tensor<T> reconstruct(const Batch& batch);

  // What works on one block, with room for every thread that so many pieces of work keep busy: for those who cut their
  // work otherwise (likelihoods: one image, many draws).
  BlockPass<T>& pass(Index pieces) {
    pass_->make_room(busy_threads(pieces));
    return *pass_;
  }

  const Model& model() const { return model_; }
  int threads() const { return threads_; }
  Communicator& ranks() const { return *ranks_; }
  // What the gradients so far cost beside computing, on this rank; and how many messages follow one upon the other in the sum
  // of so many images: the depth of the tree between ranks, 0 of one process.
  ExchangeCounters exchange() const { return exchange_ ? exchange_->counters() : ExchangeCounters{}; }
  Index exchange_depth(Index images) const { return tree_plan(blocks_of(images), ranks_->size()).depth; }
  // Those of them that so many pieces of work keep busy, and those that a batch of so many images does: only
  // they have memory of their own.
  int busy_threads(Index pieces) const { return static_cast<int>(std::min<Index>(threads_, pieces)); }
  int threads_for(Index images) const { return busy_threads(share(images).size()); }
  std::size_t activation_bytes() const { return pass_->bytes_per_thread(); }  // of one of them
  // What one block is computed by, step by step, and the bytes of the parameters as that reads them.
  std::vector<StepAlgorithms> algorithms() const { return pass_->algorithms(); }
  std::size_t parameter_bytes() const { return pass_->parameter_bytes(); }
  std::size_t gradient_bytes(Index images) const;  // of the sum and the blocks', at most

 private:
  // Some of this rank's blocks, computed side by side.
  struct Round {
    Share blocks{0, 0};
    std::vector<std::size_t> places = {};           // of their gradients
    std::vector<TreeSum::Addition> additions = {};  // that they complete
  };

  Index blocks_of(Index images) const { return ceil_div(images, block_images_); }
  // Of all blocks of so many images, those of this rank.
  Share share(Index images) const { return share_of(blocks_of(images), ranks_->rank(), ranks_->size()); }
  // Calls work(block, thread) for the blocks of so many images.
  void for_each_block(Index images, const std::function<void(Index, int)>& work);
  void for_each_block(const Share& blocks, const std::function<void(Index, int)>& work);
  Batch block_of(const Batch& batch, Index block) const;
  Round next_round(TreeSum& tree, Index first, Index last);
  void add(const std::vector<TreeSum::Addition>& additions);
  // Sends what this rank has of encode() to the others, and takes theirs.
  void exchange_codes(Index images, const std::exception_ptr& failure, Codes<T>& codes);

  Model model_;
  int threads_;
  bool trains_;
  Communicator* ranks_;
  Index block_images_;
  std::unique_ptr<BlockPass<T>> pass_;
  std::vector<Index> sizes_;                       // of the parameters
  std::vector<ParameterId> largest_first_;         // for an even share of them
  std::vector<BlockGradients<T>> gradients_;       // of blocks that wait for their sum
  std::vector<Losses> losses_;                     // of the same
  std::unique_ptr<GradientExchange<T>> exchange_;  // of several ranks that train
};

}  // namespace fsconv
