// The loops of pointwise.hpp, compiled once per isa. Everything lies in a namespace without a name and calls no inline
// function of another header: what this file's instructions are must not leave it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fsconv/nn/pointwise.hpp>

// glibc has these for whole vectors (libmvec, within 4 units in the last place); a compiler that is told so takes them
// where it makes vectors of a loop. Elsewhere they are called number by number.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
extern "C" {
[[gnu::simd("notinbranch")]] float expf(float) noexcept;
[[gnu::simd("notinbranch")]] double exp(double) noexcept;
[[gnu::simd("notinbranch")]] float logf(float) noexcept;
[[gnu::simd("notinbranch")]] double log(double) noexcept;
[[gnu::simd("notinbranch")]] float tanhf(float) noexcept;
[[gnu::simd("notinbranch")]] double tanh(double) noexcept;
}
#endif

namespace fsconv {
namespace {

using Count = std::int64_t;

inline float exponential(float x) { return ::expf(x); }
inline double exponential(double x) { return ::exp(x); }
inline float logarithm(float x) { return ::logf(x); }
inline double logarithm(double x) { return ::log(x); }
inline float hyperbolic_tangent(float x) { return ::tanhf(x); }
inline double hyperbolic_tangent(double x) { return ::tanh(x); }
inline float magnitude(float x) { return __builtin_fabsf(x); }
inline double magnitude(double x) { return __builtin_fabs(x); }

// log(1 + e) for 0 <= e <= 1, by log((1+s)/(1-s)) = 2 (s + s^3/3 + s^5/5 + ...) with s = e/(2+e) <= 1/3. The first term
// left out is below s * 9^-terms / terms: less than half a rounding.
template <class T>
inline T log_1_plus(T e) {
  constexpr int terms = sizeof(T) == 4 ? 8 : 17;
  const T s = e / (T(2) + e), square = s * s;
  T sum = 0;
  for (int term = terms; term-- > 0;) sum = sum * square + T(1) / static_cast<T>(2 * term + 1);
  return 2 * s * sum;
}

template <class T, class F>
inline void replace_each(Count count, T* x, F f) {
  for (Count at = 0; at < count; ++at) x[at] = f(x[at]);
}

template <class T>
void activate_all(Activation activation, Count count, T* x) {
  switch (activation) {
    case Activation::linear:
      return;
    case Activation::relu:
      return replace_each(count, x, [](T v) { return v < 0 ? T(0) : v; });
    case Activation::leaky_relu:
      return replace_each(count, x, [](T v) { return v > 0 ? v : static_cast<T>(leak) * v; });
    case Activation::elu:
      return replace_each(count, x, [](T v) {
        const T e = exponential(v < 0 ? v : T(0)) - T(1);
        return v < 0 ? e : v;
      });
    case Activation::tanh:
      return replace_each(count, x, [](T v) { return hyperbolic_tangent(v); });
    case Activation::sigmoid:
      return replace_each(count, x, [](T v) {
        const T e = exponential(-magnitude(v));
        return (v > 0 ? T(1) : e) / (T(1) + e);
      });
    case Activation::softplus:
      return replace_each(count, x,
                          [](T v) { return (v > 0 ? v : T(0)) + log_1_plus(exponential(-magnitude(v))); });
    case Activation::bounded:
      return replace_each(count, x, [](T v) {
        constexpr T bound = static_cast<T>(activation_bound);
        return bound * hyperbolic_tangent(v / bound);
      });
  }
}

template <class T, class F>
inline void multiply_each(Count count, const T* __restrict y, T* __restrict g, F slope) {
  for (Count at = 0; at < count; ++at) g[at] *= slope(y[at]);
}

template <class T>
void multiply_by_slopes(Activation activation, Count count, const T* y, T* g) {
  switch (activation) {
    case Activation::linear:
      return;
    case Activation::relu:
      for (Count at = 0; at < count; ++at) g[at] = y[at] > 0 ? g[at] : T(0);
      return;
    case Activation::leaky_relu:
      return multiply_each(count, y, g, [](T v) { return v > 0 ? T(1) : static_cast<T>(leak); });
    case Activation::elu:
      return multiply_each(count, y, g, [](T v) { return v > 0 ? T(1) : v + T(1); });
    case Activation::tanh:
      return multiply_each(count, y, g, [](T v) { return T(1) - v * v; });
    case Activation::sigmoid:
      return multiply_each(count, y, g, [](T v) { return v * (T(1) - v); });
    case Activation::softplus:
      return multiply_each(count, y, g, [](T v) { return T(1) - exponential(-v); });
    case Activation::bounded:
      return multiply_each(count, y, g, [](T v) {
        const T part = v / static_cast<T>(activation_bound);
        return T(1) - part * part;
      });
  }
}

// The loss of one pixel and its slope, with e = exp(-|z|) given.
template <class T>
struct Bernoulli {
  static constexpr bool exponentials = true;
  static T loss(T x, T z, T e) { return (z > 0 ? T(1) - x : -x) * z + log_1_plus(e); }
  static T slope(T x, T z, T e) { return (z > 0 ? T(1) : e) / (T(1) + e) - x; }
};

template <class T>
struct ContinuousBernoulli {
  static constexpr bool exponentials = true;
  static constexpr T small = static_cast<T>(small_logit<T>);
  // Where |z| is small both branches are computed, and what the wrong one gives is thrown away.
  static T loss(T x, T z, T e) {
    const T size = magnitude(z), apart = size < small ? small : size;
    const T q = z * z;
    const T series =
        (T(0.5) - x) * z +
        q * (T(1.0 / 24) -
             q * (T(1.0 / 2880) - q * (T(1.0 / 181440) -
                                       q * last(q, 1.0 / 9676800, 1.0 / 479001600, 691.0 / 15692092416000))));
    const T closed = (z > 0 ? T(1) - x : -x) * z + logarithm((T(1) - (size < small ? T(0) : e)) / apart);
    return size < small ? series : closed;
  }
  static T slope(T x, T z, T e) {
    const T size = magnitude(z), apart = size < small ? small : z;
    const T q = z * z;
    const T series = T(0.5) +
                     z * (T(1.0 / 12) -
                          q * (T(1.0 / 720) - q * (T(1.0 / 30240) - q * last(q, 1.0 / 1209600, 1.0 / 47900160,
                                                                             691.0 / 1307674368000)))) -
                     x;
    const T closed = (z > 0 ? T(1) : -e) / (T(1) - (size < small ? T(0) : e)) - T(1) / apart - x;
    return size < small ? series : closed;
  }

