#include <algorithm>
#include <fsconv/forms/matrix.hpp>
#include <numeric>

namespace fsconv::matrix {

std::vector<std::vector<Tap>> taps_by_image_pixel(const Axis& axis) {
  require_memory(axis.in, sizeof(std::vector<Tap>) + 2 * sizeof(Tap), "columns of W");
  std::vector<std::vector<Tap>> taps(static_cast<std::size_t>(axis.in));
  // Code pixels in order, so that every list comes out ascending.
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k)) taps[static_cast<std::size_t>(*i)].push_back({o, k});
  return taps;
}

template <class T>
arma::SpMat<T> build(const Geometry& geometry, const Tensor<T>& weight) {
  const Index count = nonzeros(geometry);
  const Index rows = element_count(geometry.code_shape(), "rows of W");
  const Index columns = element_count(geometry.image_shape(), "columns of W");
  require_memory(count, sizeof(T) + sizeof(arma::uword), "nonzeros of W");
  // Armadillo's column starts, and while they are filled the taps of every image pixel of an axis.
  require_memory(columns + 2, sizeof(arma::uword) + sizeof(std::vector<Tap>) + 2 * sizeof(Tap),
                 "columns of W");

  // Armadillo's constructors copy the arrays they are given; reserving and filling in place keeps one copy.
  arma::SpMat<T> w(arma::arma_reserve_indicator(), static_cast<arma::uword>(rows),
                   static_cast<arma::uword>(columns), static_cast<arma::uword>(count));
  prefer_large_pages(arma::access::rwp(w.row_indices), static_cast<std::size_t>(count) * sizeof(arma::uword));
  prefer_large_pages(arma::access::rwp(w.values), static_cast<std::size_t>(count) * sizeof(T));
  fill_columns(geometry, weight, arma::access::rwp(w.col_ptrs), arma::access::rwp(w.row_indices),
               arma::access::rwp(w.values));
  return w;
}

// Armadillo multiplies through iterators and, for W^T, through a transposed copy; these are the plain loops.
template <class T>
void multiply(const arma::SpMat<T>& w, const T* x, T* y) {
  std::fill_n(y, w.n_rows, T(0));
  for (arma::uword column = 0; column < w.n_cols; ++column) {
    const T factor = x[column];
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
      y[w.row_indices[at]] += w.values[at] * factor;
  }
}

template <class T>
void multiply_transposed(const arma::SpMat<T>& w, const T* y, T* x) {
  for (arma::uword column = 0; column < w.n_cols; ++column) {
    T sum = 0;
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
      sum += w.values[at] * y[w.row_indices[at]];
    x[column] = sum;
  }
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const arma::SpMat<T> w = build(geometry, weight);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    multiply(w, image.data() + n * static_cast<Index>(w.n_cols),
             code.data() + n * static_cast<Index>(w.n_rows));
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const arma::SpMat<T> w = build(geometry, weight);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  for (Index n = 0; n < batch; ++n)
    multiply_transposed(w, code.data() + n * static_cast<Index>(w.n_rows),
                        image.data() + n * static_cast<Index>(w.n_cols));
  return image;
}

// dL/dw[t] is the sum of y[row]*x[column] over the entries of W that hold w[t]: fill W with the names of its
// weights instead of their values, and every entry says where its product belongs.
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  Tensor<double> names(geometry.weight_shape());  // double counts exactly to 2^53
  std::iota(names.begin(), names.end(), 0.0);
  const arma::SpMat<double> w = build(geometry, names);
  const Index batch = image.shape()[0];
  Tensor<T> gradient(geometry.weight_shape());
  for (Index n = 0; n < batch; ++n) {
    const T* x = image.data() + n * static_cast<Index>(w.n_cols);
    const T* y = code.data() + n * static_cast<Index>(w.n_rows);
    for (arma::uword column = 0; column < w.n_cols; ++column)
      for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
        gradient[static_cast<Index>(w.values[at])] += y[w.row_indices[at]] * x[column];
  }
  return gradient;
}

#define FSCONV_INSTANTIATE(T)                                                             \
  template arma::SpMat<T> build(const Geometry&, const Tensor<T>&);                       \
  template void multiply(const arma::SpMat<T>&, const T*, T*);                            \
  template void multiply_transposed(const arma::SpMat<T>&, const T*, T*);                 \
  template Tensor<T> conv(const Geometry&, const Tensor<T>&, const Tensor<T>&);           \
  template Tensor<T> conv_transpose(const Geometry&, const Tensor<T>&, const Tensor<T>&); \
  template Tensor<T> weight_gradient(const Geometry&, const Tensor<T>&, const Tensor<T>&);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::matrix
