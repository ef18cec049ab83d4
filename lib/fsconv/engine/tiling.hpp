// Which tiles a geometry is computed by, if any: estimated cycles.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/tile_plan.hpp>
#include <memory>
#include <optional>

namespace fsconv::engine {

// The maps of one geometry share a tiling; each of them may be direct all the same.
struct Tiling {
  std::shared_ptr<const TilePlan> plan;
  bool conv = true, conv_transpose = true, weight_gradient = true;
};

// Nothing where all three are direct. For blocks of so many images. The choice depends on these, the geometry,
// the algorithm, the type of the numbers and the isa, never on the machine's caches, so that a run has the same
// bits on every machine that has the isa. BFloat16 are never cut into tiles of 4 results: rounded to 8 bits,
// the products of F(4, .) lose what they save.
template <class T>
std::optional<Tiling> tiling_of(const Geometry& geometry, Algorithm algorithm, const Kernels<T>& kernels,
                                Index images);

}  // namespace fsconv::engine
