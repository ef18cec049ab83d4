// Which instructions the engine uses: the choices, what this machine permits, and the one that is in force.
#pragma once

#include <fsconv/engine/kernels.hpp>
#include <string_view>
#include <vector>

namespace fsconv::engine {

// The register tile (tile.hpp) is compiled once for each: 16-byte vectors of plain code, 32-byte vectors with
// fused multiply-add, 64-byte vectors. The slowest first.
enum class Isa { portable, avx2, avx512 };

std::string_view name(Isa isa);

// What was compiled in, the processor has and the operating system saves on a switch. `portable` is always
// there.
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

// The kernels of an isa, for T = float or double. Throws as set_isa() does.
template <class T>
const Kernels<T>& kernels_of(Isa isa);

}  // namespace fsconv::engine
