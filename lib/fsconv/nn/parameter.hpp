// What training changes: a named tensor with its gradient and the optimizer's memory of earlier gradients.
#pragma once

#include <algorithm>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/tensor.hpp>
#include <functional>
#include <string>
#include <vector>

namespace fsconv {

// All four tensors have the shape of the value; the last three start at zero.
template <class T>
struct Parameter {
  std::string name;
  Tensor<T> value;
  Tensor<T> gradient;
  Tensor<T> first_moment;   // Adam's running mean of the gradient
  Tensor<T> second_moment;  // and of its square

  Parameter(std::string parameter_name, Tensor<T> initial)
      : name(std::move(parameter_name)),
        value(std::move(initial)),
        gradient(value.shape()),
        first_moment(value.shape()),
        second_moment(value.shape()) {}
};

// A model owns its parameters in one list; layers name them by their position there. Two layers that give the
// same position share the weight, and both add to its gradient.
template <class T>
using Parameters = std::vector<Parameter<T>>;

// One tensor per parameter, in the same order: what one thread has gathered.
template <class T>
using Gradients = std::vector<Tensor<T>>;

template <class T>
Gradients<T> zero_gradients(const Parameters<T>& parameters) {
  Gradients<T> gradients;
  for (const Parameter<T>& parameter : parameters) gradients.emplace_back(parameter.value.shape());
  return gradients;
}

// Calls work(number, first, last) for ranges first ... last-1 of the elements of every parameter, each
// element once, on several threads. Parameters are of very unequal size: large ones are cut, so that the
// threads share them evenly.
template <class T, class F>
void for_each_range(const Parameters<T>& parameters, int threads, F&& work) {
  constexpr Index longest = 1 << 13;
  const auto ranges = [](const Parameter<T>& parameter) { return ceil_div(parameter.value.size(), longest); };
  Index pieces = 0;
  for (const Parameter<T>& parameter : parameters) pieces += ranges(parameter);
  parallel_for(pieces, threads, [&](Index piece) {
    std::size_t number = 0;
    for (; piece >= ranges(parameters[number]); ++number) piece -= ranges(parameters[number]);
    const Index first = piece * longest;
    work(number, first, std::min(first + longest, parameters[number].value.size()));
  });
}

// sum[at] += term[at] for at = first ... last-1.
template <class T>
void add(T* sum, const T* term, Index first, Index last) {
  std::transform(sum + first, sum + last, term + first, sum + first, std::plus<T>());
}

// sum += term, element by element.
template <class T>
void add(Tensor<T>& sum, const Tensor<T>& term) {
  add(sum.data(), term.data(), 0, sum.size());
}

}  // namespace fsconv
