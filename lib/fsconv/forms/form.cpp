// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/text.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/im2col.hpp>
#include <fsconv/forms/onednn.hpp>
#include <fsconv/forms/template_forms.hpp>

namespace fsconv {
namespace {

template <class T>
std::vector<Form<T>> portable_forms() {
  std::vector<Form<T>> list = template_forms<T>();
  list.push_back({.name = "im2col",
                  .idea = "windows as columns, then GEMM",
                  .unsupported = supports_everything,
                  .conv = im2col::conv<T>,
                  .conv_transpose = im2col::conv_transpose<T>,
                  .weight_gradient = im2col::weight_gradient<T>});
  list.push_back({.name = "batched",
                  .idea = "taps as matrix products with the batch as the long side",
                  .unsupported = supports_everything,
                  .conv = batched::conv<T>,
                  .conv_transpose = batched::conv_transpose<T>,
                  .weight_gradient = batched::weight_gradient<T>});
  return list;
}

void require_shape(const char* what, const Shape& given, const Shape& wanted) {
  if (given != wanted)
    throw InvalidArgument(what, fmt::format("has shape [{}]", fmt::join(given, ", ")),
                          fmt::format("the geometry needs [{}]", fmt::join(wanted, ", ")));
}

Index batch_of(const char* what, const Shape& shape) {
  if (shape.empty()) throw InvalidArgument(what, "has no axes", "needs [batch, channels, sizes...]");
  return shape[0];
}

template <class T>
void require_support(const Form<T>& form, const Geometry& geometry, Op op) {
  check(geometry);
  if (const auto reason = form.unsupported(geometry, op)) throw InvalidArgument("form", *reason);
}

// Arrays without elements are answered here, once for all forms: an empty sum is 0, and an empty result is empty.
template <class T, class Map>
Tensor<T> computed(Map map, const Geometry& geometry, const Tensor<T>& a, const Tensor<T>& b,
                   const Shape& result, const char* what) {
  if (a.size() == 0 || b.size() == 0 || element_count(result, what) == 0) return Tensor<T>(result, what);
  return map(geometry, a, b);
}

}  // namespace

template <>
std::span<const Form<double>> forms() {
  static const std::vector<Form<double>> list = portable_forms<double>();
  return list;
}

template <>
std::span<const Form<float>> forms() {
  static const std::vector<Form<float>> list = [] {
    auto all = portable_forms<float>();
    all.push_back({.name = "onednn",
                   .idea = "Intel's oneDNN",
                   .unsupported = [](const Geometry& geometry, Op) { return onednn::unsupported(geometry); },
                   .conv = onednn::conv,
                   .conv_transpose = onednn::conv_transpose,
                   .weight_gradient = onednn::weight_gradient});
    return all;
  }();
  return list;
}

template <class T>
const Form<T>& form_named(std::string_view wanted) {
  return entry_named(forms<T>(), "form", wanted, sizeof(T) == sizeof(float) ? " for float" : " for double");
}

template <class T>
Tensor<T> conv(const Form<T>& form, const Geometry& geometry, const Tensor<T>& image,
               const Tensor<T>& weight) {
  require_support(form, geometry, Op::conv);
  const Index batch = batch_of("image", image.shape());
  require_shape("image", image.shape(), geometry.image_shape(batch));
  require_shape("weight", weight.shape(), geometry.weight_shape());
  return computed(form.conv, geometry, image, weight, geometry.code_shape(batch), "code");
}

template <class T>
Tensor<T> conv_transpose(const Form<T>& form, const Geometry& geometry, const Tensor<T>& code,
                         const Tensor<T>& weight) {
  require_support(form, geometry, Op::conv_transpose);
  const Index batch = batch_of("code", code.shape());
  require_shape("code", code.shape(), geometry.code_shape(batch));
  require_shape("weight", weight.shape(), geometry.weight_shape());
  return computed(form.conv_transpose, geometry, code, weight, geometry.image_shape(batch), "image");
}

template <class T>
Tensor<T> weight_gradient(const Form<T>& form, const Geometry& geometry, const Tensor<T>& code,
                          const Tensor<T>& image) {
  require_support(form, geometry, Op::weight_gradient);
  const Index batch = batch_of("image", image.shape());
  require_shape("image", image.shape(), geometry.image_shape(batch));
  require_shape("code", code.shape(), geometry.code_shape(batch));
  return computed(form.weight_gradient, geometry, code, image, geometry.weight_shape(), "weight");
}

#define FSCONV_INSTANTIATE(T)                                                                             \
  template const Form<T>& form_named(std::string_view);                                                   \
  template Tensor<T> conv(const Form<T>&, const Geometry&, const Tensor<T>&, const Tensor<T>&);           \
  template Tensor<T> conv_transpose(const Form<T>&, const Geometry&, const Tensor<T>&, const Tensor<T>&); \
  template Tensor<T> weight_gradient(const Form<T>&, const Geometry&, const Tensor<T>&, const Tensor<T>&);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv
