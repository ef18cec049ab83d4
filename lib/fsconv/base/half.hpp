// Numbers of half precision, as files hold them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace fsconv {

// IEEE 754 half precision: 1 sign, 5 exponent (bias 15) and 10 fraction bits. Exact.
inline double half_to_double(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31)
    value =
        fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return bits >> 15 ? -value : value;
}

// To the nearest number of half precision, of two equally near to the one whose last bit is 0; from 65520 on infinite.
inline double rounded_to_half(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const int last_bit = std::max(std::ilogb(value), -14) - 10;
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -last_bit)), last_bit);
  return std::abs(rounded) < 65536 ? rounded : std::copysign(std::numeric_limits<double>::infinity(), value);
}

}  // namespace fsconv
