// The integer that counts pixels, taps and bytes, and arithmetic on it that reports overflow instead of
// wrapping.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace fsconv {

using Index = std::int64_t;
using Shape = std::vector<Index>;

// a*b, or nothing where the product does not fit an Index.
inline std::optional<Index> checked_multiply(Index a, Index b) {
  Index product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// The number of elements of an array of this shape (1 for no axes).
// Throws InvalidArgument naming `what` if an extent is negative or the product does not fit.
Index element_count(const Shape& shape, const char* what = "shape");

// floor(a/b) and a mod b in [0,b), for b > 0. C++'s own `/` truncates: -1/2 is 0 there, -1 here.
constexpr Index floor_div(Index a, Index b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr Index ceil_div(Index a, Index b) { return -floor_div(-a, b); }
constexpr Index positive_mod(Index a, Index b) { return a % b + (a % b < 0 ? b : 0); }

// The inverse of a modulo m, in [0, m), for gcd(a, m) = 1: Euclid's algorithm.
constexpr Index inverse_modulo(Index a, Index m) {
  Index r = m, next_r = positive_mod(a, m), t = 0, next_t = 1;
  while (next_r != 0) {
    const Index quotient = r / next_r, rest = r - quotient * next_r, t_of_rest = t - quotient * next_t;
    r = next_r;
    t = next_t;
    next_r = rest;
    next_t = t_of_rest;
  }
  return positive_mod(t, m);
}

// A position in the three spatial axes that every kernel loops over; missing leading axes have extent 1.
using Index3 = std::array<Index, 3>;

constexpr Index volume(const Index3& extents) { return extents[0] * extents[1] * extents[2]; }
constexpr Index flatten(const Index3& at, const Index3& extents) {
  return (at[0] * extents[1] + at[1]) * extents[2] + at[2];
}

// Calls f(position) for every position below `extents`, last axis fastest.
template <class F>
void for_each_position(const Index3& extents, F&& f) {
  for (Index a = 0; a < extents[0]; ++a)
    for (Index b = 0; b < extents[1]; ++b)
      for (Index c = 0; c < extents[2]; ++c) f(Index3{a, b, c});
}

}  // namespace fsconv
