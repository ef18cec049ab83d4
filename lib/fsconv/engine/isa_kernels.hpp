// The table of one isa's kernels: which tiles fit its registers.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
#pragma once

#include <fsconv/engine/spread.hpp>
#include <fsconv/engine/tile.hpp>

namespace fsconv::engine {
namespace {

template <class T, int VectorBytes, int Registers>
struct IsaKernels {
  static constexpr int lanes = VectorBytes / int(sizeof(T));
  // Two vectors of a row of B, two broadcast numbers of A: the other registers hold C.
  static constexpr int rows = (Registers - 4) / 2;
  // Scattered rows take an integer register each, of which x86 has 16.
  static constexpr int scattered_rows = rows < 8 ? rows : 8;

  static constexpr Kernels<T> table = {
      lanes,
      2 * lanes,
      scattered_rows,
      product<T, lanes, rows, RowsOfA::strided>,
      product<T, lanes, rows, RowsOfA::neighbours>,
      product<T, lanes, scattered_rows, RowsOfA::scattered>,
      transpose<T, lanes>,
      spread<T, lanes>,
  };
};

}  // namespace
}  // namespace fsconv::engine
