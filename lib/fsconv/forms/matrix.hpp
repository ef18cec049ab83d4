// The form matrix: the sparse matrix W of a convolution, and its two products.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <armadillo>
#include <fsconv/base/parallel.hpp>
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

// Writes W in compressed columns: column_starts[columns+1], and for every nonzero its row (ascending within a
// column) and its value. No sorting; the caller owns arrays of nonzeros(geometry) elements. Rows: code
// channel, then code axes; columns: image channel, then image axes; last fastest. The same on any number of
// threads, each of which fills columns of its own and is the first to touch their memory.
template <class T, class I>
void fill_columns(const Geometry& geometry, const Tensor<T>& weight, I* column_starts, I* rows, T* values,
                  int threads = 1) {
  const auto axes = three_axes(geometry);
  const std::array<std::vector<std::vector<Tap>>, 3> taps{
      taps_by_image_pixel(axes[0]), taps_by_image_pixel(axes[1]), taps_by_image_pixel(axes[2])};
  const auto of_axis = [&](std::size_t axis, Index pixel) -> const std::vector<Tap>& {
    return taps[axis][static_cast<std::size_t>(pixel)];
  };
  const Index3 in = in_extents(axes), out = out_extents(axes), filter = tap_extents(axes);
  const Index image_plane = volume(in), code_plane = volume(out), filter_size = volume(filter);
  const Index in_group = geometry.in_per_group(), out_group = geometry.out_per_group();
  const Index columns = geometry.in_channels * image_plane;

  Index column = 0, filled = 0;
  column_starts[0] = 0;
  for (Index ci = 0; ci < geometry.in_channels; ++ci)
    for_each_position(in, [&](const Index3& i) {
      filled += out_group * static_cast<Index>(of_axis(0, i[0]).size() * of_axis(1, i[1]).size() *
                                               of_axis(2, i[2]).size());
      column_starts[++column] = static_cast<I>(filled);
    });

  // Columns first ... last-1 of image channel ci.
  const auto fill = [&](Index ci, Index first, Index last) {
    const Index first_co = ci / in_group * out_group;
    // The channel's filters side by side: in the weight they are as far apart as caches like least.
    std::vector<T> filters;
    for (Index co = first_co; co < first_co + out_group; ++co) {
      const T* from = weight.data() + (co * in_group + ci % in_group) * filter_size;
      filters.insert(filters.end(), from, from + filter_size);
    }
    // What a column of one pixel looks like for any channel: its taps as offsets into one code plane and one filter.
    std::vector<I> row_offset;
    std::vector<Index> tap_offset;
    for (Index at = first; at < last; ++at) {
      const Index pixel = at % image_plane;
      row_offset.clear();
      tap_offset.clear();
      for (const Tap& a : of_axis(0, pixel / (in[1] * in[2])))
        for (const Tap& b : of_axis(1, pixel / in[2] % in[1]))
          for (const Tap& c : of_axis(2, pixel % in[2])) {
            row_offset.push_back(static_cast<I>(flatten({a.o, b.o, c.o}, out)));
            tap_offset.push_back(flatten({a.k, b.k, c.k}, filter));
          }
      I* row = rows + column_starts[at];
      T* value = values + column_starts[at];
      for (Index co = 0; co < out_group; ++co) {
        const I first_row = static_cast<I>((first_co + co) * code_plane);
        const T* weights = filters.data() + co * filter_size;
        for (const I offset : row_offset) *row++ = first_row + offset;
        for (const Index tap : tap_offset) *value++ = weights[tap];
      }
    }
  };
  const Index pieces = std::max<Index>(1, std::min<Index>(threads, columns));
  parallel_for(pieces, threads, [&](Index piece) {
    const Index end = columns * (piece + 1) / pieces;
    for (Index first = columns * piece / pieces; first < end;) {
      const Index ci = first / image_plane, last = std::min(end, (ci + 1) * image_plane);
      fill(ci, first, last);
      first = last;
    }
  });
}

// W in compressed columns for any scalar, polynomials too: column c's nonzeros stand at starts[c] .. starts[c+1]-1.
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

// W x and W^T y for one image, by the definition, for any scalar. y has been set to zero.
template <class T, class I>
void multiply(Index columns, const I* starts, const I* rows, const T* values, const T* x, T* y) {
  for (Index column = 0; column < columns; ++column)
    for (I at = starts[column]; at < starts[column + 1]; ++at) y[rows[at]] += values[at] * x[column];
}
template <class T, class I>
void multiply_transposed(Index columns, const I* starts, const I* rows, const T* values, const T* y, T* x) {
  for (Index column = 0; column < columns; ++column) {
    T sum = T(0);
    for (I at = starts[column]; at < starts[column + 1]; ++at) sum += values[at] * y[rows[at]];
    x[column] = sum;
  }
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Columns<T> w = build_columns(geometry, weight);
  const Index batch = image.shape()[0];
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  Tensor<T> code(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    multiply(columns, w.starts.data(), w.rows.data(), w.values.data(), image.data() + n * columns,
             code.data() + n * rows);
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const Columns<T> w = build_columns(geometry, weight);
  const Index batch = code.shape()[0];
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  Tensor<T> image(geometry.image_shape(batch));
  for (Index n = 0; n < batch; ++n)
    multiply_transposed(columns, w.starts.data(), w.rows.data(), w.values.data(), code.data() + n * rows,
                        image.data() + n * columns);
  return image;
}

// dL/dw[t] is the sum of y[row]*x[column] over the entries of W that hold w[t]: fill W with the numbers of
// its weights instead of their values, and every entry says where its product belongs.
template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  Tensor<Index> numbers(geometry.weight_shape());
  std::iota(numbers.begin(), numbers.end(), Index{0});
  const Columns<Index> w = build_columns(geometry, numbers);
  const Index batch = image.shape()[0];
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
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
// returns  sparse (out_channels*prod(out)) x (in_channels*prod(in)). A weight of 0 is stored like any
//          other, so the pattern depends on the geometry alone.
// Throws InvalidArgument where W does not fit the memory. Cost: one pass over the taps, no sorting; the
// columns are shared out among the threads. Source: [DV16] section 4.1.
template <class T>
arma::SpMat<T> build(const Geometry& geometry, const Tensor<T>& weight, int threads = 1);

// y = W x and x = W^T y for any sparse matrix of Armadillo's, at the speed at which memory gives W; x has W.n_cols
// elements, y has W.n_rows. Nothing of W is copied. W^T y copies y and gives every thread some columns; W x is the sum
// of parts, each some of the columns, one for every 12 nonzeros of an average row, 16 at most: so many threads can take
// part. The parts have a y of their own, together at most 1/24 of the memory of W where there are several. Columns are
// shared out by their nonzeros. The order of additions depends on W alone: the bits are the same on any number of
// threads, and on integers those of the loops above.
template <class T>
void multiply(const arma::SpMat<T>& w, const T* x, T* y, int threads = 1);
template <class T>
void multiply_transposed(const arma::SpMat<T>& w, const T* y, T* x, int threads = 1);

}  // namespace fsconv::matrix
