// What training changes: a named tensor with its gradient and the optimizer's memory of earlier gradients.
#pragma once

#include <algorithm>
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

// sum += term, element by element.
template <class T>
void add(Tensor<T>& sum, const Tensor<T>& term) {
  std::transform(sum.begin(), sum.end(), term.begin(), sum.begin(), std::plus<T>());
}

}  // namespace fsconv
