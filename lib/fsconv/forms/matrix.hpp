// The form matrix: the sparse matrix W of a convolution, and its two products.
#pragma once

#include <armadillo>
#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <numeric>
#include <vector>

namespace fsconv::matrix {

// The taps that join one image pixel of an axis to the code, code pixels ascending.
struct Tap {
  Index o, k;
};
std::vector<std::vector<Tap>> taps_by_image_pixel(const Axis& axis);

// Writes W column by column in compressed form: column_starts[columns+1], and for every nonzero its row
// (ascending within a column) and its value. One pass, no sorting; the caller owns arrays of
// nonzeros(geometry) elements. Rows: code channel, then code axes; columns: image channel, then image axes;
// last fastest.
template <class T, class I>
void fill_columns(const Geometry& geometry, const Tensor<T>& weight, I* column_starts, I* rows, T* values) {
  const auto axes = three_axes(geometry);
  const std::array<std::vector<std::vector<Tap>>, 3> taps{
      taps_by_image_pixel(axes[0]), taps_by_image_pixel(axes[1]), taps_by_image_pixel(axes[2])};
  const Index3 out = out_extents(axes), filter = tap_extents(axes);
  const Index code_plane = volume(out), filter_size = volume(filter);
  const Index in_group = geometry.in_per_group(), out_group = geometry.out_per_group();

  // What a column of one pixel looks like for any channel: its taps as offsets into one code plane and one
  // filter.
  std::vector<I> row_offset;
  std::vector<Index> tap_offset;
  Index filled = 0;
  *column_starts++ = 0;
  for (Index ci = 0; ci < geometry.in_channels; ++ci) {
    const Index first_co = ci / in_group * out_group;
    for_each_position(in_extents(axes), [&](const Index3& i) {
      row_offset.clear();
      tap_offset.clear();
      for (const Tap& a : taps[0][static_cast<std::size_t>(i[0])])
        for (const Tap& b : taps[1][static_cast<std::size_t>(i[1])])
          for (const Tap& c : taps[2][static_cast<std::size_t>(i[2])]) {
            row_offset.push_back(static_cast<I>(flatten({a.o, b.o, c.o}, out)));
            tap_offset.push_back(flatten({a.k, b.k, c.k}, filter));
          }
      const auto joined = static_cast<Index>(row_offset.size());
      for (Index co = first_co; co < first_co + out_group; ++co) {
        const I first_row = static_cast<I>(co * code_plane);
        const T* filter_of_pair = weight.data() + (co * in_group + ci % in_group) * filter_size;
        for (Index tap = 0; tap < joined; ++tap) {
          rows[filled + tap] = first_row + row_offset[static_cast<std::size_t>(tap)];
          values[filled + tap] = filter_of_pair[tap_offset[static_cast<std::size_t>(tap)]];
        }
        filled += joined;
      }
      *column_starts++ = static_cast<I>(filled);
    });
  }
}

// W in compressed columns for any scalar, polynomials too: column c's nonzeros stand at starts[c] ..
// starts[c+1]-1.
template <class T>
struct Columns {
  std::vector<Index> starts, rows;
  std::vector<T> values;
};

// Throws InvalidArgument where the columns do not fit the memory.
template <class T>
Columns<T> build_columns(const Geometry& geometry, const Tensor<T>& weight) {
  const Index count = nonzeros(geometry), columns = element_count(geometry.image_shape(), "columns of W");
  require_memory(count, sizeof(T) + sizeof(Index), "nonzeros of W");
  require_memory(columns + 1, sizeof(Index) + sizeof(std::vector<Tap>) + 2 * sizeof(Tap), "columns of W");
  Columns<T> w{std::vector<Index>(static_cast<std::size_t>(columns + 1)),
               std::vector<Index>(static_cast<std::size_t>(count)),
               std::vector<T>(static_cast<std::size_t>(count))};
  fill_columns(geometry, weight, w.starts.data(), w.rows.data(), w.values.data());
  return w;
}

// W x and W^T y for one image, without transposing or copying W. y has been set to zero.
template <class T, class I>
void multiply(Index columns, const I* starts, const I* rows, const T* values, const T* x, T* y) {
  for (Index column = 0; column < columns; ++column)
    for (I at = starts[column]; at < starts[column + 1]; ++at) y[rows[at]] += values[at] * x[column];
}
// Eight nonzeros, a cache line of each array, at a time: with several partial sums, additions do not wait for
// each other; without asking for the lines ahead, too few loads are under way to keep the memory busy.
template <class T, class I>
void multiply_transposed(Index columns, const I* starts, const I* rows, const T* values, const T* y, T* x) {
  constexpr I line = 8, ahead = 64;
  for (Index column = 0; column < columns; ++column) {
    T sums[4] = {T(0), T(0), T(0), T(0)};
    const I last = starts[column + 1];
    I at = starts[column];
    for (; at + line <= last; at += line) {
      __builtin_prefetch(rows + at + ahead);
      __builtin_prefetch(values + at + ahead);
      for (I next = 0; next < line; ++next) sums[next % 4] += values[at + next] * y[rows[at + next]];
    }
    for (; at < last; ++at) sums[0] += values[at] * y[rows[at]];
    sums[0] += sums[1];
    sums[2] += sums[3];
    sums[0] += sums[2];
    x[column] = sums[0];
  }
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Columns<T> w = build_columns(geometry, weight);
  const Index batch = image.shape()[0], columns = image.size() / batch;
  Tensor<T> code(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    multiply(columns, w.starts.data(), w.rows.data(), w.values.data(), image.data() + n * columns,
             code.data() + n * (code.size() / batch));
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const Columns<T> w = build_columns(geometry, weight);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  const Index columns = image.size() / batch;
  for (Index n = 0; n < batch; ++n)
    multiply_transposed(columns, w.starts.data(), w.rows.data(), w.values.data(),
                        code.data() + n * (code.size() / batch), image.data() + n * columns);
  return image;
}

// dL/dw[t] is the sum of y[row]*x[column] over the entries of W that hold w[t]: fill W with the numbers of
// its weights instead of their values, and every entry says where its product belongs.
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  Tensor<Index> numbers(geometry.weight_shape());
  std::iota(numbers.begin(), numbers.end(), Index{0});
  const Columns<Index> w = build_columns(geometry, numbers);
  const Index batch = image.shape()[0], rows = code.size() / batch, columns = image.size() / batch;
  Tensor<T> gradient(geometry.weight_shape());
  for (Index n = 0; n < batch; ++n)
    for (Index column = 0; column < columns; ++column)
      for (Index at = w.starts[static_cast<std::size_t>(column)];
           at < w.starts[static_cast<std::size_t>(column + 1)]; ++at)
        gradient[w.values[static_cast<std::size_t>(at)]] +=
            code[n * rows + w.rows[static_cast<std::size_t>(at)]] * image[n * columns + column];
  return gradient;
}

// Builds W as Armadillo's, so that vec(conv(x)) = W vec(x) and vec(conv_transpose(y)) = W^T vec(y).
// weight   [out_channels, in_channels/groups, taps...], last index fastest
// returns  sparse (out_channels*prod(out)) x (in_channels*prod(in)). A weight of 0 is stored like any other,
// so the
//          pattern depends on the geometry alone.
// Throws InvalidArgument where W does not fit the memory. Cost: one pass over the taps, no sorting.
// Source: [DV16] section 4.1.
template <class T>
arma::SpMat<T> build(const Geometry& geometry, const Tensor<T>& weight);

// The same products with Armadillo's W: x has W.n_cols elements, y has W.n_rows.
template <class T>
void multiply(const arma::SpMat<T>& w, const T* x, T* y);
template <class T>
void multiply_transposed(const arma::SpMat<T>& w, const T* y, T* x);

}  // namespace fsconv::matrix
