#include <armadillo>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/linear_map.hpp>

namespace fsconv {
namespace {

// Armadillo stores columns contiguously: our [rows, columns] is its matrix of `columns` rows and `rows`
// columns. The views share the tensor's storage; the const one is only ever read.
template <class T>
arma::Mat<T> view(Tensor<T>& tensor, Index rows) {
  return {tensor.data(), static_cast<arma::uword>(tensor.size() / rows), static_cast<arma::uword>(rows),
          false, true};
}
template <class T>
const arma::Mat<T> view(const Tensor<T>& tensor, Index rows) {
  return {const_cast<T*>(tensor.data()), static_cast<arma::uword>(tensor.size() / rows),
          static_cast<arma::uword>(rows), false, true};
}

}  // namespace

template <class T>
LinearMap<T>::LinearMap(Geometry geometry, const Form<T>& form)
    : geometry_(std::move(geometry)), form_(&form), is_linear_(fsconv::is_linear(geometry_)) {}

template <class T>
Tensor<T> LinearMap<T>::to_code(const Tensor<T>& image, const Tensor<T>& weight) const {
  if (!is_linear_) return conv(*form_, geometry_, image, weight);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry_.code_shape(batch));
  arma::Mat<T> result = view(code, batch);
  result = view(weight, geometry_.out_channels).t() * view(image, batch);
  return code;
}

template <class T>
Tensor<T> LinearMap<T>::to_image(const Tensor<T>& code, const Tensor<T>& weight) const {
  if (!is_linear_) return conv_transpose(*form_, geometry_, code, weight);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry_.image_shape(batch));
  arma::Mat<T> result = view(image, batch);
  result = view(weight, geometry_.out_channels) * view(code, batch);
  return image;
}

template <class T>
Tensor<T> LinearMap<T>::weight_gradient(const Tensor<T>& code, const Tensor<T>& image) const {
  if (!is_linear_) return fsconv::weight_gradient(*form_, geometry_, code, image);
  const Index batch = image.shape()[0];
  Tensor<T> gradient(geometry_.weight_shape());
  arma::Mat<T> result = view(gradient, geometry_.out_channels);
  result = view(image, batch) * view(code, batch).t();
  return gradient;
}

template class LinearMap<float>;
template class LinearMap<double>;

}  // namespace fsconv
