// The common face of the forms of the operator, and their list.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

// The three partial derivatives of L(y', w, x) = sum over taps of y'[co, o] * w[co, ci, k] * x[ci, i]:
//   conv             dL/dy' = W x      image [N, in_channels, in...] -> code [N, out_channels, out...]
//   conv_transpose   dL/dx  = W^T y'   code -> image
//   weight_gradient  dL/dw             code and image -> weight [out_channels, in_channels/groups, taps...]
// The first two are maps, one for each direction; the third reads both sides.
enum class Op { conv, conv_transpose, weight_gradient };
constexpr auto names_of(Op) {
  return NameTable<Op, 3>{"op",
                          {{{Op::conv, "conv"},
                            {Op::conv_transpose, "conv_transpose"},
                            {Op::weight_gradient, "weight_gradient"}}}};
}

// Which way arrays go: from what an operation reads to what it gives; of weight_gradient from the image, which it reads
// like conv, whose arrays it has.
constexpr Direction direction_of(Op op) {
  return op == Op::conv_transpose ? Direction::conv_transpose : Direction::conv;
}

// One way to compute them. Arrays are contiguous, last axis fastest; weight_gradient sums over the batch.
// Callers go through the free functions below, which check the shapes and answer where an array has no elements;
// a form may rely on them.
template <class T>
struct Form {
  std::string_view name;
  std::string_view idea;  // one line, for lists
  // Why this form cannot compute `op` on a geometry, or nothing where it can.
  std::optional<std::string> (*unsupported)(const Geometry&, Op);
  Tensor<T> (*conv)(const Geometry&, const Tensor<T>& image, const Tensor<T>& weight);
  Tensor<T> (*conv_transpose)(const Geometry&, const Tensor<T>& code, const Tensor<T>& weight);
  Tensor<T> (*weight_gradient)(const Geometry&, const Tensor<T>& code, const Tensor<T>& image);
};

// All forms for T = float or double, the plainest first.
template <class T>
std::span<const Form<T>> forms();

// Throws InvalidArgument that lists the names if there is no such form for T.
template <class T>
const Form<T>& form_named(std::string_view name);

// Shapes are checked against the geometry (InvalidArgument names the array) and so is the form's support. Sides
// without pixels or channels and a batch of 0 are answered alike by all of them: an empty sum is 0, and what
// has no elements stays so.
template <class T>
Tensor<T> conv(const Form<T>& form, const Geometry& geometry, const Tensor<T>& image,
               const Tensor<T>& weight);
template <class T>
Tensor<T> conv_transpose(const Form<T>& form, const Geometry& geometry, const Tensor<T>& code,
                         const Tensor<T>& weight);
template <class T>
Tensor<T> weight_gradient(const Form<T>& form, const Geometry& geometry, const Tensor<T>& code,
                          const Tensor<T>& image);

}  // namespace fsconv
