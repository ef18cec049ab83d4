// What the engine multiplies.
#pragma once

#include <fsconv/base/names.hpp>

namespace fsconv {

// The model's own numbers, or these rounded to BFloat16. Parameters, sums, losses and derivatives by parameters are the
// model's numbers in both.
enum class Operands { fp32, bf16 };
constexpr auto names_of(Operands) {
  return NameTable<Operands, 2>{"precision", {{{Operands::fp32, "fp32"}, {Operands::bf16, "bf16"}}}};
}

}  // namespace fsconv
