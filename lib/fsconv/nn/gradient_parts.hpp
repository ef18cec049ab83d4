// The derivatives by all parameters, cut into the parts that travel between ranks one by one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <vector>

namespace fsconv {

// Numbers first ... last-1 of the derivatives by a parameter.
struct Stretch {
  ParameterId parameter;
  Index first, last;

  Index size() const { return last - first; }
  bool operator==(const Stretch&) const = default;
};

// One message.
struct GradientPart {
  std::vector<Stretch> stretches;
  Index size = 0;  // numbers of them all
  // They are complete once the way back has come down to this step (AfterStep, block_pass.hpp): those by a weight that two
  // steps share when both uses are done.
  std::size_t after = 0;
};

// All parts have `longest` >= 1 numbers but the last; large parameters are cut, small ones share a part. What the way back completes first
// comes first; the order is the model's alone. One part at least, which may be empty.
std::vector<GradientPart> gradient_parts(const Model& model, Index longest);

}  // namespace fsconv
