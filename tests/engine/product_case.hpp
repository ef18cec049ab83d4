// A product with integers in it, in memory of just the right size, and what it must result in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/kernels.hpp>
#include <vector>

namespace fsconv::engine::test {

template <class T>
T random_integer(Random& random) {
  if constexpr (std::is_same_v<T, BFloat16Pair>)
    return {rounded<BFloat16>(static_cast<float>(random.integer(-4, 4))),
            rounded<BFloat16>(static_cast<float>(random.integer(-4, 4)))};
  else
    return rounded<T>(static_cast<Sum<T>>(random.integer(-4, 4)));
}

template <class T>
std::vector<T> integers(Index count, Random& random) {
  std::vector<T> values;
  for (Index at = 0; at < count; ++at) values.push_back(random_integer<T>(random));
  return values;
}

// What a step of the inner dimension adds.
template <class T>
T multiplied(T a, T b) {
  return a * b;
}
inline float multiplied(BFloat16Pair a, BFloat16Pair b) {
  return number(a.first) * number(b.first) + number(a.second) * number(b.second);
}

template <class T>
bool same_numbers(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](T x, T y) { return number(x) == number(y); });
}

// Matrices of a product in memory that is not one number longer than what the product may touch, so that the
// address sanitizer sees what reaches further. Three matrices A and B; factors that use them in any order.
template <class T>
struct Case {
  enum class Kind { strided, neighbours, scattered };

  Case(Kind kind, const Kernels<T>& kernels, Size rows, Size inner, Size columns, Size count, Random& random)
      : kind_(kind) {
    const Size gap =
        random.integer(0, 3);  // between neighbouring rows, in C full of sevens that must survive
    const Size width = (columns + kernels.width - 1) / kernels.width * kernels.width;
    for (Size at = 0; at < count; ++at)
      factors.push_back(
          {static_cast<std::int32_t>(random.integer(0, 2)), static_cast<std::int32_t>(random.integer(0, 2))});
    p.rows = rows;
    p.inner = inner;
    p.columns = columns;
    p.b_inner = width + gap;
    p.b_factor = inner * p.b_inner;
    p.c_row = columns + gap;
    if (kind == Kind::strided) {
      p.a_row = inner + gap;
      p.a_inner = 1;
      p.a_factor = rows * p.a_row;
      a = integers<Step<T>>(2 * p.a_factor + (rows - 1) * p.a_row + inner, random);
    } else {
      p.a_row = 1;
      p.a_inner = rows + gap;
      p.a_factor = inner * p.a_inner;
      a = integers<Step<T>>(2 * p.a_factor + (inner - 1) * p.a_inner + rows, random);
    }
    b = integers<Step<T>>(2 * p.b_factor + (inner - 1) * p.b_inner + width, random);
    c.assign(static_cast<std::size_t>((rows - 1) * p.c_row + columns), rounded<T>(7));
    c_sums.assign(c.size(), Sum<T>(7));
    bias = integers<Sum<T>>(columns, random);
    sums = integers<Sum<T>>(columns, random);
    for (Size row = 0; row < rows; ++row) {  // backwards: any order is legal
      a_rows.push_back(rows - 1 - row);
      c_rows.push_back((rows - 1 - row) * p.c_row);
    }
    mask = integers<T>(static_cast<Index>(c.size()), random);
  }

  void point() {
    p.factors = factors.data();
    p.count = static_cast<Size>(factors.size());
    p.a = a.data();
    p.b = b.data();
    if (in_sums)
      p.c_sums = c_sums.data();
    else
      p.c = c.data();
    if (kind_ == Kind::scattered) {
      p.a_rows = a_rows.data();
      p.c_rows = c_rows.data();
    }
  }

  // What the product leaves in C, rounded or not, and in the sums.
  struct Results {
    std::vector<T> c;
    std::vector<Sum<T>> c_sums, sums;
  };
  Results expected() {
    point();
    Results after = {c, c_sums, sums};
    for (Size r = 0; r < p.rows; ++r)
      for (Size n = 0; n < p.columns; ++n) {
        Sum<T> value = 0;
        for (const Factor& f : factors)
          for (Size k = 0; k < p.inner; ++k)
            value +=
                multiplied(a[static_cast<std::size_t>(
                               f.a * p.a_factor + (p.a_rows ? p.a_rows[r] : r * p.a_row) + k * p.a_inner)],
                           b[static_cast<std::size_t>(f.b * p.b_factor + k * p.b_inner + n)]);
        const auto at = static_cast<std::size_t>((p.c_rows ? p.c_rows[r] : r * p.c_row) + n);
        if (p.bias) value += p.bias[n];
        if (p.relu) value = std::max(value, Sum<T>(0));
        if (p.mask) value = number(p.mask[at]) > 0 ? value : Sum<T>(0);
        if (p.sums) after.sums[static_cast<std::size_t>(n)] += value;
        if (in_sums)
          after.c_sums[at] = p.add ? c_sums[at] + value : value;
        else
          after.c[at] = rounded<T>(p.add ? number(c[at]) + value : value);
      }
    return after;
  }

  // Whether the kernel leaves the same.
  bool agrees(void (*kernel)(const Product<T>&)) {
    const Results after = expected();
    kernel(p);
    return same_numbers(c, after.c) && c_sums == after.c_sums && sums == after.sums;
  }

  Product<T> p{};
  std::vector<Factor> factors;
  std::vector<Step<T>> a, b;
  std::vector<T> c, mask;
  std::vector<Sum<T>> c_sums, bias, sums;
  bool in_sums = false;  // BFloat16: C is not rounded
  std::vector<Size> a_rows, c_rows;

 private:
  Kind kind_;
};

template <class T>
using Kind = typename Case<T>::Kind;

inline constexpr int endings = 32;

// The ending with this number: every bit is one of its parts.
template <class T>
void set_ending(Case<T>& c, int ending) {
  c.p.bias = ending & 1 ? c.bias.data() : nullptr;
  c.p.relu = (ending & 2) != 0;
  c.p.mask = ending & 4 ? c.mask.data() : nullptr;
  c.p.sums = ending & 8 ? c.sums.data() : nullptr;
  c.p.add = (ending & 16) != 0;
}

}  // namespace fsconv::engine::test
