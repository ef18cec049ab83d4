// The forms that are templates of the scalar: they compute with float, double and polynomials alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/forms/bilinear.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/polyphase.hpp>
#include <fsconv/forms/scatter.hpp>
#include <fsconv/forms/zero_insertion.hpp>
#include <vector>

namespace fsconv {

// A form's answer to "what can you not compute?" where that is nothing.
inline std::optional<std::string> supports_everything(const Geometry&, Op) { return std::nullopt; }

// The plainest first. A scalar needs T(0), +=, *, products with whole numbers and a division by them.
template <class T>
std::vector<Form<T>> template_forms() {
  return {
      {.name = "gather",
       .idea = "every result collects its products",
       .unsupported = supports_everything,
       .conv = gather::conv<T>,
       .conv_transpose = gather::conv_transpose<T>,
       .weight_gradient = gather::weight_gradient<T>},
      {.name = "scatter",
       .idea = "every source pixel adds its products",
       .unsupported = supports_everything,
       .conv = scatter::conv<T>,
       .conv_transpose = scatter::conv_transpose<T>,
       .weight_gradient = scatter::weight_gradient<T>},
      {.name = "zero_insertion",
       .idea = "inserted zeros, then a plain correlation",
       .unsupported = supports_everything,
       .conv = zero_insertion::conv<T>,
       .conv_transpose = zero_insertion::conv_transpose<T>,
       .weight_gradient = zero_insertion::weight_gradient<T>},
      {.name = "polyphase",
       .idea = "one dense convolution per phase",
       .unsupported = supports_everything,
       .conv = polyphase::conv<T>,
       .conv_transpose = polyphase::conv_transpose<T>,
       .weight_gradient = polyphase::weight_gradient<T>},
      {.name = "matrix",
       .idea = "the sparse matrix W itself",
       .unsupported = supports_everything,
       .conv = matrix::conv<T>,
       .conv_transpose = matrix::conv_transpose<T>,
       .weight_gradient = matrix::weight_gradient<T>},
      {.name = "bilinear",
       .idea = "tiles with fewer products than taps",
       .unsupported = supports_everything,
       .conv = bilinear::conv<T>,
       .conv_transpose = bilinear::conv_transpose<T>,
       .weight_gradient = bilinear::weight_gradient<T>},
  };
}

}  // namespace fsconv
