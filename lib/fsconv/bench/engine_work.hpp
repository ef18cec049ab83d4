// The engine as training uses it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/work.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/isa.hpp>
#include <memory>
#include <string>

namespace fsconv::bench {

// Arrays are in blocks and stay there, weights were packed when they changed, nothing is allocated: timed is
// the map alone. T = float or BFloat16, in which images and codes are stored and multiplied; gradients are
// floats. The operands must outlive the work.
template <class T>
std::unique_ptr<Work> engine_work(engine::Isa isa, engine::Algorithm algorithm, const Geometry& geometry,
                                  Op op, const Operands& operands);

// What it keeps, in numbers of 4 bytes.
template <class T>
Index engine_work_size(engine::Isa isa, engine::Algorithm algorithm, const Geometry& geometry, Op op,
                       Index batch);

// What the algorithm comes to there: "direct", or the tiles along each axis, "F(2,2) F(3,2)".
template <class T>
std::string engine_tiles(engine::Isa isa, engine::Algorithm algorithm, const Geometry& geometry, Op op,
                         Index batch);

}  // namespace fsconv::bench
