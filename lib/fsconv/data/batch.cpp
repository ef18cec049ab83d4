#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/batch.hpp>
#include <numeric>

namespace fsconv {
namespace {

// The streams of random numbers that shuffle epochs: apart from those of everything else that uses the seed.
constexpr std::uint64_t first_epoch_stream = std::uint64_t{0x65706f63} << 32;

}  // namespace

std::vector<Index> natural_order(Index count) {
  if (count < 0) throw InvalidArgument("count", fmt::format("{} images", count), "at least 0");
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::vector<Index> epoch_order(Index count, std::uint64_t seed, Index epoch) {
  if (epoch < 0) throw InvalidArgument("epoch", fmt::format("{}", epoch), "at least 0");
  auto order = natural_order(count);
  Random random(seed, first_epoch_stream + static_cast<std::uint64_t>(epoch));
  random.shuffle(order);
  return order;
}

Tensor<float> gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order, Index first,
                           Index count) {
  const auto entries = static_cast<Index>(order.size());
  if (images.rank() != 4) throw InvalidArgument("images", "are no array [N, C, H, W]");
  if (first < 0 || count < 0 || count > entries || first > entries - count)
    throw InvalidArgument("batch", fmt::format("{} images from {} on", count, first),
                          fmt::format("the order has {} entries", entries));
  Shape shape = images.shape();
  const Index images_there = shape[0];
  shape[0] = count;
  Tensor<float> batch(shape, "batch");
  const Index pixels = shape[1] * shape[2] * shape[3];
  for (Index n = 0; n < count; ++n) {
    const Index image = order[static_cast<std::size_t>(first + n)];
    if (image < 0 || image >= images_there)
      throw InvalidArgument("order", fmt::format("names image {}", image),
                            fmt::format("there are {}", images_there));
    for (Index pixel = 0; pixel < pixels; ++pixel)
      batch[n * pixels + pixel] = static_cast<float>(images[image * pixels + pixel]) / 255.0f;
  }
  return batch;
}

}  // namespace fsconv
