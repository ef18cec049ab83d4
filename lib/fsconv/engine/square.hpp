// Squares of numbers, transposed in registers: how what lies across comes to lie along.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/tile.hpp>

namespace fsconv::engine {
namespace {

// An integer of the size of a T: numbers are moved as such, whatever they mean.
template <int Bytes>
struct IntegerOf {
  typedef int Type;
};
template <>
struct IntegerOf<8> {
  typedef long long Type;
};

// A square of numbers in registers, a vector per row.
template <class T, int Lanes>
struct Square {
  using Lane = typename IntegerOf<sizeof(T)>::Type;
  using V = Vector<Lane, Lanes>;
  typename V::Type row[Lanes];

  [[gnu::always_inline]] void load(const T* from, Size from_row) {
#pragma GCC unroll 16
    for (int r = 0; r < Lanes; ++r) row[r] = V::load(reinterpret_cast<const Lane*>(from + r * from_row));
  }

  [[gnu::always_inline]] void store(T* to, Size to_row) const {
#pragma GCC unroll 16
    for (int r = 0; r < Lanes; ++r) V::store(reinterpret_cast<Lane*>(to + r * to_row), row[r]);
  }

  // Transposes every square of 2*step numbers whose quarters have been transposed: exchanges the two quarters
  // that are off the diagonal.
  template <int step>
  [[gnu::always_inline]] void exchange() {
    constexpr auto upper = [](int lane) { return lane & step ? Lanes + lane - step : lane; };
    constexpr auto lower = [](int lane) { return lane & step ? Lanes + lane : lane + step; };
#pragma GCC unroll 16
    for (int r = 0; r < Lanes; ++r)
      if (!(r & step)) {
        const typename V::Type a = row[r], b = row[r + step];
        row[r] = shuffled<Lanes>(a, b, upper);
        row[r + step] = shuffled<Lanes>(a, b, lower);
      }
    if constexpr (2 * step < Lanes) exchange<2 * step>();
  }
};

// to[column*to_row + row] = from[row*from_row + column], by squares; number by number what fills none.
template <class T, int Lanes>
void transpose(const T* from, Size from_row, Size rows, Size columns, T* to, Size to_row) {
  const Size whole_rows = rows / Lanes * Lanes, whole_columns = columns / Lanes * Lanes;
  for (Size row = 0; row < whole_rows; row += Lanes)
    for (Size column = 0; column < whole_columns; column += Lanes) {
      Square<T, Lanes> square;
      square.load(from + row * from_row + column, from_row);
      square.template exchange<1>();
      square.store(to + column * to_row + row, to_row);
    }
  const auto one_by_one = [=](Size first_row, Size first_column, Size end_column) {
    for (Size row = first_row; row < rows; ++row)
      for (Size column = first_column; column < end_column; ++column)
        to[column * to_row + row] = from[row * from_row + column];
  };
  one_by_one(0, whole_columns, columns);
  one_by_one(whole_rows, 0, whole_columns);
}

}  // namespace
}  // namespace fsconv::engine
