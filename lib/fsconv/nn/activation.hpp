// What follows a linear map, number by number, and its slope.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fsconv/base/names.hpp>

namespace fsconv {

// The slope of each follows from its output alone, so that the output may replace the input and a gradient
// the output. `bounded` is 8 tanh(x/8): the log-variances of a variational autoencoder, which must not run away,
// and which a hard limit would leave without a slope.
enum class Activation { linear, relu, leaky_relu, elu, tanh, sigmoid, softplus, bounded };
constexpr auto names_of(Activation) {
  return NameTable<Activation, 8>{"activation",
                                  {{{Activation::linear, "linear"},
                                    {Activation::relu, "relu"},
                                    {Activation::leaky_relu, "leaky-relu"},
                                    {Activation::elu, "elu"},
                                    {Activation::tanh, "tanh"},
                                    {Activation::sigmoid, "sigmoid"},
                                    {Activation::softplus, "softplus"},
                                    {Activation::bounded, "bounded"}}}};
}

// Of leaky-relu, where x < 0; and what `bounded` stays within.
inline constexpr double leak = 0.01, activation_bound = 8;

// The value of the activation at x. T is a real number or one that carries its derivatives.
template <class T>
T activate(Activation activation, const T& x) {
  using std::exp, std::log, std::tanh;
  switch (activation) {
    case Activation::linear:
      return x;
    case Activation::relu:
      return x > T(0) ? x : T(0);
    case Activation::leaky_relu:
      return x > T(0) ? x : T(leak * x);
    case Activation::elu:
      return x > T(0) ? x : T(exp(x) - T(1));
    case Activation::tanh:
      return tanh(x);
    case Activation::sigmoid: {
      if (x > T(0)) return T(1) / (T(1) + exp(T(-x)));
      const T e = exp(x);
      return e / (T(1) + e);
    }
    case Activation::softplus:
      return x > T(0) ? T(x + log(T(1) + exp(T(-x)))) : T(log(T(1) + exp(x)));
    case Activation::bounded:
      return T(activation_bound) * tanh(T(x / T(activation_bound)));
  }
  return x;
}

// The slope where the value is y.
template <class T>
T slope(Activation activation, const T& y) {
  using std::exp;
  switch (activation) {
    case Activation::linear:
      return T(1);
    case Activation::relu:
      return y > T(0) ? T(1) : T(0);
    case Activation::leaky_relu:
      return y > T(0) ? T(1) : T(leak);
    case Activation::elu:
      return y > T(0) ? T(1) : T(y + T(1));
    case Activation::tanh:
      return T(1) - y * y;
    case Activation::sigmoid:
      return y * (T(1) - y);
    case Activation::softplus:  // y = log(1 + e^x), slope = e^x/(1 + e^x)
      return T(1) - exp(T(-y));
    case Activation::bounded:
      return T(1) - (y / T(activation_bound)) * (y / T(activation_bound));
  }
  return T(1);
}

}  // namespace fsconv
