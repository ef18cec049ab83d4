// The table of one isa's kernels: which tiles fit its registers.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/pairs.hpp>
#include <fsconv/engine/spread.hpp>
#include <fsconv/engine/tile.hpp>

namespace fsconv::engine {
namespace {

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

  static constexpr Kernels<T> with_pairs(Kernels<T> kernels) {
    if constexpr (sizeof(T) != sizeof(Sum<T>)) {
      kernels.pair_rows = pair_rows<lanes>;
      kernels.pair_transposed = pair_transposed<lanes>;
      kernels.round_rows = round_rows<lanes>;
      kernels.round_pairs = round_pairs<lanes>;
      kernels.round_transposed = round_transposed<lanes>;
    }
    return kernels;
  }

  static constexpr Kernels<T> table = with_pairs({
      .width = lanes,
      .panel = 2 * lanes,
      .scattered_rows = scattered_rows,
      .steps_per_cycle = Unit::steps_per_cycle,
      .begin = nullptr,
      .strided = product<T, lanes, rows, RowsOfA::strided, Unit>,
      .neighbours = neighbours(),
      .scattered = product<T, lanes, scattered_rows, RowsOfA::scattered, Unit>,
      .transpose = transpose<Step<T>, lanes>,
      .spread = spread<Sum<T>, lanes>,
      .pair_rows = nullptr,
      .pair_transposed = nullptr,
      .round_rows = nullptr,
      .round_pairs = nullptr,
      .round_transposed = nullptr,
  });
};

}  // namespace
}  // namespace fsconv::engine
