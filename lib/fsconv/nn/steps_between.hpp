// Which steps of a model make some of its values from another one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <vector>

namespace fsconv {

// By step: whether it is on the way from `given` to the values wanted. Of a draw only the mean is followed: without noise it
// is the draw.
std::vector<bool> steps_between(const Model& model, ValueId given, const std::vector<ValueId>& wanted);

}  // namespace fsconv
