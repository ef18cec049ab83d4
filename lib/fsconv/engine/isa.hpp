// Which instructions the engine uses: the choices, what this machine permits, and the one that is in force.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/transforms.hpp>
#include <string_view>
#include <vector>

namespace fsconv::engine {

// The register tile (tile.hpp) is compiled once for each: 16-byte vectors of plain code, 32-byte vectors with
// fused multiply-add, 64-byte vectors; these with the instruction that multiplies pairs of BFloat16; and with
// the processor's tiles for BFloat16. The slowest first; each includes those before it.
enum class Isa { portable, avx2, avx512, avx512_bf16, amx };

constexpr auto names_of(Isa) {
  return NameTable<Isa, 5>{"isa",
                           {{{Isa::portable, "portable"},
                             {Isa::avx2, "avx2"},
                             {Isa::avx512, "avx512"},
                             {Isa::avx512_bf16, "avx512_bf16"},
                             {Isa::amx, "amx"}}}};
}

// What was compiled in, the processor has and the operating system saves on a switch. `portable` is always there.
std::vector<Isa> permitted_isas();
bool permitted(Isa isa);
Isa best_isa();  // the last of permitted_isas()

// Throws InvalidArgument("isa", ...) that lists what this machine permits: for a name that is not one, and
// for one that this machine lacks.
Isa isa_named(std::string_view name);

// The choice of this process: best_isa() until it is set. Set it once at the start; maps made before keep
// theirs. Throws InvalidArgument where the machine does not permit it.
Isa current_isa();
void set_isa(Isa isa);

// The kernels of an isa, for T = float, double or BFloat16; where it has none of its own for T, those of the
// best one below it. Throws as set_isa() does.
template <class T>
const Kernels<T>& kernels_of(Isa isa);

// The transforms of an isa, or of the best one below it that has some. Throws as set_isa() does.
template <class T>
const Transforms<T>& transforms_of(Isa isa);

// The isa that these kernels are compiled for: `isa` itself or one below it. Throws as set_isa() does.
template <class T>
Isa isa_of_kernels(Isa isa);

// Those permitted isas that have kernels of their own for T.
template <class T>
std::vector<Isa> different_isas();

// Whether the isa has instructions for BFloat16. Without them they are converted to float and back, at less
// speed than floats themselves.
bool has_bfloat16(Isa isa);

}  // namespace fsconv::engine
