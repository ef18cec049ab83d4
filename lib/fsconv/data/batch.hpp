// Cuts a data set into shuffled batches.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <span>
#include <vector>

namespace fsconv {

// A permutation of 0..count-1 that depends on nothing but the arguments, so that a resumed run sees the same
// batches. InvalidArgument if count or epoch is negative.
std::vector<Index> epoch_order(Index count, std::uint64_t seed, Index epoch);

// 0..count-1, for evaluation.
std::vector<Index> natural_order(Index count);

// The images order[first] ... order[first+count-1] of [N, C, H, W] as [count, C, H, W] with values in [0, 1]:
// v/255. InvalidArgument if the range leaves `order`, or an entry leaves the images.
Tensor<float> gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order, Index first,
                           Index count);

}  // namespace fsconv
