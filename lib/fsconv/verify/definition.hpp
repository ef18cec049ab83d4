// W written down from the equation alone, triple by triple: what every form is compared with.
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv {

// The list of W's entries, found by trying every triple (o, i, k) of every axis in the equation: no division,
// no shortcut, nothing in common with a form. All three maps are sums over this list, in double.
class Definition {
 public:
  explicit Definition(const Geometry& geometry);

  struct Entry {
    Index row, column, weight;  // flat offsets into one code, one image and the weight
  };
  const std::vector<Entry>& entries() const { return entries_; }

  Tensor<double> conv(const Tensor<double>& image, const Tensor<double>& weight) const;
  Tensor<double> conv_transpose(const Tensor<double>& code, const Tensor<double>& weight) const;
  Tensor<double> weight_gradient(const Tensor<double>& code, const Tensor<double>& image) const;

  // How many products any element of a result sums at most.
  Index longest_conv_sum() const;
  Index longest_transposed_sum() const;
  Index longest_gradient_sum(Index batch) const;

 private:
  Geometry geometry_;
  std::vector<Entry> entries_;
};

// The same values without their signs.
Tensor<double> absolute(const Tensor<double>& values);

}  // namespace fsconv
