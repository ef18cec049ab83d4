// Claims about derivatives: L = <conv(w, x), y>, differentiated by a program that knows no transpose.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
// Eigen's automatic differentiation needs its core first.
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>

#include <fsconv/forms/gather.hpp>
#include <fsconv/verify/claim.hpp>
#include <numeric>

namespace fsconv::claim {
namespace {

using Dual = Eigen::AutoDiffScalar<Eigen::VectorXd>;

// Forward automatic differentiation costs one pass per variable. Above this many products, differences do.
constexpr Index largest_differentiation = 20'000'000;

Tensor<Dual> constants(const Tensor<double>& values) {
  Tensor<Dual> duals(values.shape());
  for (Index at = 0; at < values.size(); ++at) duals[at] = Dual(values[at]);
  return duals;
}

Tensor<Dual> variables(const Tensor<double>& values) {
  Tensor<Dual> duals(values.shape());
  for (Index at = 0; at < values.size(); ++at)
    duals[at] = Dual(values[at], static_cast<int>(values.size()), static_cast<int>(at));
  return duals;
}

// d<conv(w, x), y> with respect to x or w, by Eigen's AutoDiff through the plainest form's own loops.
Tensor<double> differentiate(const Trial<double>& t, Symbol variable) {
  const bool by_image = variable == Symbol::image;
  const Tensor<double>& moving = by_image ? t.image : t.weight;
  const Tensor<Dual> result = by_image ? gather::conv(t.geometry, variables(t.image), constants(t.weight))
                                       : gather::conv(t.geometry, constants(t.image), variables(t.weight));
  Tensor<double> derivative(moving.shape());
  for (Index at = 0; at < result.size(); ++at)
    for (Index j = 0; j < result[at].derivatives().size(); ++j)
      derivative[j] += t.code[at] * result[at].derivatives()[j];
  return derivative;
}

// The same, once for all forms: it is a matter of the sample.
const Tensor<double>& derivative_by(Symbol variable, const Trial<double>& t) {
  auto& known = variable == Symbol::image ? t.sample.derivative_by_image : t.sample.derivative_by_weight;
  return known.get([&] { return differentiate(t, variable); });
}

bool small_enough(const Trial<double>& t, const Tensor<double>& moving) {
  const auto products = static_cast<Index>(t.definition.entries().size()) * t.batch();
  return products * moving.size() <= largest_differentiation;
}

// Where finite differences look: everywhere in a small array, at a spread of places in a large one.
std::vector<Index> places(const Tensor<double>& values) {
  constexpr Index most = 12;
  const Index step = std::max<Index>(1, values.size() / most);
  std::vector<Index> list;
  for (Index at = 0; at < values.size(); at += step) list.push_back(at);
  return list;
}

double total_of(const Tensor<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// The sum of the absolute values of all products that L consists of.
double total_magnitude(const Trial<double>& t) {
  return t.sample.total_magnitude.get([&] {
    const Tensor<double> rows = t.definition.conv(absolute(t.image), absolute(t.weight));
    double sum = 0;
    for (Index at = 0; at < rows.size(); ++at) sum += rows[at] * std::abs(t.code[at]);
    return sum;
  });
}

// (L(v with v_j = 1) - L(v with v_j = -1)) / 2 with the form's own conv. L is linear in each number: the step
// 2 is exact, and it may begin anywhere, so at numbers that every form's operands hold.
template <class Conv>
Outcome compare_with_differences(const Trial<double>& t, const Tensor<double>& derivative,
                                 Tensor<double> moving, const Expected<double>& expected, Conv conv_of) {
  const bool exact = t.sample.method == Method::exact;
  const double total = exact ? 0 : total_magnitude(t), codes = exact ? 0 : total_of(absolute(t.code));
  Outcome outcome;
  for (Index at : places(moving)) {
    const double centre = moving[at];
    moving[at] = 1;
    const Tensor<double> above = conv_of(moving);
    moving[at] = -1;
    const Tensor<double> below = conv_of(moving);
    moving[at] = centre;
    if (exact) {
      if (exact_dot(above, t.code) - exact_dot(below, t.code) != 2 * static_cast<Wide>(derivative[at]))
        return {Verdict::fails, 1, fmt::format("element {}: not the finite difference", at)};
      continue;
    }
    double difference = 0;
    for (Index row = 0; row < above.size(); ++row) difference += (above[row] - below[row]) * t.code[row] / 2;
    // With a 1 there, the products add up to total + magnitude[at] at most. They are rounded in sums of the
    // form's conv, in the sum over rows here, and in the derivative; tiles add their error to every row and to the derivative.
    const double bound = t.rounding(t.definition.longest_conv_sum() + above.size() + expected.terms) *
                             (total + expected.magnitude[at]) +
                         t.tile_error() * (codes + 1);
    const double distance = std::abs(difference - derivative[at]);
    if (bound > 0) outcome.error = std::max(outcome.error, distance / bound);
    if (!(distance <= bound))
      return {Verdict::fails, outcome.error,
              fmt::format("element {}: {} but the finite difference is {}", at, derivative[at], difference)};
  }
  return outcome;
}

// The worse of two outcomes that both hold, or the one that fails.
Outcome worse(const Outcome& a, const Outcome& b) {
  if (a.verdict != Verdict::holds) return a;
  if (b.verdict != Verdict::holds) return b;
  return a.error > b.error ? a : b;
}

}  // namespace

// Automatic differentiation and differences cost many passes and are exact already where they are tried once:
// further samples of one try only repeat the comparison with the definition.
Outcome gradient(const Trial<double>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv_transpose, Op::conv}))
    return *skipped;
  const Tensor<double>& derivative = t.conv_transpose();
  const Expected<double>& expected = t.sample.conv_transpose(t.definition);
  Outcome outcome = t.compare(derivative, expected);
  if (!t.sample.first) return outcome;
  if (small_enough(t, t.image))
    outcome = worse(outcome, t.compare(derivative, {.values = derivative_by(Symbol::image, t),
                                                    .magnitude = expected.magnitude,
                                                    .terms = expected.terms}));
  return worse(outcome,
               compare_with_differences(t, derivative, t.image, expected, [&](const Tensor<double>& x) {
                 return t.maps.conv(t.geometry, x, t.weight);
               }));
}

