#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/nn/gather_batch.hpp>
#include <fsconv/train/evaluate.hpp>
#include <span>

namespace fsconv {

double evaluate(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images) {
  constexpr std::size_t at_once = 32 * images_per_block;
  const std::vector<Index> order = natural_order(images.shape()[0]);
  double total = 0;
  for (std::size_t first = 0; first < order.size(); first += at_once) {
    stop_if_interrupted();
    total +=
        runner.loss(loss, images, std::span(order).subspan(first, std::min(at_once, order.size() - first)));
  }
  return total / static_cast<double>(order.size());
}

Samples sample_reconstructions(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images,
                               Index count) {
  const std::vector<Index> order = natural_order(std::min(count, images.shape()[0]));
  return {gather_batch<float>(images, order), runner.reconstruct(loss, images, order)};
}

}  // namespace fsconv
