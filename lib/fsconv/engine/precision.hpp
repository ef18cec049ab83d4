// In which numbers something is multiplied.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/names.hpp>
#include <fsconv/engine/kernels.hpp>
#include <type_traits>

namespace fsconv {

// Doubles, summed as doubles; floats, summed as floats; and BFloat16, summed as floats.
enum class Precision { fp64, fp32, bf16 };
constexpr auto names_of(Precision) {
  return NameTable<Precision, 3>{
      "precision", {{{Precision::fp64, "fp64"}, {Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}}}};
}

// Those whose sums are floats: what a model of floats is trained in, and what forms are timed in.
inline constexpr std::array float_precisions = {Precision::fp32, Precision::bf16};

// Of the numbers N that the engine multiplies: double, float or BFloat16.
template <class N>
inline constexpr Precision precision_of = std::is_same_v<N, double>  ? Precision::fp64
                                          : std::is_same_v<N, float> ? Precision::fp32
                                                                     : Precision::bf16;

}  // namespace fsconv
