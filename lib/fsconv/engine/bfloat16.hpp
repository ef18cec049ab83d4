// Floats rounded to their upper half and back, for code outside the tiles.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <fsconv/engine/kernels.hpp>
#include <type_traits>

namespace fsconv::engine {

inline float number(BFloat16 value) { return std::bit_cast<float>(std::uint32_t{value.bits} << 16); }
inline float number(float value) { return value; }
inline double number(double value) { return value; }

// To the nearest, of two equally near to the one whose last bit is 0; too large becomes infinite, and what
// is not a number stays so.
template <class T>
T rounded(Sum<T> value) {
  return value;
}
template <>
inline BFloat16 rounded<BFloat16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return {static_cast<std::uint16_t>(value == value ? nearest : (bits >> 16) | 0x40)};
}

// Where a product puts results that shall not be rounded.
template <class T>
Sum<T>*& result_in_sums(Product<T>& product) {
  if constexpr (std::is_same_v<T, Sum<T>>)
    return product.c;
  else
    return product.c_sums;
}

}  // namespace fsconv::engine