 private:
  // The series' terms from the fourth on (likelihood.hpp).
  static T last(T q, double fourth, double fifth, double sixth) {
    if constexpr (sizeof(T) == sizeof(float))
      return static_cast<T>(fourth);
    else
      return static_cast<T>(fourth) - q * (static_cast<T>(fifth) - q * static_cast<T>(sixth));
  }
};

template <class T>
struct SquaredError {
  static constexpr bool exponentials = false;
  static T loss(T x, T z, T) { return (x - z) * (x - z); }
  static T slope(T x, T z, T) { return 2 * (z - x); }
};

// Pixels in pieces of whole rows: one loop for the exponentials, one for the losses, one that adds them up in
// double, one for the slopes. Each becomes vectors. A row that is longer than a piece is cut.
template <class Formula, bool derive, class T, class Z>
void piecewise(Count pixels, Count width, const T* x, Z* z, const T* weights, double* sums) {
  constexpr Count longest = 512;
  T exponentials[longest], losses[longest];
  const Count columns = width < longest ? width : longest, at_once = longest / columns;
  for (Count first = 0; first < width; first += columns) {
    const Count wide = width - first < columns ? width - first : columns;
    const bool whole = wide == width;
    const Count step = whole ? at_once : 1;
    for (Count pixel = 0; pixel < pixels; pixel += step) {
      const Count rows = pixels - pixel < step ? pixels - pixel : step, count = rows * wide;
      const T* const xs = x + pixel * width + first;
      Z* const zs = z + pixel * width + first;
      if constexpr (Formula::exponentials)
        for (Count at = 0; at < count; ++at) exponentials[at] = exponential(-magnitude(zs[at]));
      else
        for (Count at = 0; at < count; ++at) exponentials[at] = 0;
      for (Count at = 0; at < count; ++at) losses[at] = Formula::loss(xs[at], zs[at], exponentials[at]);
      for (Count row = 0; row < rows; ++row)
        for (Count at = 0; at < wide; ++at) sums[first + at] += static_cast<double>(losses[row * wide + at]);
      if constexpr (derive)
        for (Count row = 0; row < rows; ++row)
          for (Count at = 0; at < wide; ++at) {
            const Count here = row * wide + at;
            zs[here] = weights[first + at] * Formula::slope(xs[here], zs[here], exponentials[here]);
          }
    }
  }
}

template <bool derive, class T, class Z>
void by_formula(Likelihood likelihood, Count pixels, Count width, const T* x, Z* z, const T* weights,
                double* sums) {
  switch (likelihood) {
    case Likelihood::bernoulli:
    case Likelihood::bce_grey:
      return piecewise<Bernoulli<T>, derive>(pixels, width, x, z, weights, sums);
    case Likelihood::continuous_bernoulli:
      return piecewise<ContinuousBernoulli<T>, derive>(pixels, width, x, z, weights, sums);
    case Likelihood::gaussian:
    case Likelihood::mse:
      return piecewise<SquaredError<T>, derive>(pixels, width, x, z, weights, sums);
  }
}

template <class T>
void loss_of_pixels(Likelihood likelihood, Count pixels, Count width, const T* x, const T* z, double* sums) {
  by_formula<false>(likelihood, pixels, width, x, z, static_cast<const T*>(nullptr), sums);
}

template <class T>
void loss_gradient_of_pixels(Likelihood likelihood, Count pixels, Count width, const T* x, T* z,
                             const T* weights, double* sums) {
  by_formula<true>(likelihood, pixels, width, x, z, weights, sums);
}

template <class T>
const Pointwise<T>* pointwise_here() {
  static constexpr Pointwise<T> kernels = {.activate = activate_all<T>,
                                           .multiply_by_slope = multiply_by_slopes<T>,
                                           .loss = loss_of_pixels<T>,
                                           .loss_gradient = loss_gradient_of_pixels<T>};
  return &kernels;
}

}  // namespace
}  // namespace fsconv
