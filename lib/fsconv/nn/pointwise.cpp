// SPDX-License-Identifier: Apache-2.0
#include <fsconv/nn/pointwise.hpp>
#include <type_traits>

namespace fsconv {
namespace {

template <class T>
const Pointwise<T>* compiled_for(engine::Isa isa) {
  constexpr bool single = std::is_same_v<T, float>;
  if constexpr (single) {
    if (isa >= engine::Isa::avx512) return avx512_float_pointwise();
    return isa == engine::Isa::avx2 ? avx2_float_pointwise() : portable_float_pointwise();
  } else {
    if (isa >= engine::Isa::avx512) return avx512_double_pointwise();
    return isa == engine::Isa::avx2 ? avx2_double_pointwise() : portable_double_pointwise();
  }
}

}  // namespace

template <class T>
const Pointwise<T>& pointwise_of(engine::Isa isa) {
  return *compiled_for<T>(isa);  // an isa that is permitted is compiled in
}

template const Pointwise<float>& pointwise_of(engine::Isa);
template const Pointwise<double>& pointwise_of(engine::Isa);

}  // namespace fsconv
