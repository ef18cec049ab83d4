// How well a decoder's output explains a pixel, and the slope of that: the plain formulas, number by number.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fsconv/base/names.hpp>
#include <type_traits>

namespace fsconv {

// z is the decoder's output, x the pixel in 0..1. In nats, but for mse.
//   bernoulli             x is 0 or 1: log(1 + e^z) - x z                           z is a logit
//   continuous_bernoulli  0 <= x <= 1: log((e^z - 1)/z) - x z                       [Loaiza-Ganem & Cunningham 2019]
//   gaussian              (x - z)^2/(2 s) + log(2 pi s)/2, s the variance           z is the mean
//   bce_grey              bernoulli's formula on grey pixels. No likelihood: it does not integrate to one, and its
//                         smallest value is the pixels' own entropy, not 0.
//   mse                   (x - z)^2. No likelihood either.
enum class Likelihood { bernoulli, continuous_bernoulli, gaussian, bce_grey, mse };
constexpr auto names_of(Likelihood) {
  return NameTable<Likelihood, 5>{"likelihood",
                                  {{{Likelihood::bernoulli, "bernoulli"},
                                    {Likelihood::continuous_bernoulli, "continuous-bernoulli"},
                                    {Likelihood::gaussian, "gaussian"},
                                    {Likelihood::bce_grey, "bce-grey"},
                                    {Likelihood::mse, "mse"}}}};
}

inline bool is_likelihood(Likelihood likelihood) {
  return likelihood != Likelihood::bce_grey && likelihood != Likelihood::mse;
}

// Whether z is a logit; otherwise it is the pixel itself.
inline bool is_logit(Likelihood likelihood) {
  return likelihood == Likelihood::bernoulli || likelihood == Likelihood::continuous_bernoulli ||
         likelihood == Likelihood::bce_grey;
}

// Of the loss of one image.
inline std::string_view units(Likelihood likelihood) {
  return likelihood == Likelihood::mse ? "squared error per image" : "nats per image";
}

// Of the loss of one image to which a KL belongs, which is in nats.
inline std::string_view units_with_kl(Likelihood likelihood) {
  return likelihood == Likelihood::mse ? "squared error + nats, per image" : units(likelihood);
}

// Below this |z| the formulas of continuous_bernoulli are their series: the closed forms lose their digits.
// The series are those of log(sinh(z/2)/(z/2)), to the term whose successor is below half an epsilon of the series: 2^-53
// of doubles. Floats have lost two digits more by then, and need fewer terms farther out.
template <class T>
inline constexpr double small_logit = std::is_same_v<T, float> ? 0.75 : 0.25;

// The terms from the fourth on: `fourth` alone of floats.
template <class T>
T last_terms(const T& square, double fourth, double fifth, double sixth) {
  if constexpr (std::is_same_v<T, float>)
    return T(fourth);
  else
    return T(fourth) - square * (T(fifth) - square * T(sixth));
}

// log(sinh(z/2)/(z/2)) and, by z, its slope over z, from z^2: with Bernoulli's numbers B2n the sums of B2n z^2n/(2n (2n)!) and of
// B2n z^(2n-2)/(2n)!.
template <class T>
T continuous_series(const T& square) {
  const T last = last_terms(square, 1.0 / 9676800, 1.0 / 479001600, 691.0 / 15692092416000);
  return square * (T(1.0 / 24) - square * (T(1.0 / 2880) - square * (T(1.0 / 181440) - square * last)));
}
template <class T>
T continuous_slope_series(const T& square) {
  const T last = last_terms(square, 1.0 / 1209600, 1.0 / 47900160, 691.0 / 1307674368000);
  return T(1.0 / 12) - square * (T(1.0 / 720) - square * (T(1.0 / 30240) - square * last));
}

// -log p(x | z) of a pixel; of gaussian and mse the squared error alone (what it is multiplied with is one
// number for all pixels).
template <class T>
T pixel_loss(Likelihood likelihood, const T& x, const T& z) {
  using std::exp, std::log;
  if (!is_logit(likelihood)) return (x - z) * (x - z);
  const T magnitude = z > T(0) ? z : T(-z);
  const T e = exp(T(-magnitude));
  const T linear = z > T(0) ? T((T(1) - x) * z) : T(T(-x) * z);
  if (likelihood != Likelihood::continuous_bernoulli) return linear + log(T(1) + e);
  if (magnitude < T(small_logit<T>)) return T((T(0.5) - x) * z + continuous_series(T(z * z)));
  return linear + log(T((T(1) - e) / magnitude));
}

// Its derivative by z.
template <class T>
T pixel_loss_slope(Likelihood likelihood, const T& x, const T& z) {
  using std::exp;
  if (!is_logit(likelihood)) return T(2) * (z - x);
  const T magnitude = z > T(0) ? z : T(-z);
  const T e = exp(T(-magnitude));
  if (likelihood != Likelihood::continuous_bernoulli) return (z > T(0) ? T(1) : e) / (T(1) + e) - x;
  if (magnitude < T(small_logit<T>)) return T(0.5) + z * continuous_slope_series(T(z * z)) - x;
  return (z > T(0) ? T(1) : T(T(0) - e)) / (T(1) - e) - T(1) / z - x;
}

// What the output says the pixel is, in 0..1: its mean, or its nearest legal value.
template <class T>
T expected_pixel(Likelihood likelihood, const T& z) {
  if (is_logit(likelihood)) return pixel_loss_slope(likelihood, T(0), z);
  return z < T(0) ? T(0) : z > T(1) ? T(1) : z;
}

}  // namespace fsconv
