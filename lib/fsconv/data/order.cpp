// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/order.hpp>
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

}  // namespace fsconv
