// How bytes become the numbers that a model is shown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>

namespace fsconv {

// v/255; or 1 with probability v/255 and else 0, drawn anew in every epoch (dynamic) or once for each image (fixed).
enum class Binarise { none, dynamic, fixed };
constexpr auto names_of(Binarise) {
  return NameTable<Binarise, 3>{
      "binarise", {{{Binarise::none, "none"}, {Binarise::dynamic, "dynamic"}, {Binarise::fixed, "fixed"}}}};
}

// Of images as a model is shown them, in a picture.
constexpr const char* shown_as(Binarise binarise) {
  return binarise == Binarise::none ? "original" : "binarised";
}

}  // namespace fsconv
