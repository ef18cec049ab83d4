#include <algorithm>
#include <fsconv/nn/engine_weights.hpp>

namespace fsconv {

template <class N>
EngineWeights<N>::EngineWeights(const Model& model)
    : of_step_(model.steps.size()), map_of_(model.parameters.size()), per_element_(model.parameters.size()) {
  for (std::size_t step = 0; step < model.steps.size(); ++step)
    if (const auto* affine = std::get_if<Affine>(&model.steps[step])) {
      of_step_[step] = packed_for(*affine);
      if (bias_per_element(model, *affine)) per_element_[*affine->bias] = model.values[affine->out];
    }
  for (const ParameterSpec& parameter : model.parameters)
    engine_order_.emplace_back(element_count(parameter.shape), "parameters");
}

template <class N>
std::size_t EngineWeights<N>::packed_for(const Affine& step) {
  for (std::size_t at = 0; at < packed_.size(); ++at)
    if (packed_[at].weight == step.weight && packed_[at].map->geometry() == step.geometry) return at;
  auto map = std::make_unique<engine::BatchedMap<N>>(step.geometry);
  engine::Buffer<engine::Step<N>> steps(map->packed_size(), "packed weights");
  if (map_of_[step.weight] == nullptr) map_of_[step.weight] = map.get();
  packed_.push_back({std::move(map), step.weight, std::move(steps)});
  return packed_.size() - 1;
}

template <class N>
void EngineWeights<N>::load(const Parameter<T>& parameter, ParameterId at) {
  const T* from = parameter.value.data();
  T* to = engine_order_[at].data();
  if (map_of_[at])
    map_of_[at]->import_weight(from, to);
  else if (const Value& elements = per_element_[at]; !elements.size.empty())
    engine::to_block(from, 1, elements.channels, elements.pixels(), to);
  else
    std::copy_n(from, parameter.value.size(), to);
  for (Packed& packed : packed_)
    if (packed.weight == at) packed.map->pack(to, packed.steps.data());
}

template <class N>
void EngineWeights<N>::store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const {
  const T* from = sum[at].data();
  if (map_of_[at])
    map_of_[at]->export_weight(from, gradient.data());
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
