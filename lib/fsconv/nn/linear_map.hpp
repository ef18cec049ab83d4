// The linear part of a layer: W, its transpose, and the derivative by the weight.
#pragma once

#include <fsconv/forms/form.hpp>

namespace fsconv {

// The three maps of form.hpp for one geometry. They run through the given form, except where the window is
// the whole image (a linear layer): that is one matrix product over the batch and goes to BLAS. image [N,
// in_channels, in...], code [N, out_channels, out...], weight [out_channels, in_channels/groups, taps...]
template <class T>
class LinearMap {
 public:
  LinearMap(Geometry geometry, const Form<T>& form);

  const Geometry& geometry() const { return geometry_; }

  Tensor<T> to_code(const Tensor<T>& image, const Tensor<T>& weight) const;        // W x
  Tensor<T> to_image(const Tensor<T>& code, const Tensor<T>& weight) const;        // W^T y
  Tensor<T> weight_gradient(const Tensor<T>& code, const Tensor<T>& image) const;  // summed over the batch

 private:
  Geometry geometry_;
  const Form<T>* form_;
  bool is_linear_;
};

}  // namespace fsconv
