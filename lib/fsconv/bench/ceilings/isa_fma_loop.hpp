// The loop of fma_loop.hpp for vectors of one isa.
//
// Included only by the files that are compiled for one isa each. Like tile.hpp it includes no header with functions,
// and everything in it is in an anonymous namespace: the linker must never choose one isa's copy for the whole program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/ceilings/fma_loop.hpp>
#include <fsconv/engine/tile.hpp>

namespace fsconv::bench {
namespace {

template <int VectorBytes, int Registers>
struct IsaFmaLoop {
  static constexpr int lanes = VectorBytes / int(sizeof(float));
  using Vector = typename engine::Vector<float, lanes>::Type;
  static constexpr int sums = Registers - 4;  // factor, addend, and two for a processor that multiplies first

  static float run(std::int64_t steps, float factor, float addend) {
    Vector sum[sums];
#pragma GCC unroll 32
    for (int at = 0; at < sums; ++at) sum[at] = Vector{} + static_cast<float>(at);
    for (; steps > 0; --steps)
#pragma GCC unroll 32
      for (int at = 0; at < sums; ++at) sum[at] = sum[at] * factor + addend;
    Vector total = {};
#pragma GCC unroll 32
    for (int at = 0; at < sums; ++at) total += sum[at];
    return total[0];
  }

  static constexpr FmaLoop loop = {2 * sums * lanes, run};
};

}  // namespace
}  // namespace fsconv::bench
