// A product of BFloat16 in the processor's tile registers (AMX): 16 rows of 16 pairs each.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// What the registers do is asked of `Registers` (amx_registers.hpp), which tests replace to run this on any
// processor. They must have been told their sizes on this thread since anybody else used them (Kernels::begin).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/tile.hpp>

namespace fsconv::engine {
namespace {

constexpr Size amx_rows = 16, amx_pairs = 16;

// RowTiles*16 rows and ColumnTiles*16 columns of C, in registers 0 to 3; A passes through 4 and 5, B through 6 and 7.
template <class Registers, int RowTiles, int ColumnTiles, class Unit>
void amx_tile(const Product<BFloat16>& p, Size first_row) {
  constexpr Size row_bytes = ColumnTiles * amx_pairs * Size(sizeof(float));
  constexpr int second_row = RowTiles - 1, second_column = ColumnTiles - 1;
  Registers::template clear<0>();
  if constexpr (second_column) Registers::template clear<1>();
  if constexpr (second_row) Registers::template clear<2>();
  if constexpr (second_row && second_column) Registers::template clear<3>();

  const Size a_bytes = p.a_row * Size(sizeof(BFloat16Pair)), b_bytes = p.b_inner * Size(sizeof(BFloat16Pair));
  for (const Factor *factor = p.factors, *end = factor + p.count; factor != end; ++factor) {
    const BFloat16Pair* a = p.a + factor->a * p.a_factor + first_row * p.a_row;
    const BFloat16Pair* b = p.b + factor->b * p.b_factor;
    for (Size k = 0; k < p.inner; k += amx_pairs, a += amx_pairs, b += amx_pairs * p.b_inner) {
      Registers::template load<4>(a, a_bytes);
      Registers::template load<6>(b, b_bytes);
      Registers::template multiply<0, 4, 6>();
      if constexpr (second_column) {
        Registers::template load<7>(b + amx_pairs, b_bytes);
        Registers::template multiply<1, 4, 7>();
      }
      if constexpr (second_row) {
        Registers::template load<5>(a + amx_rows * p.a_row, a_bytes);
        Registers::template multiply<2, 5, 6>();
        if constexpr (second_column) Registers::template multiply<3, 5, 7>();
      }
    }
  }

  // The ending happens in vectors.
  alignas(64) float c[RowTiles * amx_rows][ColumnTiles * amx_pairs];
  Registers::template store<0>(&c[0][0], row_bytes);
  if constexpr (second_column) Registers::template store<1>(&c[0][amx_pairs], row_bytes);
  if constexpr (second_row) Registers::template store<2>(&c[amx_rows][0], row_bytes);
  if constexpr (second_row && second_column) Registers::template store<3>(&c[amx_rows][amx_pairs], row_bytes);
  constexpr int rows_at_once = 8;
  using Ending = Tile<BFloat16, amx_pairs, rows_at_once, ColumnTiles, RowsOfA::strided, Unit>;
  for (Size row = 0; row < RowTiles * amx_rows; row += rows_at_once) {
    typename Ending::Vec sums[rows_at_once][ColumnTiles];
#pragma GCC unroll 8
    for (int r = 0; r < rows_at_once; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < ColumnTiles; ++v) sums[r][v] = Ending::V::load(&c[row + r][v * amx_pairs]);
    Ending::finish(p, first_row + row, sums);
  }
}

template <class Registers, int ColumnTiles, class Unit>
Size amx_tiles(const Product<BFloat16>& p) {
  Size row = 0;
  for (; row + 2 * amx_rows <= p.rows; row += 2 * amx_rows) amx_tile<Registers, 2, ColumnTiles, Unit>(p, row);
  for (; row + amx_rows <= p.rows; row += amx_rows) amx_tile<Registers, 1, ColumnTiles, Unit>(p, row);
  return row;
}

// Kernels::strided. Whole tiles of rows, columns and pairs go through the registers, the rest through the
// vectors of `Unit`: the registers could be told to hold less, but telling them takes longer than the work.
template <class Registers, int MostRows, class Unit>
void amx_product(const Product<BFloat16>& p) {
  Size done = 0;
  if (p.inner % amx_pairs == 0 && p.columns == 2 * amx_pairs) done = amx_tiles<Registers, 2, Unit>(p);
  if (p.inner % amx_pairs == 0 && p.columns == amx_pairs) done = amx_tiles<Registers, 1, Unit>(p);
  if (done == p.rows) return;
  Product<BFloat16> rest = p;
  rest.rows -= done;
  rest.a += done * p.a_row;
  if (p.c) rest.c += done * p.c_row;
  if (p.c_sums) rest.c_sums += done * p.c_row;
  if (p.mask) rest.mask += done * p.c_row;
  product<BFloat16, int{amx_pairs}, MostRows, RowsOfA::strided, Unit>(rest);
}

}  // namespace
}  // namespace fsconv::engine
