// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/nn/engine_weights.hpp>

namespace fsconv {

template <class N>
EngineWeights<N>::EngineWeights(const Model& model, engine::Algorithm algorithm)
    : of_step_(model.steps.size()),
      of_weight_(model.parameters.size()),
      per_element_(model.parameters.size()) {
  require_memory(model.parameter_count(), sizeof(T), "parameters");
  for (const ParameterSpec& parameter : model.parameters)
    engine_order_.emplace_back(element_count(parameter.shape), "parameters");
  MapsByCase maps;
  for (std::size_t step = 0; step < model.steps.size(); ++step)
    if (const auto* affine = std::get_if<Affine>(&model.steps[step])) {
      of_step_[step] = packed_for(*affine, algorithm, maps);
      if (bias_per_element(model, *affine)) per_element_[*affine->bias] = model.values[affine->out];
    }
}

template <class N>
std::size_t EngineWeights<N>::packed_for(const Affine& step, engine::Algorithm algorithm, MapsByCase& maps) {
  std::shared_ptr<const Map>& map = maps[print_case(step.geometry)];
  if (!map) map = std::make_shared<const Map>(step.geometry, engine::current_isa(), algorithm);
  std::vector<std::size_t>& known = of_weight_[step.weight];
  for (const std::size_t at : known)
    if (packed_[at].map == map) return at;
  known.push_back(packed_.size());
  packed_.push_back({map, engine::Buffer<engine::Step<N>>(map->packed_size(), "packed weights")});
  return known.back();
}

template <class N>
std::size_t EngineWeights<N>::bytes() const {
  std::size_t bytes = 0;
  for (const engine::Buffer<T>& parameter : engine_order_)
    bytes += static_cast<std::size_t>(parameter.size()) * sizeof(T);
  for (const Packed& one : packed_)
    bytes += static_cast<std::size_t>(one.steps.size()) * sizeof(engine::Step<N>);
  return bytes;
}

template <class N>
void EngineWeights<N>::load(const Parameter<T>& parameter, ParameterId at) {
  const T* from = parameter.value.data();
  T* to = engine_order_[at].data();
  if (!of_weight_[at].empty())
    packed_[of_weight_[at].front()].map->import_weight(from, to);
  else if (const Value& elements = per_element_[at]; !elements.size.empty())
    engine::to_block(from, 1, elements.channels, elements.pixels(), to);
  else
    std::copy_n(from, parameter.value.size(), to);
  for (const std::size_t place : of_weight_[at]) packed_[place].map->pack(to, packed_[place].steps.data());
}

template <class N>
void EngineWeights<N>::store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const {
  const T* from = sum[at].data();
  if (!of_weight_[at].empty())
    packed_[of_weight_[at].front()].map->export_weight(from, gradient.data());
  else if (const Value& elements = per_element_[at]; !elements.size.empty())
    engine::from_block(from, 1, elements.channels, elements.pixels(), gradient.data());
  else
    std::copy_n(from, gradient.size(), gradient.data());
}

template <class N>
BlockGradients<engine::Sum<N>> EngineWeights<N>::block_gradients() const {
  BlockGradients<T> gradients;
  for (const engine::Buffer<T>& parameter : engine_order_)
    gradients.emplace_back(parameter.size(), "gradients");
  return gradients;
}

template class EngineWeights<float>;
template class EngineWeights<double>;
template class EngineWeights<engine::BFloat16>;

}  // namespace fsconv
