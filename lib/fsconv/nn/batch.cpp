#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/parallel.hpp>
#include <fsconv/nn/batch.hpp>
#include <fsconv/nn/gather_batch.hpp>
#include <numeric>

namespace fsconv {
namespace {

Index block_count(std::span<const Index> order) {
  return ceil_div(static_cast<Index>(order.size()), images_per_block);
}

std::span<const Index> block_of(std::span<const Index> order, Index at) {
  const auto first = static_cast<std::size_t>(at * images_per_block);
  return order.subspan(first, std::min(static_cast<std::size_t>(images_per_block), order.size() - first));
}

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
BatchRunner<T>::BatchRunner(TiedAutoencoder<T>& model, int threads, Operands operands)
    : model_(model), threads_(threads) {
  const Parameters<T>& parameters = model.parameters();
  largest_first_.resize(parameters.size());
  std::iota(largest_first_.begin(), largest_first_.end(), std::size_t{0});
  std::stable_sort(largest_first_.begin(), largest_first_.end(), [&](std::size_t a, std::size_t b) {
    return parameters[a].value.size() > parameters[b].value.size();
  });
  if (model.form_name() == "batched")
    pass_ = make_block_pass(model, operands, threads);
  else if (operands == Operands::bf16)
    throw InvalidArgument("precision", fmt::format("is bf16, which the form {} lacks", model.form_name()),
                          "use --form batched, or fp32");
}

template <class T>
void BatchRunner<T>::check_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order) const {
  check_order(images, order);
  if (order.empty()) throw InvalidArgument("order", "names no image");
  const Shape wanted = model_.layers().front().map.geometry().image_shape();
  if (!std::equal(wanted.begin() + 1, wanted.end(), images.shape().begin() + 1, images.shape().end()))
    throw InvalidArgument(
        "images", fmt::format("are [{}]", fmt::join(images.shape(), ", ")),
        fmt::format("the model takes [N, {}]", fmt::join(wanted.begin() + 1, wanted.end(), ", ")));
}

// Calls work(number) for every parameter, on all threads.
template <class T>
template <class F>
void BatchRunner<T>::for_each_parameter(F&& work) {
  parallel_for(static_cast<Index>(largest_first_.size()), threads_,
               [&](Index at) { work(largest_first_[static_cast<std::size_t>(at)]); });
}

template <class T>
void BatchRunner<T>::load() {
  for_each_parameter([&](std::size_t number) { pass_->load(model_.parameters()[number], number); });
}

template <class T>
double BatchRunner<T>::gradient(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order) {
  check_batch(images, order);
  return pass_ ? engine_gradient(loss, images, order) : plain_gradient(loss, images, order);
}

// Blocks are added one by one in their order, also where they do not all fit beside each other: the first
// place of gradients_ holds the sum so far.
template <class T>
double BatchRunner<T>::engine_gradient(Loss loss, const Tensor<std::uint8_t>& images,
                                       std::span<const Index> order) {
  load();
  const Index blocks = block_count(order);
  while (static_cast<Index>(gradients_.size()) < 1 + std::min(blocks, blocks_at_once(threads_)))
    gradients_.push_back(pass_->block_gradients());
  const T scale = T(1) / static_cast<T>(order.size());
  double total = 0;
  for (Index first = 0; first < blocks; first += blocks_at_once(threads_)) {
    const Index last = std::min(blocks, first + blocks_at_once(threads_));
    add_blocks(total, first, last, threads_, [&](Index at, int thread) {
      return pass_->gradient(loss, scale, images, block_of(order, at), thread,
                             gradients_[static_cast<std::size_t>(1 + at - first)]);
    });
    if (first == 0) std::swap(gradients_[0], gradients_[1]);
    for_each_range(model_.parameters(), threads_, [&](std::size_t number, Index begin, Index end) {
      for (Index at = first == 0 ? 1 : 0; at < last - first; ++at)
        add(gradients_[0][number].data(), gradients_[static_cast<std::size_t>(1 + at)][number].data(), begin,
            end);
    });
  }
  for_each_parameter(
      [&](std::size_t number) { pass_->store(gradients_[0], number, model_.parameters()[number]); });
  return total;
}

template <class T>
double BatchRunner<T>::plain_gradient(Loss loss, const Tensor<std::uint8_t>& images,
                                      std::span<const Index> order) {
  const Index blocks = block_count(order);
  const T scale = T(1) / static_cast<T>(order.size());
  for (Parameter<T>& parameter : model_.parameters())
    std::fill(parameter.gradient.begin(), parameter.gradient.end(), T(0));
  double total = 0;
  for (Index first = 0; first < blocks; first += blocks_at_once(threads_)) {
    const Index last = std::min(blocks, first + blocks_at_once(threads_));
    std::vector<Gradients<T>> parts(static_cast<std::size_t>(last - first));
    add_blocks(total, first, last, threads_, [&](Index at, int) {
      const auto trace = model_.trace(gather_batch<T>(images, block_of(order, at)));
      Gradients<T>& part = parts[static_cast<std::size_t>(at - first)];
      part = zero_gradients(model_.parameters());
      model_.backward(trace, loss_gradient(loss, trace.front(), trace.back(), scale), part);
      return total_loss(loss, trace.front(), trace.back());
    });
    for_each_range(model_.parameters(), threads_, [&](std::size_t number, Index begin, Index end) {
      for (const Gradients<T>& part : parts)
        add(model_.parameters()[number].gradient.data(), part[number].data(), begin, end);
    });
  }
  return total;
}

template <class T>
double BatchRunner<T>::loss(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order) {
  check_batch(images, order);
  if (pass_) load();
  double total = 0;
  add_blocks(total, 0, block_count(order), threads_, [&](Index at, int thread) {
    const auto block = block_of(order, at);
    if (pass_) return pass_->loss(loss, images, block, thread);
    const auto trace = model_.trace(gather_batch<T>(images, block));
    return total_loss(loss, trace.front(), trace.back());
  });
  return total;
}

template <class T>
Tensor<T> BatchRunner<T>::reconstruct(Loss loss, const Tensor<std::uint8_t>& images,
                                      std::span<const Index> order) {
  check_batch(images, order);
  if (pass_) load();
  Shape shape = images.shape();
  const Index elements = shape[1] * shape[2] * shape[3];
  shape[0] = static_cast<Index>(order.size());
  Tensor<T> pixels(shape);
  parallel_for(block_count(order), threads_, [&](Index at, int thread) {
    const auto block = block_of(order, at);
    T* to = pixels.data() + at * images_per_block * elements;
    if (pass_) return pass_->reconstruct(loss, images, block, thread, to);
    const Tensor<T> part = to_pixels(loss, model_.trace(gather_batch<T>(images, block)).back());
    std::copy(part.begin(), part.end(), to);
  });
  return pixels;
}

template class BatchRunner<float>;
template class BatchRunner<double>;

}  // namespace fsconv