Outcome weight_gradient(const Trial<double>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::weight_gradient, Op::conv}))
    return *skipped;
  const Tensor<double>& derivative = t.weight_gradient();
  const Expected<double>& expected = t.sample.weight_gradient(t.definition);
  Outcome outcome = t.compare(derivative, expected);
  if (!t.sample.first) return outcome;
  if (small_enough(t, t.weight))
    outcome = worse(outcome, t.compare(derivative, {.values = derivative_by(Symbol::weight, t),
                                                    .magnitude = expected.magnitude,
                                                    .terms = expected.terms}));
  return worse(outcome,
               compare_with_differences(t, derivative, t.weight, expected, [&](const Tensor<double>& w) {
                 return t.maps.conv(t.geometry, t.image, w);
               }));
}

// <W x, y> = <x, W^T y>: two numbers, each through one of the form's own maps.
Outcome adjoint(const Trial<double>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv, Op::conv_transpose}))
    return *skipped;
  const Tensor<double>&down = t.conv(), &up = t.conv_transpose();
  if (t.sample.method == Method::exact) {
    if (exact_dot(down, t.code) == exact_dot(t.image, up)) return {};
    return {Verdict::fails, 1, "<W x, y> and <x, W^T y> differ"};
  }
  double left = 0, right = 0;
  for (Index at = 0; at < down.size(); ++at) left += down[at] * t.code[at];
  for (Index at = 0; at < up.size(); ++at) right += up[at] * t.image[at];
  // Both numbers sum the same products: an inner sum in the form, an outer one here.
  const double bound = t.rounding(down.size() + up.size() + t.definition.longest_conv_sum() +
                                  t.definition.longest_transposed_sum()) *
                           total_magnitude(t) +
                       t.tile_error() * (total_of(absolute(t.code)) + total_of(absolute(t.image)));
  const double distance = std::abs(left - right);
  if (distance <= bound) return {Verdict::holds, bound > 0 ? distance / bound : 0, ""};
  return {Verdict::fails, bound > 0 ? distance / bound : 1,
          fmt::format("<W x, y> = {} but <x, W^T y> = {}", left, right)};
}

// L = <conv(w, x), y> multiplied out and differentiated: the form's own conv decides what its conv_transpose
// must be. No definition is needed.
Outcome gradient(const Trial<Polynomial>& t) {
  return t.compare(t.conv_transpose(), {.values = gradient_of(t.loss(), Symbol::image, t.image.shape())});
}

Outcome weight_gradient(const Trial<Polynomial>& t) {
  return t.compare(t.weight_gradient(), {.values = gradient_of(t.loss(), Symbol::weight, t.weight.shape())});
}

Outcome adjoint(const Trial<Polynomial>& t) {
  if (equal(t.loss(), dot(t.conv_transpose(), t.image))) return {};
  return {Verdict::fails, 1, "<W x, y> and <x, W^T y> are different polynomials"};
}

}  // namespace fsconv::claim
