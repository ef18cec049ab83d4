// The bytes of floating-point numbers in files of other programs, as floats.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/names.hpp>
#include <fsconv/base/tensor.hpp>
#include <functional>
#include <span>
#include <string_view>

namespace fsconv {

enum class FloatKind { f32, f16, bf16, f64 };
constexpr auto names_of(FloatKind) {
  return NameTable<FloatKind, 4>{"dtype",
                                 {{{FloatKind::f32, "F32"},
                                   {FloatKind::f16, "F16"},
                                   {FloatKind::bf16, "BF16"},
                                   {FloatKind::f64, "F64"}}}};
}
constexpr std::size_t bytes_of(FloatKind kind) {
  return kind == FloatKind::f64 ? 8 : kind == FloatKind::f32 ? 4 : 2;
}

// Numbers of that kind, little endian, of which `read` fills in the next bytes. Half precision is exact; f64 is rounded to
// the nearest float, and BadData naming `where` if a finite number overflows there. BadData before anything is allocated
// that the memory does not hold.
Tensor<float> read_floats(FloatKind kind, const Shape& shape, std::string_view where,
                          const std::function<void(std::span<std::byte>)>& read);

}  // namespace fsconv
