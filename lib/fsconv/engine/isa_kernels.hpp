// The table of one isa's kernels: which tiles fit its registers.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/spread.hpp>
#include <fsconv/engine/tile.hpp>

namespace fsconv::engine {
namespace {

// Kernels::pair_rows.
template <int Lanes>
void pair_rows(const BFloat16* from, Size from_row, Size rows, Size columns, BFloat16Pair* to, Size to_row) {
  using Halves = Vector<std::uint16_t, Lanes>;
  using Bits = Vector<std::uint32_t, Lanes>;
  const auto widened = [](const BFloat16* halves) {
    return __builtin_convertvector(Halves::load(&halves->bits), typename Bits::Type);
  };
  for (Size row = 0; row < rows; row += 2, from += 2 * from_row, to += to_row) {
    const bool two = row + 1 < rows;
    Size column = 0;
    for (; column + Lanes <= columns; column += Lanes) {
      typename Bits::Type pairs = widened(from + column);
      if (two) pairs |= widened(from + from_row + column) << 16;
      Bits::store(reinterpret_cast<std::uint32_t*>(to + column), pairs);
    }
    for (; column < columns; ++column)
      to[column] = {from[column], two ? from[from_row + column] : BFloat16{}};
    for (; column < to_row; ++column) to[column] = {};
  }
}

// `Unit` multiplies and adds: MultiplyAdd of tile.hpp, or an instruction of its own.
template <class T, int VectorBytes, int Registers,
          class Unit = MultiplyAdd<T, VectorBytes / int(sizeof(Step<T>))>>
struct IsaKernels {
  static constexpr int lanes = VectorBytes / int(sizeof(Step<T>));
  // Two vectors of a row of B, two broadcast numbers of A: the other registers hold C.
  static constexpr int rows = (Registers - 4) / 2;
  // Scattered rows take an integer register each, of which x86 has 16.
  static constexpr int scattered_rows = rows < 8 ? rows : 8;

  static constexpr auto neighbours() -> decltype(Kernels<T>::neighbours) {
    if constexpr (sizeof(T) == sizeof(Sum<T>))
      return product<T, lanes, rows, RowsOfA::neighbours, Unit>;
    else
      return nullptr;
  }

  static constexpr auto pairing() -> decltype(Kernels<T>::pair_rows) {
    if constexpr (sizeof(T) == sizeof(Sum<T>))
      return nullptr;
    else
      return pair_rows<lanes>;
  }

  static constexpr Kernels<T> table = {
      .width = lanes,
      .panel = 2 * lanes,
      .scattered_rows = scattered_rows,
      .begin = nullptr,
      .strided = product<T, lanes, rows, RowsOfA::strided, Unit>,
      .neighbours = neighbours(),
      .scattered = product<T, lanes, scattered_rows, RowsOfA::scattered, Unit>,
      .transpose = transpose<Step<T>, lanes>,
      .spread = spread<Sum<T>, lanes>,
      .pair_rows = pairing(),
  };
};

}  // namespace
}  // namespace fsconv::engine
