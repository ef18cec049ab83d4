// Products of BFloat16 in AMX tile registers, where they fill them; the rest with the vectors of AVX-512.
// Compiled with the same options as tile_avx512_bf16.cpp: the AMX instructions are named here, one each.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/amx_product.hpp>
#include <fsconv/engine/amx_registers.hpp>
#include <fsconv/engine/dot_pairs.hpp>

namespace fsconv::engine {

#if FSCONV_HAS_DOT_PAIRS
namespace {

constexpr Kernels<BFloat16> table = [] {
  Kernels<BFloat16> kernels = DotPairsKernels::table;
  kernels.begin = AmxRegisters::configure;
  kernels.steps_per_cycle = 10;
  kernels.strided = amx_product<AmxRegisters, DotPairsKernels::rows, DotPairs>;
  return kernels;
}();

}  // namespace

const Kernels<BFloat16>* amx_bfloat16_kernels() { return &table; }
#else
const Kernels<BFloat16>* amx_bfloat16_kernels() { return nullptr; }
#endif

}  // namespace fsconv::engine
