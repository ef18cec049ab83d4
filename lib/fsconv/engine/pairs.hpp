// How BFloat16 come to lie as the tile multiplies them: floats rounded, and two rows of a matrix paired.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/square.hpp>

namespace fsconv::engine {
namespace {

// The pairs of `Lanes` columns of two rows, lane by lane. Where 2*Lanes columns are there, both halves come from one
// shuffle each of whole vectors; `alone` reads no further than its own.
enum class Half { left, right, alone };
template <int Lanes, Half half>
[[gnu::always_inline]] inline typename Vector<std::uint32_t, Lanes>::Type pairs_of(const BFloat16* first,
                                                                                   const BFloat16* second) {
  using Pairs = typename Vector<std::uint32_t, Lanes>::Type;
  if constexpr (half == Half::alone) {
    using Halves = Vector<std::uint16_t, Lanes>;
    return __builtin_convertvector(Halves::load(&first->bits), Pairs) |
           __builtin_convertvector(Halves::load(&second->bits), Pairs) << 16;
  } else {
    using Halves = Vector<std::uint16_t, 2 * Lanes>;
    constexpr auto order = [](int lane) {
      return (half == Half::right ? Lanes : 0) + lane / 2 + lane % 2 * 2 * Lanes;
    };
    return (Pairs)shuffled<2 * Lanes>(Halves::load(&first->bits), Halves::load(&second->bits), order);
  }
}

template <int Lanes>
[[gnu::always_inline]] inline void store_pairs(BFloat16Pair* to,
                                               const typename Vector<std::uint32_t, Lanes>::Type& pairs) {
  Vector<std::uint32_t, Lanes>::store(reinterpret_cast<std::uint32_t*>(to), pairs);
}

// Kernels::pair_rows.
template <int Lanes>
void pair_rows(const BFloat16* from, Size from_row, Size rows, Size columns, BFloat16Pair* to, Size to_row) {
  for (; rows >= 2; rows -= 2, from += 2 * from_row, to += to_row) {
    const BFloat16* const second = from + from_row;
    Size column = 0;
    for (; column + 2 * Lanes <= columns; column += 2 * Lanes) {
      store_pairs<Lanes>(to + column, pairs_of<Lanes, Half::left>(from + column, second + column));
      store_pairs<Lanes>(to + column + Lanes, pairs_of<Lanes, Half::right>(from + column, second + column));
    }
    for (; column + Lanes <= columns; column += Lanes)
      store_pairs<Lanes>(to + column, pairs_of<Lanes, Half::alone>(from + column, second + column));
    for (; column < columns; ++column) to[column] = {from[column], second[column]};
    for (; column < to_row; ++column) to[column] = {};
  }
  if (rows == 0) return;
  for (Size column = 0; column < to_row; ++column)
    to[column] = column < columns ? BFloat16Pair{from[column], {}} : BFloat16Pair{};
}

// Columns [first, last) of Kernels::pair_transposed, number by number.
[[gnu::noinline]] void pair_few_transposed(const BFloat16* from, Size from_row, Size rows, Size first,
                                           Size last, BFloat16Pair* to, Size to_row) {
  for (Size column = first; column < last; ++column) {
    const BFloat16* one = from + column;
    BFloat16Pair* pair = to + column * to_row;
    for (Size left = rows; left > 0; left -= 2, one += 2 * from_row)
      *pair++ = {*one, left > 1 ? one[from_row] : BFloat16{}};
  }
}

// What neighbours among 2*Lanes words hold in their lower halves, as pairs.
template <int Lanes>
[[gnu::always_inline]] inline typename Vector<std::uint32_t, Lanes>::Type pairs_of_neighbours(
    const typename Vector<std::uint32_t, Lanes>::Type& low,
    const typename Vector<std::uint32_t, Lanes>::Type& high) {
  constexpr auto even = [](int lane) { return 2 * lane; };
  constexpr auto odd = [](int lane) { return 2 * lane + 1; };
  return (shuffled<Lanes>(low, high, even) & 0xffff) | shuffled<Lanes>(low, high, odd) << 16;
}

// Kernels::pair_transposed of one column with a zero beside each number, 2*Lanes rows: the pairs of rows are neighbours
// in memory.
template <int Lanes>
void pair_grey(const BFloat16* from, BFloat16Pair* to) {
  using Bits = Vector<std::uint32_t, Lanes>;
  const auto* words = reinterpret_cast<const std::uint32_t*>(from);
  store_pairs<Lanes>(to, pairs_of_neighbours<Lanes>(Bits::load(words), Bits::load(words + Lanes)));
}

// Pairs of 2*Lanes rows of `Lanes` columns, through a square with a row per column. Never inlined: a caller's loop would
// keep the addresses of all its rows, and there are registers for few.
template <int Lanes, Half half>
[[gnu::noinline]] void pair_square(const BFloat16* from, Size from_row, BFloat16Pair* to, Size to_row) {
  using Row = typename Square<BFloat16Pair, Lanes>::V::Type;
  Square<BFloat16Pair, Lanes> square;
#pragma GCC unroll 16
  for (int r = 0; r < Lanes; ++r, from += 2 * from_row)
    square.row[r] = (Row)pairs_of<Lanes, half>(from, from + from_row);
  square.template exchange<1>();
  square.store(to, to_row);
}

// Kernels::pair_transposed: rows become pairs on their way into a square, which is transposed in registers.
template <int Lanes>
void pair_transposed(const BFloat16* from, Size from_row, Size rows, Size columns, BFloat16Pair* to,
                     Size to_row) {
  const bool grey = columns == 1 && from_row == 2;
  for (; rows >= 2 * Lanes; rows -= 2 * Lanes, from += 2 * Lanes * from_row, to += Lanes) {
    if (grey) {
      pair_grey<Lanes>(from, to);
      continue;
    }
    Size column = 0;
    for (; column + 2 * Lanes <= columns; column += 2 * Lanes) {
      pair_square<Lanes, Half::left>(from + column, from_row, to + column * to_row, to_row);
      pair_square<Lanes, Half::right>(from + column, from_row, to + (column + Lanes) * to_row, to_row);
    }
    for (; column + Lanes <= columns; column += Lanes)
      pair_square<Lanes, Half::alone>(from + column, from_row, to + column * to_row, to_row);
    if (column < columns) pair_few_transposed(from, from_row, 2 * Lanes, column, columns, to, to_row);
  }
  if (rows > 0) pair_few_transposed(from, from_row, rows, 0, columns, to, to_row);
}

// Kernels::round_rows.
template <int Lanes>
void round_rows(const float* from, Size rows, Size columns, BFloat16* to, Size to_row) {
  using Row = Numbers<BFloat16, Lanes>;
  using Floats = Vector<float, Lanes>;
  if (columns == to_row) {  // one long row
    columns = to_row = rows * columns;
    rows = rows > 0 ? 1 : 0;
  } else if (columns == 1 && to_row == 2) {  // a float with a zero half behind it: as many bytes as the float
    for (; rows >= Lanes; rows -= Lanes, from += Lanes, to += 2 * Lanes)
      store_pairs<Lanes>(reinterpret_cast<BFloat16Pair*>(to), Row::rounded_bits(Floats::load(from)));
  }
  for (; rows > 0; --rows, from += columns, to += to_row) {
    Size column = 0;
    for (; column + Lanes <= columns; column += Lanes) Row::store(to + column, Floats::load(from + column));
    for (; column < columns; ++column) to[column] = Row::rounded(from[column]);
    for (; column < to_row; ++column) to[column] = {};
  }
}

// Kernels::round_pairs.
template <int Lanes>
void round_pairs(const float* from, Size from_row, Size rows, Size columns, BFloat16Pair* to, Size to_row) {
  using Row = Numbers<BFloat16, Lanes>;
  using Floats = Vector<float, Lanes>;
  for (; rows > 0; rows -= 2, from += 2 * from_row, to += to_row) {
    const float* const second = rows > 1 ? from + from_row : nullptr;
    Size column = 0;
    for (; column + Lanes <= columns; column += Lanes) {
      typename Row::Bits pairs = Row::rounded_bits(Floats::load(from + column));
      if (second) pairs |= Row::rounded_bits(Floats::load(second + column)) << 16;
      store_pairs<Lanes>(to + column, pairs);
    }
    for (; column < columns; ++column)
      to[column] = {Row::rounded(from[column]), second ? Row::rounded(second[column]) : BFloat16{}};
  }
}

// Kernels::round_transposed: neighbours become pairs on their way into a square.
template <int Lanes>
[[gnu::noinline]] void round_square(const float* from, Size from_row, BFloat16Pair* to, Size to_row) {
  using Row = Numbers<BFloat16, Lanes>;
  using Floats = Vector<float, Lanes>;
  Square<BFloat16Pair, Lanes> square;
#pragma GCC unroll 16
  for (int r = 0; r < Lanes; ++r, from += from_row)
    square.row[r] = (typename Square<BFloat16Pair, Lanes>::V::Type)pairs_of_neighbours<Lanes>(
        Row::rounded_bits(Floats::load(from)), Row::rounded_bits(Floats::load(from + Lanes)));
  square.template exchange<1>();
  square.store(to, to_row);
}

template <int Lanes>
void round_transposed(const float* from, Size from_row, Size rows, Size columns, BFloat16Pair* to,
                      Size to_row) {
  using Row = Numbers<BFloat16, Lanes>;
  const Size whole_rows = rows / Lanes * Lanes, whole_columns = columns / (2 * Lanes) * 2 * Lanes;
  for (Size row = 0; row < whole_rows; row += Lanes)
    for (Size column = 0; column < whole_columns; column += 2 * Lanes)
      round_square<Lanes>(from + row * from_row + column, from_row, to + column / 2 * to_row + row, to_row);
  for (Size row = 0; row < rows; ++row)
    for (Size column = row < whole_rows ? whole_columns : 0; column < columns; column += 2) {
      const float* const first = from + row * from_row + column;
      to[column / 2 * to_row + row] = {Row::rounded(first[0]),
                                       column + 1 < columns ? Row::rounded(first[1]) : BFloat16{}};
    }
}

}  // namespace
}  // namespace fsconv::engine
