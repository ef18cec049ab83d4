// What training changes: named tensors, and the gradients that go with them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/tensor.hpp>
#include <fsconv/nn/model.hpp>
#include <string>
#include <vector>

namespace fsconv {

template <class T>
struct Parameter {
  std::string name;
  Tensor<T> value;
};

// By ParameterId: those of a model, in its order.
template <class T>
using Parameters = std::vector<Parameter<T>>;

// One tensor per parameter, in the same order and shapes.
template <class T>
using Gradients = std::vector<Tensor<T>>;

// As the model's specifications say; the same for the same seed on every machine. InvalidArgument if all of them together
// do not fit the memory, before one is made.
template <class T>
Parameters<T> initial_parameters(const Model& model, std::uint64_t seed);

template <class T>
Gradients<T> zeros_like(const Parameters<T>& parameters) {
  Gradients<T> gradients;
  for (const Parameter<T>& parameter : parameters) gradients.emplace_back(parameter.value.shape());
  return gradients;
}

// Calls work(number, first, last) for ranges first ... last-1 of `sizes[number]` elements, each element once, on
// several threads. Parameters are of very unequal size: large ones are cut, so that the threads share them evenly.
template <class F>
void for_each_range(const std::vector<Index>& sizes, int threads, F&& work) {
  constexpr Index longest = 1 << 13;
  std::vector<Index> pieces_to;  // by number: those of it and of all before it
  for (const Index size : sizes)
    pieces_to.push_back((pieces_to.empty() ? 0 : pieces_to.back()) + ceil_div(size, longest));
  parallel_for(pieces_to.empty() ? 0 : pieces_to.back(), threads, [&](Index piece) {
    const auto found = std::upper_bound(pieces_to.begin(), pieces_to.end(), piece);
    const auto number = static_cast<std::size_t>(found - pieces_to.begin());
    const Index first = (piece - (number == 0 ? 0 : pieces_to[number - 1])) * longest;
    work(number, first, std::min(first + longest, sizes[number]));
  });
}

template <class T>
std::vector<Index> sizes_of(const std::vector<Tensor<T>>& tensors) {
  std::vector<Index> sizes;
  for (const Tensor<T>& tensor : tensors) sizes.push_back(tensor.size());
  return sizes;
}

}  // namespace fsconv
