// The parameters of a model as the engine holds them: in its order, and packed for every map that uses them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/batched_map.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fsconv {

// N is what the engine multiplies: float, double or BFloat16. Steps of one geometry share a map; those that name one
// weight, too, share its packed copies. Biases and factors are in the order of a block: per channel, or
// [pixel][channel] where a bias has one number per element.
template <class N>
class EngineWeights {
 public:
  using T = engine::Sum<N>;

  // Throws what engine::BatchedMap throws, and InvalidArgument where the parameters do not fit the memory.
  EngineWeights(const Model& model, engine::Algorithm algorithm);

  // What BlockPass says of them.
  void load(const Parameter<T>& parameter, ParameterId at);
  void store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const;
  BlockGradients<T> block_gradients() const;

  std::size_t bytes() const;  // of all parameters, in the engine's order and packed

  const T* operator[](ParameterId at) const { return engine_order_[at].data(); }

  // The map of an affine step, and its weight.
  const engine::BatchedMap<N>& map(std::size_t step) const { return *packed_[of_step_[step]].map; }
  const engine::Step<N>* packed(std::size_t step) const { return packed_[of_step_[step]].steps.data(); }

 private:
  using Map = engine::BatchedMap<N>;
  // A weight as one map reads it.
  struct Packed {
    std::shared_ptr<const Map> map;
    engine::Buffer<engine::Step<N>> steps;
  };
  using MapsByCase = std::map<std::string, std::shared_ptr<const Map>>;

  std::size_t packed_for(const Affine& step, engine::Algorithm algorithm, MapsByCase& maps);

  std::vector<Packed> packed_;
  std::vector<std::size_t> of_step_;  // by step: its place in packed_
  // By parameter: the places in packed_ of a weight, which has the order of the first one's map; none of others.
  std::vector<std::vector<std::size_t>> of_weight_;
  std::vector<Value> per_element_;               // by parameter: what a bias is added to element by element
  std::vector<engine::Buffer<T>> engine_order_;  // by parameter
};

}  // namespace fsconv
