// By which algorithm the maps of a step are computed, in words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fsconv {

// "direct" or the tiles of the axes, "F(2,2) F(3,2)", as engine::BatchedMap::algorithms() says it. A map that a step does without is
// empty: conv_transpose of a convolution of the images, whose gradient nobody wants; all of steps without a weight.
struct StepAlgorithms {
  std::string conv = {}, conv_transpose = {}, weight_gradient = {};

  bool operator==(const StepAlgorithms&) const = default;
};

}  // namespace fsconv
