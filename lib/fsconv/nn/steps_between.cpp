// SPDX-License-Identifier: Apache-2.0
#include <fsconv/nn/steps_between.hpp>

namespace fsconv {

std::vector<bool> steps_between(const Model& model, ValueId given, const std::vector<ValueId>& wanted) {
  std::vector<bool> values(model.values.size()), steps(model.steps.size());
  for (const ValueId id : wanted) values[id] = true;
  for (std::size_t at = model.steps.size(); at-- > 0;) {
    const Step& step = model.steps[at];
    if (output(step) == given || !values[output(step)]) continue;
    steps[at] = true;
    const auto* drawn = std::get_if<Reparameterise>(&step);
    for (const ValueId in : drawn ? std::vector<ValueId>{drawn->mean} : inputs(step)) values[in] = true;
  }
  return steps;
}

}  // namespace fsconv
