// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/memory.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/parameter.hpp>

namespace fsconv {
namespace {

// The streams of random numbers that make weights: apart from those of everything else that uses the seed.
constexpr std::uint64_t first_weight_stream = std::uint64_t{0x77676874} << 32;

}  // namespace

template <class T>
Parameters<T> initial_parameters(const Model& model, std::uint64_t seed) {
  require_memory(model.parameter_count(), sizeof(T), "parameters");
  Parameters<T> parameters;
  for (const ParameterSpec& spec : model.parameters) {
    Tensor<T> value(spec.shape, "parameters");
    std::fill(value.begin(), value.end(), static_cast<T>(spec.mean));
    if (spec.deviation > 0) {
      Random random(seed, first_weight_stream + parameters.size());
      for (T& element : value) element = static_cast<T>(spec.mean + spec.deviation * random.normal());
    }
    parameters.push_back({spec.name, std::move(value)});
  }
  return parameters;
}

template Parameters<float> initial_parameters(const Model&, std::uint64_t);
template Parameters<double> initial_parameters(const Model&, std::uint64_t);

}  // namespace fsconv
