#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/train/evaluate.hpp>

namespace fsconv {

double evaluate(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images) {
  constexpr Index at_once = 32 * images_per_block;
  const Index count = images.shape()[0];
  const std::vector<Index> order = natural_order(count);
  double total = 0;
  for (Index first = 0; first < count; first += at_once) {
    stop_if_interrupted();
    total += runner.loss(loss, gather_batch(images, order, first, std::min(at_once, count - first)));
  }
  return total / static_cast<double>(count);
}

Samples sample_reconstructions(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images,
                               Index count) {
  const Index taken = std::min(count, images.shape()[0]);
  Samples samples;
  samples.originals = gather_batch(images, natural_order(taken), 0, taken);
  samples.reconstructions = runner.reconstruct(loss, samples.originals);
  return samples;
}

}  // namespace fsconv
