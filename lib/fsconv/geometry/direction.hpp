// Which way a map goes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>

namespace fsconv {

// conv maps the image to the code, W x; conv_transpose maps the code to the image, W^T y.
enum class Direction { conv, conv_transpose };
constexpr auto names_of(Direction) {
  return NameTable<Direction, 2>{
      "op", {{{Direction::conv, "conv"}, {Direction::conv_transpose, "conv_transpose"}}}};
}

// The way back: that of the other operator, and of the gradient by what a map reads.
constexpr Direction opposite(Direction direction) {
  return direction == Direction::conv ? Direction::conv_transpose : Direction::conv;
}

}  // namespace fsconv
