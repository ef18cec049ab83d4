// Where numbers stand along an axis, and which of them are written beside it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fsconv/draw/chart.hpp>

namespace fsconv::draw {

double Scale::share(double value) const {
  if (logarithmic) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
  return (value - low) / (high - low);
}

double Scale::value(double share) const {
  if (logarithmic) return std::exp(std::log(low) + share * (std::log(high) - std::log(low)));
  return low + share * (high - low);
}

bool Scale::holds(double value) const {
  return std::isfinite(value) && (!logarithmic || value > 0) && value >= low && value <= high;
}

Scale scale_of(const std::vector<double>& values, bool logarithmic, bool with_zero) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : values)
    if (std::isfinite(value) && (!logarithmic || value > 0)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  if (low > high) return logarithmic ? Scale{1, 10, true} : Scale{0, 1, false};
  const double lowest = logarithmic ? least_width : -farthest;
  low = std::clamp(low, lowest, farthest);
  high = std::clamp(high, lowest, farthest);
  if (logarithmic) {
    if (high / low < 1.2) return {low / 1.1, high * 1.1, true};
    // In logarithms: the quotient of the largest number and the smallest is infinite.
    const double from = std::log(low), to = std::log(high), margin = 0.04 * (to - from),
                 most = std::log(farthest);
    return {std::exp(std::max(from - margin, -most)), std::exp(std::min(to + margin, most)), true};
  }
  if (with_zero) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
    if (low == high) return {0, 1, false};
  }
  // Halves, so that a difference of two numbers near the largest there are is still finite.
  double margin = (high / 2 - low / 2) * 0.1;
  const double least = std::max(std::abs(low), std::abs(high)) * 1e-9;
  if (margin < least || margin == 0) margin = low == 0 ? 1 : std::abs(low) * 0.05;
  margin = std::max(margin, least_width);
  return {with_zero && low == 0 ? 0 : std::max(low - margin, -farthest),
          with_zero && high == 0 ? 0 : std::min(high + margin, farthest), false};
}

namespace {

// 1, 2 or 5 times a power of ten.
double round_up(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::vector<double> linear_ticks(const Scale& scale, int most, bool whole) {
  double step = round_up((scale.high - scale.low) / std::max(most - 1, 1));
  if (whole) step = std::max(1.0, step);
  std::vector<double> list;
  for (;; step = round_up(step / 2.5)) {
    list.clear();
    const double first = std::ceil(scale.low / step - 1e-9);
    for (double n = first; n * step <= scale.high + 1e-9 * step && list.size() < 100; ++n)
      list.push_back(n == 0 ? 0 : n * step);
    if (list.size() >= 2 || (whole && step <= 1)) return list;
  }
}

std::vector<double> logarithmic_ticks(const Scale& scale, int most) {
  const double decades = std::log10(scale.high) - std::log10(scale.low);
  std::vector<double> list;
  const auto collect = [&](std::initializer_list<double> factors, int every) {
    list.clear();
    const int from = static_cast<int>(std::floor(std::log10(scale.low))),
              to = static_cast<int>(std::ceil(std::log10(scale.high)));
    for (int power = from; power <= to; ++power)
      if ((power % every + every) % every == 0)
        for (const double factor : factors)
          // Read from text: 10 to the power of -3, and not what pow() makes of it.
          if (const double value = std::strtod(fmt::format("{}e{}", factor, power).c_str(), nullptr);
              scale.holds(value))
            list.push_back(value);
  };
  if (decades < 0.7) return linear_ticks(scale, most, false);
  if (decades * 3 <= most) {
    collect({1, 2, 5}, 1);
    if (list.size() >= 2) return list;
  }
  for (int every = 1;; ++every) {
    collect({1}, every);
    if (list.size() <= static_cast<std::size_t>(std::max(most, 2))) break;
  }
  return list.size() >= 2 ? list : linear_ticks(scale, most, false);
}

std::string without_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string with_minus(const std::string& text) {
  return text.starts_with('-') ? "−" + text.substr(1) : text;
}

// 12345 -> 12,345, from five digits on.
std::string with_thousands(std::string digits) {
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  if (digits.size() - sign < 5) return digits;
  for (std::size_t at = digits.size() - 3; at > sign; at -= std::min<std::size_t>(3, at))
    digits.insert(at, ",");
  return digits;
}

}  // namespace

std::vector<double> ticks(const Scale& scale, int most, bool whole) {
  return scale.logarithmic ? logarithmic_ticks(scale, most) : linear_ticks(scale, most, whole);
}

std::string tick_text(double value, double step) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e15 || size < 1e-4) return with_minus(fmt::format("{:.3g}", value));
  if (step >= 1e3 && size >= 1e6) {
    const auto [unit, letter] = size >= 1e9 ? std::pair(1e9, 'G') : std::pair(1e6, 'M');
    return with_minus(without_zeros(fmt::format("{:.3f}", value / unit)) + letter);
  }
  if (step >= 1) return with_minus(with_thousands(fmt::format("{:.0f}", value)));
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
  return with_minus(fmt::format("{:.{}f}", value, decimals));
}

std::string number_text(double value, int digits) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  if (value == std::round(value) && std::abs(value) < 1e9) return with_minus(fmt::format("{:.0f}", value));
  const double size = std::abs(value);
  if (size < 1e-4 || size >= 1e9) return with_minus(fmt::format("{:.{}g}", value, digits));
  // Without an exponent: 10180, and not 1.018e+04.
  const int decimals = std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(size))));
  return with_minus(without_zeros(fmt::format("{:.{}f}", value, decimals)));
}

}  // namespace fsconv::draw
