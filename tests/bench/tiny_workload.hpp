// A training step that takes no time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/train_bench.hpp>

namespace fsconv::testing {

// Of a model so small, with more images than a block holds.
inline bench::TrainWorkload tiny_workload() {
  return {"tiny",
          "8x8x1",
          {.image_channels = 1,
           .image_size = {8, 8},
           .layers = {{.channels = 3, .kernel = 4, .stride = 2}},
           .latent = 2},
          40};
}

}  // namespace fsconv::testing
