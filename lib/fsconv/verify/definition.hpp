// W written down from the equation alone, triple by triple: what every form is compared with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv {

// The list of W's entries, found by trying every triple (o, i, k) of every axis in the equation: no division,
// no shortcut, nothing in common with a form. All three maps are sums over it, of numbers or polynomials.
class Definition {
 public:
  // Throws InvalidArgument for sides without pixels or channels, where there is nothing to compare, and where
  // trying every triple would take for ever.
  explicit Definition(const Geometry& geometry);

  struct Entry {
    Index row, column, weight;  // flat offsets into one code, one image and the weight
  };
  const std::vector<Entry>& entries() const { return entries_; }

  template <class T>
  Tensor<T> conv(const Tensor<T>& image, const Tensor<T>& weight) const {
    const Index batch = image.shape()[0];
    Tensor<T> code(geometry_.code_shape(batch));
    const Index rows = code.size() / batch, columns = image.size() / batch;
    for (Index n = 0; n < batch; ++n)
      for (const Entry& e : entries_)
        code[n * rows + e.row] += weight[e.weight] * image[n * columns + e.column];
    return code;
  }

  template <class T>
  Tensor<T> conv_transpose(const Tensor<T>& code, const Tensor<T>& weight) const {
    const Index batch = code.shape()[0];
    Tensor<T> image(geometry_.image_shape(batch));
    const Index rows = code.size() / batch, columns = image.size() / batch;
    for (Index n = 0; n < batch; ++n)
      for (const Entry& e : entries_)
        image[n * columns + e.column] += weight[e.weight] * code[n * rows + e.row];
    return image;
  }

  template <class T>
  Tensor<T> weight_gradient(const Tensor<T>& code, const Tensor<T>& image) const {
    const Index batch = code.shape()[0];
    Tensor<T> gradient(geometry_.weight_shape());
    const Index rows = code.size() / batch, columns = image.size() / batch;
    for (Index n = 0; n < batch; ++n)
      for (const Entry& e : entries_)
        gradient[e.weight] += code[n * rows + e.row] * image[n * columns + e.column];
    return gradient;
  }

  // How many products any element of a result sums at most, for one image.
  Index longest_conv_sum() const { return longest_row_; }
  Index longest_transposed_sum() const { return longest_column_; }
  Index longest_gradient_sum(Index batch) const { return batch * longest_weight_; }

 private:
  Geometry geometry_;
  std::vector<Entry> entries_;
  Index longest_row_, longest_column_, longest_weight_;
};

// The same values without their signs.
Tensor<double> absolute(const Tensor<double>& values);

}  // namespace fsconv
