// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/verify/trial.hpp>

namespace fsconv {
namespace {

std::string value_text(double value) { return fmt::format("{}", value); }

// Symbols numbered as they are stored: w3 is the weight's fourth element. Long polynomials are cut.
std::string value_text(const Polynomial& value) {
  constexpr std::size_t longest = 120;
  std::string words =
      text(value, [](Symbol array, Index element) { return fmt::format("{}{}", letter(array), element); });
  if (words.size() > longest) words = words.substr(0, longest) + " ...";
  return words;
}

}  // namespace

template <class T>
double Trial<T>::rounding(Index terms, Index results_as_operands) const {
  const auto gamma = [&](double unit) {
    const double nu = static_cast<double>(terms + 2) * unit;
    if (nu >= 0.5)
      throw InvalidArgument(
          "numeric", fmt::format("sums of {} terms cannot be bounded in {} bits", terms, form.bits.sums),
          "use a smaller geometry");
    return nu / (1 - nu);
  };
  const double summed = gamma(form.unit_roundoff()) + gamma(0x1p-53);
  if (form.bits.operands == form.bits.sums) return summed;
  return (1 + summed) * std::pow(1 + std::ldexp(1.0, -form.bits.operands), results_as_operands) - 1;
}

template <class T>
Outcome Trial<T>::compare(const Tensor<T>& actual, const Expected<T>& wanted) const {
  if (actual.shape() != wanted.values.shape()) {
    return {Verdict::fails, 1,
            fmt::format("shape [{}] instead of [{}]", fmt::join(actual.shape(), ", "),
                        fmt::join(wanted.values.shape(), ", "))};
  }
  Outcome outcome;
  const bool rounded = sample.method == Method::numeric;
  const double of_magnitude = rounded ? rounding(wanted.terms, wanted.results_as_operands) : 0;
  // Results that are operands again carry their errors into sums of `terms` products with numbers up to 1.
  const double of_tiles =
      rounded ? tile_error() * static_cast<double>(1 + wanted.results_as_operands * wanted.terms) : 0;
  for (Index at = 0; at < actual.size(); ++at) {
    bool equal;
    double error = 1;
    if constexpr (std::is_same_v<T, double>) {
      const double bound = rounded ? of_magnitude * wanted.magnitude[at] + of_tiles : 0;
      const double distance = std::abs(actual[at] - wanted.values[at]);
      equal = distance <= bound;  // false for NaN
      if (bound > 0) error = distance / bound;
      if (rounded && equal && bound > 0) outcome.error = std::max(outcome.error, error);
    } else {
      equal = fsconv::equal(actual[at], wanted.values[at]);
    }
    if (!equal)
      return {Verdict::fails, error,
              fmt::format("at {}: {} instead of {}", position_text(actual.shape(), at),
                          value_text(actual[at]), value_text(wanted.values[at]))};
  }
  return outcome;
}

Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b) {
  // A wrong form may give anything: what no right one gives becomes the nearest integer that none gives.
  static constexpr double beyond = 0x1p54;
  const auto whole = [](double value) {
    return static_cast<std::int64_t>(std::isnan(value) ? beyond : std::clamp(value, -beyond, beyond));
  };
  Wide sum = 0;
  for (Index at = 0; at < a.size(); ++at) sum += static_cast<Wide>(whole(a[at])) * whole(b[at]);
  return sum;
}

Polynomial dot(const Tensor<Polynomial>& a, const Tensor<Polynomial>& b) {
  std::vector<Polynomial> products;
  for (Index at = 0; at < a.size(); ++at) products.push_back(a[at] * b[at]);
  return sum(std::move(products));
}

Tensor<Polynomial> gradient_of(const Polynomial& loss, Symbol array, const Shape& shape) {
  return {shape, partial_derivatives(loss, array, element_count(shape))};
}

template class Trial<double>;
template class Trial<Polynomial>;

}  // namespace fsconv
