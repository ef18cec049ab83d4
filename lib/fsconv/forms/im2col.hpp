// The form im2col: windows copied into the columns of a dense matrix, then one matrix product (GEMM) per image.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::im2col {

// T = float or double; the products run on BLAS.
template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight);
template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight);
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image);

}  // namespace fsconv::im2col
