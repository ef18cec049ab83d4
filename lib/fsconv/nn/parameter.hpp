// What training changes: named tensors, and the gradients that go with them.
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

// As the model's specifications say; the same for the same seed on every machine. InvalidArgument if they do not fit
// the memory.
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
  Index pieces = 0;
  for (const Index size : sizes) pieces += ceil_div(size, longest);
  parallel_for(pieces, threads, [&](Index piece) {
    std::size_t number = 0;
    for (; piece >= ceil_div(sizes[number], longest); ++number) piece -= ceil_div(sizes[number], longest);
    const Index first = piece * longest;
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
