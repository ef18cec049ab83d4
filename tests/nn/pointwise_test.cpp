// The vector kernels against the plain formulas in long double, on every isa that this machine permits.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/nn/pointwise.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "nn/exact_series.hpp"

using namespace fsconv;
using Exact = long double;

namespace {

constexpr Activation activations[] = {Activation::linear,   Activation::relu,   Activation::leaky_relu,
                                      Activation::elu,      Activation::tanh,   Activation::sigmoid,
                                      Activation::softplus, Activation::bounded};
constexpr Likelihood likelihoods[] = {Likelihood::bernoulli, Likelihood::continuous_bernoulli,
                                      Likelihood::gaussian, Likelihood::bce_grey, Likelihood::mse};
// What fills no vector, one, many, a piece of 512, and more than that.
constexpr std::int64_t widths[] = {1, 7, 31, 512, 513, 1000};

// Zeros, tiny numbers, the edges of continuous_bernoulli's series, everyday numbers, and where exp() ends.
template <class T>
std::vector<T> grid() {
  const T edge = static_cast<T>(small_logit<T>), tiny = std::numeric_limits<T>::min();
  std::vector<T> list = {T(0), -T(0)};
  for (const T x :
       {tiny, T(1e-30), T(1e-10), T(1e-5), T(1e-3), std::nextafter(edge, T(0)), edge,
        std::nextafter(edge, T(1)), T(0.3), T(1), T(3), T(8), T(20), T(50), T(80), T(90), T(100), T(500)}) {
    list.push_back(x);
    list.push_back(-x);
  }
  for (int step = -400; step <= 400; ++step) list.push_back(static_cast<T>(step) * T(0.031));
  return list;
}

// The grid again and again, beginning somewhere else each time: numbers meet every lane.
template <class T>
std::vector<T> many(std::int64_t count, std::size_t begin) {
  const std::vector<T> values = grid<T>();
  std::vector<T> list;
  for (std::int64_t at = 0; at < count; ++at)
    list.push_back(values[(begin + static_cast<std::size_t>(at)) % values.size()]);
  return list;
}

// Roundings: a unit in the last place is at most eps times the number, and a function of libmvec is within 4 of them.
template <class T>
Exact eps() {
  return std::numeric_limits<T>::epsilon();
}
template <class T>
Exact least() {
  return std::numeric_limits<T>::min();  // below, numbers lose digits or are 0
}

// The formulas as real numbers: as they are written, they lose small results beside 1 even in long double.
Exact exact_activation(Activation activation, Exact x) {
  if (activation == Activation::softplus) return std::max(x, Exact(0)) + std::log1p(std::exp(-std::abs(x)));
  if (activation == Activation::elu) return x > 0 ? x : std::expm1(x);
  return activate(activation, x);
}
Exact exact_slope(Activation activation, Exact y) {
  return activation == Activation::softplus ? -std::expm1(-y) : slope(activation, y);
}
Exact exact_loss(Likelihood likelihood, Exact x, Exact z) {
  if (likelihood == Likelihood::bernoulli || likelihood == Likelihood::bce_grey)
    return (z > 0 ? 1 - x : -x) * z + std::log1p(std::exp(-std::abs(z)));
  if (likelihood == Likelihood::continuous_bernoulli && std::abs(z) < small_logit<double>)
    return (Exact(0.5) - x) * z + test::exact_series(z);
  return pixel_loss(likelihood, x, z);
}
Exact exact_loss_slope(Likelihood likelihood, Exact x, Exact z) {
  if (likelihood == Likelihood::continuous_bernoulli && std::abs(z) < small_logit<double>)
    return Exact(0.5) - x + (z == 0 ? 0 : test::exact_series_slope(z));
  return pixel_loss_slope(likelihood, x, z);
}

// How far a kernel's activation may be from the formula at x, whose value is y.
//     elu        e^x is within 4 eps of itself, and 1 is taken off:           4 e^x, and half of the result
//     tanh       4 of itself; bounded: x/8 is exact, and the product with 8
//     sigmoid    e within 4, so 1 + e and what is divided by it within 4.5:   4 + 4.5 + 0.5 = 9
//     softplus   log(1 + e) inherits 4 from e; s = e/(2 + e) is rounded twice, its square three times (which the
//                series' later terms, together below s^2, divide by 3 and more), the rest three times:  4 + 6 = 10
template <class T>
Exact activation_tolerance(Activation activation, Exact x, Exact y) {
  const Exact size = std::abs(y);
  switch (activation) {
    case Activation::linear:
    case Activation::relu:
      return 0;
    case Activation::leaky_relu:  // leak is no number of T, and the product is rounded
      return x > 0 ? 0 : eps<T>() * size + least<T>();
    case Activation::elu:
      return x > 0 ? 0 : eps<T>() * (4 * std::exp(x) + size) + least<T>();
    case Activation::tanh:
    case Activation::bounded:
      return 5 * eps<T>() * size + least<T>();
    case Activation::sigmoid:
      return 9 * eps<T>() * size + least<T>();
    case Activation::softplus:
      return 10 * eps<T>() * size + least<T>();
  }
  return 0;
}

template <class T>
using Activate = std::function<void(Activation, std::int64_t, T*)>;

// Whether a kernel gives the formula's values everywhere, none of them infinite or no number.
template <class T>
bool activates(const Activate<T>& kernel, Activation activation, std::int64_t count, std::size_t begin = 0) {
  const std::vector<T> x = many<T>(count, begin);
  std::vector<T> y = x;
  kernel(activation, count, y.data());
  for (std::size_t at = 0; at < x.size(); ++at) {
    const Exact exact = exact_activation(activation, x[at]);
    const Exact error = std::abs(static_cast<Exact>(y[at]) - exact);
    if (!std::isfinite(y[at]) || !(error <= activation_tolerance<T>(activation, x[at], exact))) {
      UNSCOPED_INFO(name(activation) << "(" << x[at] << ") is " << y[at] << ", not " << exact);
      return false;
    }
  }
  return true;
}

// How far a slope may be from the formula at the value y:
//     elu, tanh, bounded   roundings of numbers up to 1: 2
//     sigmoid              1 - y is rounded, and the product: relative
//     softplus             4 of e^-y, and the difference
template <class T>
Exact slope_tolerance(Activation activation, Exact y, Exact exact) {
  switch (activation) {
    case Activation::linear:
    case Activation::relu:
      return 0;
    case Activation::leaky_relu:
      return y > 0 ? 0 : eps<T>() * std::abs(exact);
    case Activation::softplus:
      return eps<T>() * (4 * std::exp(-y) + 1);
    default:
      return 2 * eps<T>();
  }
}

template <class T>
using MultiplyBySlope = std::function<void(Activation, std::int64_t, const T*, T*)>;

template <class T>
bool multiplies(const MultiplyBySlope<T>& kernel, Activation activation, std::int64_t count,
                std::size_t begin = 0) {
  std::vector<T> y = many<T>(count, begin), g;
  for (T& value : y) value = activate(activation, value);  // values that it takes
  for (std::size_t at = 0; at < y.size(); ++at) g.push_back(static_cast<T>(at % 13) * T(0.37) - T(2));
  const std::vector<T> before = g;
  kernel(activation, count, y.data(), g.data());
  for (std::size_t at = 0; at < y.size(); ++at) {
    const Exact factor = exact_slope(activation, y[at]), exact = before[at] * factor;
    const Exact tolerance =
        std::abs(static_cast<Exact>(before[at])) * slope_tolerance<T>(activation, y[at], factor) +
        eps<T>() * std::abs(exact) + least<T>();
    if (!(std::abs(static_cast<Exact>(g[at]) - exact) <= tolerance)) {
      UNSCOPED_INFO("the slope of " << name(activation) << " at " << y[at] << " times " << before[at]
                                    << " is " << g[at] << ", not " << exact);
      return false;
    }
  }
  return true;
}

// How far a pixel's loss may be off, with e = e^-|z| within 4 eps:
//     bernoulli            all terms are positive: 1 of (1-x) z, 10 of log(1 + e) as above, 1 of the sum
//     continuous_bernoulli the same of (1-x) z; 1 - e is off by 4 e, relatively 4 e/(1 - e), its quotient by 1 more,
//                          and so absolutely is the logarithm, besides 4 of its own size. The series: each term's
//                          roundings, of which the first two have at most 3 and 3.
//     gaussian, mse        a difference that is exact to 1/2, squared: 1.5
template <class T>
Exact loss_tolerance(Likelihood likelihood, Exact x, Exact z, Exact exact) {
  const Exact size = std::abs(z), e = std::exp(-size), linear = std::abs((z > 0 ? 1 - x : -x) * z);
  switch (likelihood) {
    case Likelihood::bernoulli:
    case Likelihood::bce_grey:
      return eps<T>() * (2 * linear + 11 * std::log1p(e)) + least<T>();
    case Likelihood::continuous_bernoulli:
      if (size < static_cast<Exact>(small_logit<T>))
        return 4 * eps<T>() * (std::abs((Exact(0.5) - x) * z) + z * z / 24) + least<T>();
      return eps<T>() * (2 * linear + 4 * e / (1 - e) + 2 + 5 * std::abs(std::log((1 - e) / size)) +
                         std::abs(exact)) +
             least<T>();
    case Likelihood::gaussian:
    case Likelihood::mse:
      return 2 * eps<T>() * exact + least<T>();
  }
  return 0;
}

// And its slope, whose terms are as large as 1:
//     bernoulli            the quotient as sigmoid: 9, and the difference with x: 1
//     continuous_bernoulli 1 - e is off by 4 e + 1/2; the quotient by that over (1 - e)^2, and 5 of its size (e is above
//                          it, too); 1/z by half of its own; two differences
template <class T>
Exact loss_slope_tolerance(Likelihood likelihood, Exact x, Exact z) {
  const Exact size = std::abs(z), e = std::exp(-size);
  switch (likelihood) {
    case Likelihood::bernoulli:
    case Likelihood::bce_grey:
      return 10 * eps<T>();
    case Likelihood::continuous_bernoulli:
      if (size < static_cast<Exact>(small_logit<T>)) return 3 * eps<T>();
      return eps<T>() * ((4 * e + 1) / ((1 - e) * (1 - e)) + 6 / (1 - e) + 2 / size + 2);
    case Likelihood::gaussian:
    case Likelihood::mse:
      return eps<T>() * (std::abs(z) + x);
  }
  return 0;
}

// The formula of a pixel's loss; a wrong one makes a mutant.
using PixelLoss = std::function<Exact(Likelihood, Exact x, Exact z)>;

template <class T>
Exact pixel_of(Likelihood likelihood, std::size_t at) {
  constexpr double grey[] = {0, 1, 0.5, 0.25, 1 / 255.0, 254 / 255.0};
  return static_cast<T>(likelihood == Likelihood::bernoulli ? grey[at % 2] : grey[at % 6]);
}

// Whether the sums per column, and the derivatives, are those of the formula. With `derivatives`
// false they are left alone.
template <class T>
bool sums_and_derives(const Pointwise<T>& kernels, Likelihood likelihood, std::int64_t pixels,
                      std::int64_t width, const PixelLoss& loss = exact_loss,
                      const PixelLoss& derivative = exact_loss_slope) {
  const std::int64_t count = pixels * width;
  const std::vector<T> z = many<T>(count, static_cast<std::size_t>(width));
  std::vector<T> x, weights, derived = z;
  for (std::size_t at = 0; at < z.size(); ++at)
    x.push_back(static_cast<T>(pixel_of<T>(likelihood, at * 7 + at / 5)));
  for (std::int64_t at = 0; at < width; ++at) weights.push_back(T(0.01) * static_cast<T>(at % 5) + T(0.5));
  const double before = 3;  // is added to
  std::vector<double> sums(static_cast<std::size_t>(width), before), again = sums;
  kernels.loss(likelihood, pixels, width, x.data(), z.data(), sums.data());
  kernels.loss_gradient(likelihood, pixels, width, x.data(), derived.data(), weights.data(), again.data());
  if (sums != again) {
    UNSCOPED_INFO("loss and loss_gradient have different sums");
    return false;
  }
  for (std::size_t column = 0; column < sums.size(); ++column) {
    Exact exact = before, tolerance = 0;
    for (std::size_t at = column; at < z.size(); at += sums.size()) {
      const Exact one = loss(likelihood, x[at], z[at]);
      exact += one;
      tolerance += loss_tolerance<T>(likelihood, x[at], z[at], one) +
                   eps<double>() * std::abs(exact);  // what adding up in double rounds
      const Exact of_one = weights[column] * derivative(likelihood, x[at], z[at]),
                  off = std::abs(static_cast<Exact>(derived[at]) - of_one);
      if (!(off <= weights[column] * loss_slope_tolerance<T>(likelihood, x[at], z[at]) +
                       eps<T>() * std::abs(of_one))) {
        UNSCOPED_INFO(name(likelihood) << " at x " << x[at] << ", z " << z[at] << ": the derivative is "
                                       << derived[at] << ", not " << of_one);
        return false;
      }
    }
    if (!(std::abs(static_cast<Exact>(sums[column]) - exact) <= tolerance)) {
      UNSCOPED_INFO(name(likelihood) << ", column " << column << ": the sum is " << sums[column] << ", not "
                                     << exact);
      return false;
    }
  }
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("pointwise: activations are those of the formula, on every isa", "", float, double) {
  for (const engine::Isa isa : engine::permitted_isas()) {
    const Pointwise<TestType>& kernels = pointwise_of<TestType>(isa);
    for (const Activation activation : activations)
      for (const std::int64_t count : widths)
        for (const std::size_t begin : {0, 3, 500}) {
          INFO(name(isa) << ", " << count << " numbers");
          CHECK(activates<TestType>(kernels.activate, activation, count, begin));
        }
  }
}

TEMPLATE_TEST_CASE("pointwise: slopes are those of the formula, on every isa", "", float, double) {
  for (const engine::Isa isa : engine::permitted_isas()) {
    const Pointwise<TestType>& kernels = pointwise_of<TestType>(isa);
    for (const Activation activation : activations)
      for (const std::int64_t count : widths)
        for (const std::size_t begin : {0, 3, 500}) {
          INFO(name(isa) << ", " << count << " numbers");
          CHECK(multiplies<TestType>(kernels.multiply_by_slope, activation, count, begin));
        }
  }
}

TEST_CASE("pointwise: slopes are the derivatives of the values") {
  // (f(x+h) - f(x-h))/2h is off by h^2/6 of a third derivative, which is below 2 for all of them, and by what f rounds,
  // at most 10 eps of itself as above, divided by h.
  constexpr double h = 1e-5;
  const Pointwise<double>& kernels = pointwise_of<double>(engine::current_isa());
  for (const Activation activation : activations)
    for (const double x : {-20.0, -5.0, -1.3, -0.3, -0.01, 0.01, 0.2, 0.7, 2.0, 6.0, 15.0}) {
      double values[] = {x - h, x, x + h}, g = 1;
      kernels.activate(activation, 3, values);
      kernels.multiply_by_slope(activation, 1, &values[1], &g);
      const double tolerance =
          h * h / 3 + 10 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(values[1])) / h;
      INFO(name(activation) << " at " << x);
      CHECK(std::abs(g - (values[2] - values[0]) / (values[2] - values[0] == 0 ? 1 : 2 * h)) < tolerance);
      // and not another's
      if (activation == Activation::tanh && x == 0.7) CHECK(std::abs(1 - x * x - g) > 1e3 * tolerance);
    }
}

TEMPLATE_TEST_CASE("pointwise: losses and their derivatives are those of the formula, on every isa", "",
                   float, double) {
  for (const engine::Isa isa : engine::permitted_isas()) {
    const Pointwise<TestType>& kernels = pointwise_of<TestType>(isa);
    for (const Likelihood likelihood : likelihoods)
      for (const std::int64_t width : widths)
        for (const std::int64_t pixels : {1, 2, 13}) {
          INFO(name(isa) << ", " << pixels << " pixels of " << width);
          CHECK(sums_and_derives(kernels, likelihood, pixels, width));
        }
    // a column of the whole grid
    for (const Likelihood likelihood : likelihoods) CHECK(sums_and_derives(kernels, likelihood, 1000, 1));
  }
}

TEMPLATE_TEST_CASE("pointwise: no pixel changes nothing", "", float, double) {
  const Pointwise<TestType>& kernels = pointwise_of<TestType>(engine::current_isa());
  TestType number = 5;
  double sum = 7;
  for (const Activation activation : activations) {
    kernels.activate(activation, 0, &number);
    kernels.multiply_by_slope(activation, 0, &number, &number);
  }
  for (const Likelihood likelihood : likelihoods) {
    kernels.loss(likelihood, 0, 1, &number, &number, &sum);
    kernels.loss_gradient(likelihood, 0, 1, &number, &number, &number, &sum);
  }
  CHECK(number == 5);
  CHECK(sum == 7);
}

TEMPLATE_TEST_CASE("pointwise: the same bits wherever the numbers lie in memory", "", float, double) {
  // Which numbers become vectors and which are left over depends on how many there are, and not on their address: the
  // threads' memories would differ. (A number alone may have other bits than in a vector: within the tolerances above.)
  for (const engine::Isa isa : engine::permitted_isas()) {
    const Pointwise<TestType>& kernels = pointwise_of<TestType>(isa);
    constexpr std::size_t count = 1003, shifts = 17;
    const std::vector<TestType> z = many<TestType>(count, 0);
    const auto at_shift = [&](std::size_t shift, auto&& run) {
      std::vector<TestType> memory(count + shifts);
      std::copy(z.begin(), z.end(), memory.begin() + static_cast<std::ptrdiff_t>(shift));
      run(memory.data() + shift);
      return std::vector<TestType>(memory.begin() + static_cast<std::ptrdiff_t>(shift),
                                   memory.begin() + static_cast<std::ptrdiff_t>(shift + count));
    };
    for (const Likelihood likelihood : likelihoods)
      for (const std::int64_t pixels : {1, 17}) {
        const std::int64_t width = count / pixels;
        std::vector<TestType> x, weights(count, TestType(0.125));
        for (std::size_t at = 0; at < z.size(); ++at)
          x.push_back(static_cast<TestType>(pixel_of<TestType>(likelihood, at)));
        std::vector<double> first;
        const auto derive = [&](TestType* logits) {
          std::vector<double> sums(count, 0);
          kernels.loss_gradient(likelihood, pixels, width, x.data(), logits, weights.data(), sums.data());
          if (first.empty()) first = sums;
          CHECK(sums == first);
        };
        const std::vector<TestType> wanted = at_shift(0, derive);
        INFO(name(isa) << ", " << name(likelihood));
        for (std::size_t shift = 1; shift < shifts; ++shift) CHECK(at_shift(shift, derive) == wanted);
      }
    for (const Activation activation : activations) {
      const auto run = [&](TestType* values) { kernels.activate(activation, count, values); };
      const std::vector<TestType> wanted = at_shift(0, run);
      INFO(name(isa) << ", " << name(activation));
      for (std::size_t shift = 1; shift < shifts; ++shift) CHECK(at_shift(shift, run) == wanted);
    }
  }
}

TEMPLATE_TEST_CASE("pointwise: a logit that is no number, or infinite, is not taken for one", "", float,
                   double) {
  constexpr TestType infinity = std::numeric_limits<TestType>::infinity(),
                     nan = std::numeric_limits<TestType>::quiet_NaN();
  for (const engine::Isa isa : engine::permitted_isas()) {
    const Pointwise<TestType>& kernels = pointwise_of<TestType>(isa);
    for (const Likelihood likelihood : likelihoods)
      for (const TestType x : {TestType(0), TestType(0.5), TestType(1)}) {
        const TestType pixels[] = {x, x, x}, weights[] = {1, 1, 1};
        TestType logits[] = {infinity, -infinity, nan};
        double sums[] = {0, 0, 0};
        kernels.loss_gradient(likelihood, 1, 3, pixels, logits, weights, sums);
        INFO(name(isa) << ", " << name(likelihood) << " at " << x);
        for (const double sum : sums) CHECK_FALSE(std::isfinite(sum));
        CHECK(std::isnan(sums[2]));
        CHECK(std::isnan(logits[2]));
        if (!is_logit(likelihood)) continue;
        CHECK(logits[0] == 1 - x);
        CHECK(logits[1] == -x);
      }
  }
}

TEMPLATE_TEST_CASE("pointwise: what is no number stays none through every activation", "", float, double) {
  for (const engine::Isa isa : engine::permitted_isas())
    for (const Activation activation : activations) {
      std::vector<TestType> values(9, std::numeric_limits<TestType>::quiet_NaN());
      pointwise_of<TestType>(isa).activate(activation, 9, values.data());
      INFO(name(isa) << ", " << name(activation));
      CHECK(std::all_of(values.begin(), values.end(), [](TestType value) { return std::isnan(value); }));
    }
}

TEMPLATE_TEST_CASE("pointwise: what is easily written instead is refused", "", float, double) {
  using T = TestType;
  const auto refused = [](Activation activation, auto formula) {
    return !activates<T>(
        [formula](Activation, std::int64_t count, T* x) {
          for (std::int64_t at = 0; at < count; ++at) x[at] = static_cast<T>(formula(x[at]));
        },
        activation, 1000);
  };
  CHECK_FALSE(refused(Activation::softplus, [](T x) { return exact_activation(Activation::softplus, x); }));
  // loses its digits where e^x is small
  CHECK(refused(Activation::softplus, [](T x) { return std::log(1 + std::exp(x)); }));
  CHECK(refused(Activation::softplus,
                [](T x) { return std::max(x, T(0)) + std::log(1 + std::exp(-std::abs(x))); }));
  CHECK(refused(Activation::sigmoid, [](T x) { return (1 + std::tanh(x / 2)) / 2; }));
  CHECK(refused(Activation::tanh, [](T x) { return 1 - 2 / (std::exp(2 * x) + 1); }));
  CHECK(refused(Activation::bounded, [](T x) { return std::min(T(8), std::max(T(-8), x)); }));
  CHECK(refused(Activation::leaky_relu, [](T x) { return x > 0 ? x : T(0.02) * x; }));
  CHECK(refused(Activation::relu, [](T x) { return x; }));
  CHECK(refused(Activation::elu, [](T x) { return std::exp(x) - 1; }));

  const auto slope_refused = [](Activation activation, auto formula) {
    return !multiplies<T>(
        [formula](Activation, std::int64_t count, const T* y, T* g) {
          for (std::int64_t at = 0; at < count; ++at) g[at] *= formula(y[at]);
        },
        activation, 1000);
  };
  CHECK_FALSE(slope_refused(Activation::tanh, [](T y) { return 1 - y * y; }));
  CHECK(slope_refused(Activation::tanh, [](T y) { return 1 - y; }));
  CHECK(slope_refused(Activation::sigmoid, [](T y) { return 1 - y; }));
  CHECK(slope_refused(Activation::softplus, [](T y) { return y; }));
  CHECK(slope_refused(Activation::bounded, [](T y) { return 1 - y * y / 8; }));
  CHECK(slope_refused(Activation::relu, [](T y) { return y >= 0 ? T(1) : T(0); }));

  // Kernels against formulas that are not theirs.
  const Pointwise<T>& kernels = pointwise_of<T>(engine::current_isa());
  const PixelLoss loss = exact_loss, derivative = exact_loss_slope;
  for (const Likelihood likelihood : likelihoods) {
    INFO(name(likelihood));
    CHECK(sums_and_derives(kernels, likelihood, 13, 31, loss, derivative));
    CHECK_FALSE(sums_and_derives(kernels, likelihood, 13, 31, derivative, derivative));
    CHECK_FALSE(sums_and_derives(kernels, likelihood, 13, 31, loss, loss));
    // the other sign of the pixel
    CHECK_FALSE(sums_and_derives(kernels, likelihood, 13, 31, loss,
                                 [&](Likelihood l, Exact x, Exact z) { return derivative(l, 1 - x, z); }));
    // a loss that is off by 64 of its own roundings
    CHECK_FALSE(sums_and_derives(
        kernels, likelihood, 13, 31,
        [&](Likelihood l, Exact x, Exact z) { return loss(l, x, z) * (1 + 64 * eps<T>()); }, derivative));
  }
  CHECK_FALSE(sums_and_derives(
      kernels, Likelihood::continuous_bernoulli, 13, 31,
      [&](Likelihood, Exact x, Exact z) { return loss(Likelihood::bernoulli, x, z); }, derivative));
}

TEST_CASE("pointwise: the plain formulas are these real numbers within a few roundings of 1") {
  // log(1 + e) and e^x - 1, as they are written, round 1 + e and e^x: half an eps of 2, besides their own 2.
  for (const double x : grid<double>()) {
    for (const Activation activation : activations) {
      INFO(name(activation) << " at " << x);
      const double exact = static_cast<double>(exact_activation(activation, x));
      CHECK(std::abs(activate(activation, x) - exact) <=
            3 * std::numeric_limits<double>::epsilon() * (1 + std::abs(exact)));
    }
    for (const double pixel : {0.0, 0.25, 1.0}) {
      INFO("bernoulli at " << x);
      const double exact = static_cast<double>(exact_loss(Likelihood::bernoulli, pixel, x));
      CHECK(std::abs(pixel_loss(Likelihood::bernoulli, pixel, x) - exact) <=
            3 * std::numeric_limits<double>::epsilon() * (1 + std::abs(exact)));
    }
  }
}

TEST_CASE("pointwise: every permitted isa has kernels, and those below it the same tables") {
  CHECK(portable_float_pointwise() != nullptr);
  CHECK(portable_double_pointwise() != nullptr);
  CHECK(&pointwise_of<float>(engine::Isa::portable) == portable_float_pointwise());
  for (const engine::Isa isa : engine::permitted_isas()) {
    if (isa == engine::Isa::avx2) CHECK(&pointwise_of<double>(isa) == avx2_double_pointwise());
    if (isa >= engine::Isa::avx512) CHECK(&pointwise_of<float>(isa) == avx512_float_pointwise());
  }
}
