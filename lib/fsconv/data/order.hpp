// The orders in which a data set is gone through.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <vector>

namespace fsconv {

// A permutation of 0..count-1 that depends on nothing but the arguments, so that a resumed run sees the same
// batches. InvalidArgument if count or epoch is negative.
std::vector<Index> epoch_order(Index count, std::uint64_t seed, Index epoch);

// 0..count-1, for evaluation.
std::vector<Index> natural_order(Index count);

}  // namespace fsconv
