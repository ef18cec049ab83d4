// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/nn/gradient_parts.hpp>
#include <numeric>

namespace fsconv {
namespace {

// By parameter: the first step that uses it, with which the way back is done with it.
std::vector<std::size_t> first_uses(const Model& model) {
  std::vector<std::size_t> uses(model.parameters.size(), model.steps.size());
  const auto note = [&](ParameterId id, std::size_t step) { uses[id] = std::min(uses[id], step); };
  for (std::size_t at = 0; at < model.steps.size(); ++at) {
    if (const auto* affine = std::get_if<Affine>(&model.steps[at])) {
      note(affine->weight, at);
      if (affine->bias) note(*affine->bias, at);
    } else if (const auto* gain = std::get_if<Gain>(&model.steps[at])) {
      note(gain->factor, at);
    }
  }
  return uses;
}

}  // namespace

std::vector<GradientPart> gradient_parts(const Model& model, Index longest) {
  const std::vector<std::size_t> uses = first_uses(model);
  std::vector<ParameterId> order(model.parameters.size());
  std::iota(order.begin(), order.end(), ParameterId{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](ParameterId a, ParameterId b) { return uses[a] > uses[b]; });
  std::vector<GradientPart> parts(1);
  parts.back().after = model.steps.size();
  for (const ParameterId id : order) {
    const Index size = element_count(model.parameters[id].shape);
    for (Index first = 0; first < size;) {
      if (parts.back().size == longest) parts.emplace_back();
      GradientPart& part = parts.back();
      const Index last = std::min(size, first + longest - part.size);
      part.stretches.push_back({id, first, last});
      part.size += last - first;
      part.after = uses[id];
      first = last;
    }
  }
  return parts;
}

}  // namespace fsconv
