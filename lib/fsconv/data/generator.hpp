// Draws images of simple shapes: a data set that is always there.
#pragma once

#include <cstdint>
#include <fsconv/data/dataset.hpp>

namespace fsconv {

// `count` grey images [count, 1, 28, 28]: a disc, a box or a bar (label 0, 1, 2) of random place, size, turn
// and brightness on black, with soft edges. The same for the same seed and stream, on every machine.
ImageSet generate_shapes(Index count, std::uint64_t seed, std::uint64_t stream);

}  // namespace fsconv
