#include <algorithm>
#include <fsconv/base/parallel.hpp>
#include <fsconv/nn/batch.hpp>

namespace fsconv {
namespace {

Index block_count(Index images) { return ceil_div(images, images_per_block); }

// Where block `at` begins in a batch, and how many images it has.
template <class T>
struct Block {
  Block(const Tensor<T>& images, Index at)
      : first(at * images_per_block),
        count(std::min(images_per_block, images.shape()[0] - first)),
        elements(images.size() / images.shape()[0]),
        data(images.data() + first * elements) {}

  Tensor<T> tensor(Shape shape) const {
    shape[0] = count;
    return Tensor<T>(shape, std::vector<T>(data, data + count * elements));
  }

  Index first, count, elements;  // elements of one image
  const T* data;
};

// Blocks that are computed before their results are added: enough to keep the threads busy, few enough that
// their gradients fit beside each other however large the batch is.
Index blocks_at_once(int threads) { return 4 * Index{threads}; }

// Adds work(block, thread) for block = first ... last-1 to `sum`, in the order of the blocks.
template <class F>
void add_blocks(double& sum, Index first, Index last, int threads, F&& work) {
  std::vector<double> parts(static_cast<std::size_t>(last - first));
  parallel_for(last - first, threads,
               [&](Index at, int thread) { parts[static_cast<std::size_t>(at)] = work(first + at, thread); });
  for (const double part : parts) sum += part;
}

}  // namespace

template <class T>
BatchRunner<T>::BatchRunner(TiedAutoencoder<T>& model, int threads) : model_(model), threads_(threads) {
  if (model.form_name() != "batched") return;
  pass_.emplace(model);
  for (int thread = 0; thread < threads; ++thread) workspaces_.push_back(pass_->workspace());
}

template <class T>
double BatchRunner<T>::gradient(Loss loss, const Tensor<T>& images) {
  double total = 0;
  if (pass_)
    engine_gradient(loss, images, total);
  else
    plain_gradient(loss, images, total);
  return total;
}

// Blocks are added one by one in their order, also where they do not all fit beside each other: the first
// place of gradients_ holds the sum so far.
template <class T>
void BatchRunner<T>::engine_gradient(Loss loss, const Tensor<T>& images, double& total) {
  pass_->load(model_.parameters());
  const Index blocks = block_count(images.shape()[0]);
  while (static_cast<Index>(gradients_.size()) < 1 + std::min(blocks, blocks_at_once(threads_)))
    gradients_.push_back(pass_->block_gradients());
  const auto for_each_parameter = [&](auto work) {
    parallel_for(static_cast<Index>(model_.parameters().size()), threads_,
                 [&](Index at) { work(static_cast<std::size_t>(at)); });
  };
  const T scale = T(1) / static_cast<T>(images.shape()[0]);
  for (Index first = 0; first < blocks; first += blocks_at_once(threads_)) {
    const Index last = std::min(blocks, first + blocks_at_once(threads_));
    add_blocks(total, first, last, threads_, [&](Index at, int thread) {
      const Block<T> block(images, at);
      return pass_->gradient(loss, scale, block.data, block.count,
                             workspaces_[static_cast<std::size_t>(thread)],
                             gradients_[static_cast<std::size_t>(1 + at - first)]);
    });
    if (first == 0) std::swap(gradients_[0], gradients_[1]);
    for_each_parameter([&](std::size_t parameter) {
      for (Index at = first == 0 ? 1 : 0; at < last - first; ++at)
        pass_->add(gradients_[0], gradients_[static_cast<std::size_t>(1 + at)], parameter);
    });
  }
  for_each_parameter(
      [&](std::size_t parameter) { pass_->store(gradients_[0], parameter, model_.parameters()[parameter]); });
}

template <class T>
void BatchRunner<T>::plain_gradient(Loss loss, const Tensor<T>& images, double& total) {
  const Index blocks = block_count(images.shape()[0]);
  const T scale = T(1) / static_cast<T>(images.shape()[0]);
  for (Parameter<T>& parameter : model_.parameters())
    std::fill(parameter.gradient.begin(), parameter.gradient.end(), T(0));
  for (Index first = 0; first < blocks; first += blocks_at_once(threads_)) {
    const Index last = std::min(blocks, first + blocks_at_once(threads_));
    std::vector<Gradients<T>> parts(static_cast<std::size_t>(last - first));
    add_blocks(total, first, last, threads_, [&](Index at, int) {
      const auto trace = model_.trace(Block<T>(images, at).tensor(images.shape()));
      Gradients<T>& part = parts[static_cast<std::size_t>(at - first)];
      part = zero_gradients(model_.parameters());
      model_.backward(trace, loss_gradient(loss, trace.front(), trace.back(), scale), part);
      return total_loss(loss, trace.front(), trace.back());
    });
    for (const Gradients<T>& part : parts)
      for (std::size_t at = 0; at < part.size(); ++at) add(model_.parameters()[at].gradient, part[at]);
  }
}

template <class T>
double BatchRunner<T>::loss(Loss loss, const Tensor<T>& images) {
  if (pass_) pass_->load(model_.parameters());
  double total = 0;
  add_blocks(total, 0, block_count(images.shape()[0]), threads_, [&](Index at, int thread) {
    const Block<T> block(images, at);
    if (pass_)
      return pass_->loss(loss, block.data, block.count, workspaces_[static_cast<std::size_t>(thread)]);
    const auto trace = model_.trace(block.tensor(images.shape()));
    return total_loss(loss, trace.front(), trace.back());
  });
  return total;
}

template <class T>
Tensor<T> BatchRunner<T>::reconstruct(Loss loss, const Tensor<T>& images) {
  if (pass_) pass_->load(model_.parameters());
  Tensor<T> pixels(images.shape());
  parallel_for(block_count(images.shape()[0]), threads_, [&](Index at, int thread) {
    const Block<T> block(images, at);
    T* to = pixels.data() + block.first * block.elements;
    if (pass_)
      return pass_->reconstruct(loss, block.data, block.count, workspaces_[static_cast<std::size_t>(thread)],
                                to);
    const Tensor<T> part = to_pixels(loss, model_.trace(block.tensor(images.shape())).back());
    std::copy(part.begin(), part.end(), to);
  });
  return pixels;
}

template class BatchRunner<float>;
template class BatchRunner<double>;

}  // namespace fsconv
