// Bilinear algorithms as data: three small matrices of whole numbers, and the identity that makes them one.
//
// What files compiled for one isa use of it is evaluated by the compiler: no function of it is emitted there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fsconv::engine {

// The largest side of their matrices.
inline constexpr int most_products = 6;

struct SmallMatrix {
  int rows = 0, columns = 0;
  std::int64_t at[most_products][most_products] = {};

  constexpr bool operator==(const SmallMatrix&) const = default;
};

constexpr SmallMatrix transposed(const SmallMatrix& matrix) {
  SmallMatrix other{.rows = matrix.columns, .columns = matrix.rows};
  for (int r = 0; r < matrix.rows; ++r)
    for (int c = 0; c < matrix.columns; ++c) other.at[c][r] = matrix.at[r][c];
  return other;
}

// F(m, r): m neighbouring results of a convolution of r taps and stride 1,
//     y[i] = sum over j: w[j] x[i+j],     i < m = results,  j < r = taps,
// from n = m + r - 1 products instead of m*r:
//     scale * y = code^T ( (filter w) . (image x) ),    code [n x m], filter [n x r], image [n x n].
// That is the trilinear form of the taps, written with fewer terms: for every i, j and q
//     sum over t: code[t][i] filter[t][j] image[t][q]  =  scale * [q = i + j].
// The three names play the same part in it, so the same matrices give the other two maps:
//     scale * x' = image^T ( (filter w) . (code y) )         scale * w' = filter^T ( (code y) . (image x) ).
struct Bilinear {
  int results = 1, taps = 1, products = 1;
  SmallMatrix code = {}, filter = {}, image = {};
  std::int64_t scale = 1;

  constexpr bool operator==(const Bilinear&) const = default;
};

// Whether the identity holds.
constexpr bool is_exact(const Bilinear& a) {
  for (int i = 0; i < a.results; ++i)
    for (int j = 0; j < a.taps; ++j)
      for (int q = 0; q < a.image.columns; ++q) {
        std::int64_t sum = 0;
        for (int t = 0; t < a.products; ++t) sum += a.code.at[t][i] * a.filter.at[t][j] * a.image.at[t][q];
        if (sum != (q == i + j ? a.scale : 0)) return false;
      }
  return true;
}

// Toom and Cook: y is the middle part of a product of polynomials, which n - 1 values at whole numbers and the
// leading coefficient ("the value at infinity") determine; Winograd transposed it (S. Winograd, Arithmetic
// Complexity of Computations, 1980). The points are the smallest whole numbers, so that the matrices' entries
// are small, too: they are what rounding errors grow by. `filter` holds the values of the filter's polynomial
// alone, whatever the number of results: F(2, r) uses some of the points of F(4, r). The denominators of the
// interpolation are in `code`, times `scale`, which must be a multiple of them all.
inline constexpr std::int64_t finite_points[most_products - 1] = {0, 1, -1, 2, -2};

consteval Bilinear toom_cook(int results, int taps, std::int64_t scale) {
  const int n = results + taps - 1;
  Bilinear a{.results = results, .taps = taps, .products = n, .scale = scale};
  a.code = {.rows = n, .columns = results};
  a.filter = {.rows = n, .columns = taps};
  a.image = {.rows = n, .columns = n};
  for (int t = 0; t < n; ++t) {
    const bool at_infinity = t + 1 == n;
    // image: the coefficients of the product of (x - p) over the other finite points p
    std::int64_t(&polynomial)[most_products] = a.image.at[t];
    std::int64_t denominator = 1;
    polynomial[0] = 1;
    for (int s = 0; s + 1 < n; ++s) {
      if (s == t) continue;
      for (int k = n - 1; k >= 0; --k)
        polynomial[k] = (k > 0 ? polynomial[k - 1] : 0) - finite_points[s] * polynomial[k];
      if (!at_infinity) denominator *= finite_points[t] - finite_points[s];
    }
    std::int64_t power = 1;
    for (int i = 0; i < results || i < taps; ++i, power *= at_infinity ? 0 : finite_points[t]) {
      if (i < results) a.code.at[t][i] = (at_infinity ? i + 1 == results : power) * (scale / denominator);
      if (i < taps) a.filter.at[t][i] = at_infinity ? i + 1 == taps : power;
    }
  }
  return a;
}

// Those in use; a tile names one by its place. The first one is no saving: one pixel, one tap, one product.
// Tiles of 2 and 3 results round as the direct sum does, F(4, .) about five times as much. The tiles of an axis
// have one scale.
inline constexpr Bilinear bilinear_algorithms[] = {
    toom_cook(1, 1, 1),  toom_cook(2, 2, 1),                      // 2 results everywhere
    toom_cook(2, 2, 2),  toom_cook(3, 2, 2),                      // 2 or 3
    toom_cook(2, 2, 6),  toom_cook(3, 2, 6), toom_cook(4, 2, 6),  // up to 4
    toom_cook(2, 3, 2),                                           // and of 3 taps
    toom_cook(2, 3, 24), toom_cook(4, 3, 24)};
inline constexpr int bilinear_count = sizeof bilinear_algorithms / sizeof *bilinear_algorithms;

static_assert([] {
  for (const Bilinear& a : bilinear_algorithms)
    if (!is_exact(a)) return false;
  return true;
}());

}  // namespace fsconv::engine
