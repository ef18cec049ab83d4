// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <fsconv/forms/matrix.hpp>

namespace fsconv::matrix {

std::vector<std::vector<Tap>> taps_by_image_pixel(const Axis& axis) {
  require_memory(axis.in, sizeof(std::vector<Tap>) + 2 * sizeof(Tap), "columns of W");
  std::vector<std::vector<Tap>> taps(static_cast<std::size_t>(axis.in));
  if (axis.in == 0) return taps;
  // Code pixels in order, so that every list comes out ascending.
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k)) taps[static_cast<std::size_t>(*i)].push_back({o, k});
  return taps;
}

template <class T>
arma::SpMat<T> build(const Geometry& geometry, const Tensor<T>& weight, int threads) {
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
               arma::access::rwp(w.values), threads);
  return w;
}

// Armadillo multiplies through iterators and, for W^T, through a transposed copy. What follows is the plain
// loop, with what memory needs to run at its full speed.
namespace {

using arma::uword;

// Where y[row] is kept meanwhile. The rows of a column lie whole code planes apart, often a power of two, and then all
// of them compete for a few sets of the first cache. One cache line more after every 4 KiB spreads them.
template <class T>
constexpr uword numbers_per_page = 4096 / sizeof(T);
template <class T>
constexpr uword place(uword row) {
  constexpr uword line = 64 / sizeof(T);
  return row + row / numbers_per_page<T> * line;
}

// How many stretches of y stay together, and the rows of one of them.
template <class T>
uword stretches(uword rows) {
  return (rows + numbers_per_page<T> - 1) / numbers_per_page<T>;
}
struct Stretch {
  uword row, place, count;
};
template <class T>
Stretch stretch(uword rows, uword at) {
  const uword row = at * numbers_per_page<T>;
  return {.row = row, .place = place<T>(row), .count = std::min(numbers_per_page<T>, rows - row)};
}

// Calls use(at, lane) for nonzeros first ... last-1 in order; `lane`, 0 to 3, tells neighbours apart. A processor
// foresees too little on its own: lines are asked for twice, early into the second cache, where they do not displace y,
// and shortly before their use into the first. The distances were measured (experiments/sparse_matrix); a multiple of 4
// KiB would ask for the very set of the first cache that is in use.
template <class T, class F>
inline void visit_nonzeros(const arma::SpMat<T>& w, uword first, uword last, F&& use) {
  constexpr uword line = 8, early = 1024, shortly = 320;
  uword at = first;
  for (; at + line <= last; at += line) {
    __builtin_prefetch(w.row_indices + at + early, 0, 2);
    __builtin_prefetch(w.values + at + early, 0, 2);
    __builtin_prefetch(w.row_indices + at + shortly, 0, 3);
    __builtin_prefetch(w.values + at + shortly, 0, 3);
    for (uword next = 0; next < line; ++next) use(at + next, next % 4);
  }
  for (; at < last; ++at) use(at, uword{0});
}

// The columns of one of several parts with equally many nonzeros; the last part ends behind empty columns, too.
struct ColumnRange {
  uword first, last;
};
template <class T>
ColumnRange columns_of(const arma::SpMat<T>& w, uword part, uword parts) {
  const auto begin = [&](uword of) {
    if (of == parts) return w.n_cols;
    const uword nonzero = w.n_nonzero / parts * of + w.n_nonzero % parts * of / parts;
    return static_cast<uword>(std::lower_bound(w.col_ptrs, w.col_ptrs + w.n_cols, nonzero) - w.col_ptrs);
  };
  return {begin(part), begin(part + 1)};
}

// W x is the sum of so many parts, each of some columns: as many as threads could want and as keep small,
// beside W, what the parts write. It depends on W alone, so that the bits do, too.
template <class T>
uword parts_of_product(const arma::SpMat<T>& w) {
  constexpr uword most = 16, least_nonzeros_per_row = 12;
  const uword affordable = w.n_nonzero / (least_nonzeros_per_row * std::max<uword>(w.n_rows, 1));
  return std::bit_floor(std::clamp<uword>(affordable, 1, most));
}

// One part of W x, every number at its place.
template <class T>
void multiply_part(const arma::SpMat<T>& w, uword part, uword parts, const T* x, std::vector<T>& sums) {
  sums.assign(place<T>(w.n_rows), T(0));
  T* y = sums.data();
  const auto [first, last] = columns_of(w, part, parts);
  for (uword column = first; column < last; ++column) {
    const T factor = x[column];
    visit_nonzeros(w, w.col_ptrs[column], w.col_ptrs[column + 1], [&](uword nonzero, uword) {
      y[place<T>(w.row_indices[nonzero])] += w.values[nonzero] * factor;
    });
  }
}

// Part 0 begins y, the others are added to it.
template <class T>
void add_part(const std::vector<T>& sums, uword part, const Stretch& s, T* y) {
  const T* from = sums.data() + s.place;
  T* to = y + s.row;
  if (part == 0)
    std::copy_n(from, s.count, to);
  else
    for (uword row = 0; row < s.count; ++row) to[row] += from[row];
}

}  // namespace

template <class T>
void multiply(const arma::SpMat<T>& w, const T* x, T* y, int threads) {
  w.sync();  // elements that were set one by one are in a cache of their own until then
  const uword parts = parts_of_product(w), all = stretches<T>(w.n_rows);
  if (threads <= 1 || parts == 1) {
    std::vector<T> sums;
    for (uword part = 0; part < parts; ++part) {
      multiply_part(w, part, parts, x, sums);
      for (uword at = 0; at < all; ++at) add_part(sums, part, stretch<T>(w.n_rows, at), y);
    }
    return;
  }
  std::vector<std::vector<T>> sums(parts);
  parallel_for(static_cast<Index>(parts), threads, [&](Index at) {
    const auto part = static_cast<uword>(at);
    multiply_part(w, part, parts, x, sums[part]);
  });
  parallel_for(static_cast<Index>(all), threads, [&](Index at) {
    const Stretch s = stretch<T>(w.n_rows, static_cast<uword>(at));
    for (uword part = 0; part < parts; ++part) add_part(sums[part], part, s, y);
  });
}

template <class T>
void multiply_transposed(const arma::SpMat<T>& w, const T* y, T* x, int threads) {
  w.sync();  // elements that were set one by one are in a cache of their own until then
  std::vector<T> spread(place<T>(w.n_rows));
  for (uword at = 0; at < stretches<T>(w.n_rows); ++at) {
    const Stretch s = stretch<T>(w.n_rows, at);
    std::copy_n(y + s.row, s.count, spread.data() + s.place);
  }
  const T* code = spread.data();
  const auto parts = static_cast<uword>(std::max(threads, 1));
  parallel_for(static_cast<Index>(parts), threads, [&](Index part) {
    const auto [first, last] = columns_of(w, static_cast<uword>(part), parts);
    for (uword column = first; column < last; ++column) {
      T sums[4] = {T(0), T(0), T(0), T(0)};  // additions do not wait for each other
      visit_nonzeros(w, w.col_ptrs[column], w.col_ptrs[column + 1], [&](uword nonzero, uword lane) {
        sums[lane] += w.values[nonzero] * code[place<T>(w.row_indices[nonzero])];
      });
      x[column] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
  });
}

#define FSCONV_INSTANTIATE(T)                                            \
  template arma::SpMat<T> build(const Geometry&, const Tensor<T>&, int); \
  template void multiply(const arma::SpMat<T>&, const T*, T*, int);      \
  template void multiply_transposed(const arma::SpMat<T>&, const T*, T*, int);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::matrix
