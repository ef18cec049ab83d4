#include <algorithm>
#include <fsconv/base/parallel.hpp>
#include <fsconv/nn/batch.hpp>

namespace fsconv {
namespace {

Index block_count(Index images) { return ceil_div(images, images_per_block); }

template <class T>
Tensor<T> block(const Tensor<T>& images, Index at) {
  Shape shape = images.shape();
  const Index pixels = images.size() / shape[0];
  const Index first = at * images_per_block;
  shape[0] = std::min(images_per_block, shape[0] - first);
  const T* from = images.data() + first * pixels;
  return Tensor<T>(shape, std::vector<T>(from, from + shape[0] * pixels));
}

// Blocks that are computed before their results are added: enough to keep the threads busy, few enough that
// their gradients fit beside each other however large the batch is.
Index blocks_at_once(int threads) { return 4 * Index{threads}; }

// Adds work(block) for block = first ... last-1 to `sum`, in the order of the blocks.
template <class F>
void add_blocks(double& sum, Index first, Index last, int threads, F&& work) {
  std::vector<double> parts(static_cast<std::size_t>(last - first));
  parallel_for(last - first, threads,
               [&](Index at) { parts[static_cast<std::size_t>(at)] = work(first + at); });
  for (const double part : parts) sum += part;
}

}  // namespace

template <class T>
double batch_gradient(TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads) {
  const Index blocks = block_count(images.shape()[0]);
  const T scale = T(1) / static_cast<T>(images.shape()[0]);
  for (Parameter<T>& parameter : model.parameters())
    std::fill(parameter.gradient.begin(), parameter.gradient.end(), T(0));
  double total = 0;
  for (Index first = 0; first < blocks; first += blocks_at_once(threads)) {
    const Index last = std::min(blocks, first + blocks_at_once(threads));
    std::vector<Gradients<T>> parts(static_cast<std::size_t>(last - first));
    add_blocks(total, first, last, threads, [&](Index at) {
      const auto trace = model.trace(block(images, at));
      Gradients<T>& part = parts[static_cast<std::size_t>(at - first)];
      part = zero_gradients(model.parameters());
      model.backward(trace, loss_gradient(loss, trace.front(), trace.back(), scale), part);
      return total_loss(loss, trace.front(), trace.back());
    });
    for (const Gradients<T>& part : parts)
      for (std::size_t at = 0; at < part.size(); ++at) add(model.parameters()[at].gradient, part[at]);
  }
  return total;
}

template <class T>
double batch_loss(const TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads) {
  double total = 0;
  add_blocks(total, 0, block_count(images.shape()[0]), threads, [&](Index at) {
    const auto trace = model.trace(block(images, at));
    return total_loss(loss, trace.front(), trace.back());
  });
  return total;
}

template <class T>
Tensor<T> reconstruct(const TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads) {
  Tensor<T> pixels(images.shape());
  parallel_for(block_count(images.shape()[0]), threads, [&](Index at) {
    const Tensor<T> part = to_pixels(loss, model.trace(block(images, at)).back());
    const Index first = at * images_per_block * (images.size() / images.shape()[0]);
    std::copy(part.begin(), part.end(), pixels.begin() + first);
  });
  return pixels;
}

#define FSCONV_INSTANTIATE(T)                                                         \
  template double batch_gradient(TiedAutoencoder<T>&, Loss, const Tensor<T>&, int);   \
  template double batch_loss(const TiedAutoencoder<T>&, Loss, const Tensor<T>&, int); \
  template Tensor<T> reconstruct(const TiedAutoencoder<T>&, Loss, const Tensor<T>&, int);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv
