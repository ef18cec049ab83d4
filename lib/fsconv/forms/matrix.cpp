#include <algorithm>
#include <fsconv/forms/matrix.hpp>

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
  multiply(static_cast<Index>(w.n_cols), w.col_ptrs, w.row_indices, w.values, x, y);
}

template <class T>
void multiply_transposed(const arma::SpMat<T>& w, const T* y, T* x) {
  multiply_transposed(static_cast<Index>(w.n_cols), w.col_ptrs, w.row_indices, w.values, y, x);
}

#define FSCONV_INSTANTIATE(T)                                       \
  template arma::SpMat<T> build(const Geometry&, const Tensor<T>&); \
  template void multiply(const arma::SpMat<T>&, const T*, T*);      \
  template void multiply_transposed(const arma::SpMat<T>&, const T*, T*);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::matrix
