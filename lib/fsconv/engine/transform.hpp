// A matrix of a bilinear algorithm times lines of numbers, and the ending of a pixel.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/tile.hpp>
#include <fsconv/engine/transforms.hpp>

namespace fsconv::engine {
namespace {

constexpr SmallMatrix matrix_of(int algorithm, Part part) {
  const Bilinear& a = bilinear_algorithms[algorithm];
  switch (part) {
    case Part::image:
      return a.image;
    case Part::code:
      return a.code;
    case Part::filter:
      return a.filter;
    case Part::image_transposed:
      return transposed(a.image);
    case Part::code_transposed:
      return transposed(a.code);
    case Part::filter_transposed:
      return transposed(a.filter);
  }
}

// Row `row` of a matrix times x, from column `column` on. Entries of 0 are left out, those of 1 and -1 are additions.
template <int algorithm, Part part, int row, int column = 0, bool begun = false, class Vec, class Number>
[[gnu::always_inline]] inline Vec row_times(const Vec* x, Vec sum, Number) {
  constexpr SmallMatrix matrix = matrix_of(algorithm, part);
  if constexpr (column == matrix.columns) {
    return sum;
  } else {
    constexpr auto factor = matrix.at[row][column];
    constexpr bool now = begun || factor != 0;
    if constexpr (factor == 1)
      sum = begun ? sum + x[column] : x[column];
    else if constexpr (factor == -1)
      sum = begun ? sum - x[column] : -x[column];
    else if constexpr (factor != 0)
      sum = begun ? sum + Number(factor) * x[column] : Number(factor) * x[column];
    return row_times<algorithm, part, row, column + 1, now>(x, sum, Number());
  }
}

template <int algorithm, Part part, class From, class To, int Lanes, int row = 0, class Vec>
[[gnu::always_inline]] inline void store_rows(const Vec* x, To* const* to, Size at) {
  using Number = Sum<From>;
  if constexpr (row < matrix_of(algorithm, part).rows) {
    Numbers<To, Lanes>::store(to[row] + at, row_times<algorithm, part, row>(x, Vec{}, Number()));
    store_rows<algorithm, part, From, To, Lanes, row + 1>(x, to, at);
  }
}

// The numbers from `at` on, as many as make whole vectors of `Lanes`.
template <int algorithm, Part part, class From, class To, int Lanes>
[[gnu::always_inline]] inline Size vectors_of_line(const From* const* from, To* const* to, Size at,
                                                   Size count) {
  constexpr int columns = matrix_of(algorithm, part).columns;
  for (; at + Lanes <= count; at += Lanes) {
    typename Vector<Sum<From>, Lanes>::Type x[columns];
#pragma GCC unroll 6
    for (int c = 0; c < columns; ++c) x[c] = Numbers<From, Lanes>::load(from[c] + at);
    store_rows<algorithm, part, From, To, Lanes>(x, to, at);
  }
  return at;
}

template <int algorithm, Part part, class From, class To, int Lanes>
void line(const From* const* from, To* const* to, Size count) {
  constexpr int columns = matrix_of(algorithm, part).columns, rows = matrix_of(algorithm, part).rows;
  // Copies that no store can change: they stay in registers.
  const From* sources[columns];
  To* targets[rows];
#pragma GCC unroll 6
  for (int c = 0; c < columns; ++c) sources[c] = from[c];
#pragma GCC unroll 6
  for (int r = 0; r < rows; ++r) targets[r] = to[r];
  const Size whole = vectors_of_line<algorithm, part, From, To, Lanes>(sources, targets, 0, count);
  vectors_of_line<algorithm, part, From, To, 1>(sources, targets, whole, count);
}

template <int at>
struct Constant {
  static constexpr int value = at;
};

// f(Constant<0>), f(Constant<1>), ... of `count` of them, one after the other.
template <int count, int at = 0, class F>
[[gnu::always_inline]] inline void each(const F& f) {
  if constexpr (at < count) {
    f(Constant<at>());
    each<count, at + 1>(f);
  }
}

// The matrices of two axes: first down the columns, then along the rows.
template <int y, int x, Part part, class From, class To, int Lanes>
[[gnu::always_inline]] inline Size vectors_of_plane(const From* const* from, To* const* to, Size at,
                                                    Size count) {
  using Number = Sum<From>;
  using Vec = typename Vector<Number, Lanes>::Type;
  constexpr SmallMatrix down = matrix_of(y, part), along = matrix_of(x, part);
  for (; at + Lanes <= count; at += Lanes) {
    Vec half[down.rows * along.columns];
    each<along.columns>([&](auto column) __attribute__((always_inline)) {
      Vec line[down.columns];
      each<down.columns>([&](auto row) __attribute__((always_inline)) {
        line[row.value] = Numbers<From, Lanes>::load(from[row.value * along.columns + column.value] + at);
      });
      each<down.rows>([&](auto row) __attribute__((always_inline)) {
        half[row.value * along.columns + column.value] = row_times<y, part, row.value>(line, Vec{}, Number());
      });
    });
    each<down.rows>([&](auto row) __attribute__((always_inline)) {
      each<along.rows>([&](auto column) __attribute__((always_inline)) {
        Numbers<To, Lanes>::store(
            to[row.value * along.rows + column.value] + at,
            row_times<x, part, column.value>(half + row.value * along.columns, Vec{}, Number()));
      });
    });
  }
  return at;
}

template <int y, int x, Part part, class From, class To, int Lanes>
void plane(const From* const* from, To* const* to, Size count) {
  constexpr int inputs = matrix_of(y, part).columns * matrix_of(x, part).columns;
  constexpr int outputs = matrix_of(y, part).rows * matrix_of(x, part).rows;
  const From* sources[inputs];
  To* targets[outputs];
  each<inputs>([&](auto at) { sources[at.value] = from[at.value]; });
  each<outputs>([&](auto at) { targets[at.value] = to[at.value]; });
  const Size whole = vectors_of_plane<y, x, part, From, To, Lanes>(sources, targets, 0, count);
  vectors_of_plane<y, x, part, From, To, 1>(sources, targets, whole, count);
}

// The value as it is here: a product that is added to something later is rounded first, not fused with the
// addition. Otherwise an integer times a rounded reciprocal would not be an integer.
template <class Vec>
[[gnu::always_inline]] inline void round_here(Vec& value) {
#if defined(__x86_64__)
  if constexpr (sizeof(Vec) >= 16)
    asm("" : "+v"(value));
  else
    asm("" : "+m"(value));
#else
  asm("" : "+m"(value));
#endif
}

// Columns from `column` on, as many as make whole vectors, of a pixel whose piece lies at number `at` of the blocks.
template <class T, int Lanes>
[[gnu::always_inline]] inline Size end_vectors(const TileEnding<T>& e, const EndedPiece<T>& piece,
                                               const Sum<T>* values, const Sum<T>* before, Size at,
                                               Size channel, Size column) {
  using S = Sum<T>;
  using V = Vector<S, Lanes>;
  using Vec = typename V::Type;
  using Rounded = Numbers<T, Lanes>;
  const bool scaled = e.scale != 1;
  const Size end = piece.rows * piece.columns;
  for (; column + Lanes <= piece.columns; column += Lanes) {
    const Vec bias = e.bias ? V::load(e.bias + channel + column) : Vec{};
    Vec total = {};
    for (Size n = column; n < end; n += piece.columns) {
      Vec value = V::load(values + n);
      if (before) value += V::load(before + n);
      if (scaled) {
        value = e.reciprocal ? value * e.scale : value / e.scale;
        round_here(value);
      }
      if (e.bias) value += bias;
      if (e.relu) value = value < Vec{} ? Vec{} : value;
      if (e.mask) value = Rounded::load(e.mask + at + n) > Vec{} ? value : Vec{};
      total += value;
      if (e.exact)
        V::store(e.exact + at + n, e.add ? V::load(e.exact + at + n) + value : value);
      else
        Rounded::store(e.numbers + at + n, e.add ? Rounded::load(e.numbers + at + n) + value : value);
    }
    if (e.sums) {
      S* const sums = e.sums + channel + column;
      V::store(sums, V::load(sums) + total);
    }
  }
  return column;
}

// part = before + values: most pixels that tiles share are not ended here.
template <class S, int Lanes>
[[gnu::always_inline]] inline Size keep_part(const S* values, bool before, S* part, Size at, Size count) {
  using V = Vector<S, Lanes>;
  if (before)
    for (; at + Lanes <= count; at += Lanes) V::store(part + at, V::load(values + at) + V::load(part + at));
  else
    for (; at + Lanes <= count; at += Lanes) V::store(part + at, V::load(values + at));
  return at;
}

template <class T, int Lanes>
void end(const TileEnding<T>& ending, const EndedPixel* pixels, Size count,
         const EndedPiece<T>& piece_of_all) {
  const TileEnding<T> e = ending;  // copies that no store can change: they stay in registers
  const EndedPiece<T> piece = piece_of_all;
  const Sum<T>* values = piece.values;
  for (const EndedPixel* pixel = pixels; pixel != pixels + count; ++pixel, values += piece.apart) {
    if (pixel->at < 0) continue;
    const Size at = pixel->at + piece.first, channel = pixel->channel + piece.channel;
    if (pixel->part) {
      const Size numbers = piece.rows * piece.columns;
      const Size whole = keep_part<Sum<T>, Lanes>(values, pixel->before, e.parts + at, 0, numbers);
      keep_part<Sum<T>, 1>(values, pixel->before, e.parts + at, whole, numbers);
    } else {
      const Sum<T>* before = pixel->before ? e.parts + at : nullptr;
      end_vectors<T, 1>(e, piece, values, before, at, channel,
                        end_vectors<T, Lanes>(e, piece, values, before, at, channel, 0));
    }
  }
}

template <class From, class To, int Lanes, int algorithm = 0>
constexpr void list_lines(Lines<From, To>& lines) {
  if constexpr (algorithm < bilinear_count) {
    auto& of = lines.of[algorithm];
    of[int(Part::image)] = line<algorithm, Part::image, From, To, Lanes>;
    of[int(Part::code)] = line<algorithm, Part::code, From, To, Lanes>;
    if constexpr (sizeof(From) == sizeof(To)) {
      of[int(Part::filter)] = line<algorithm, Part::filter, From, To, Lanes>;
      of[int(Part::image_transposed)] = line<algorithm, Part::image_transposed, From, To, Lanes>;
      of[int(Part::code_transposed)] = line<algorithm, Part::code_transposed, From, To, Lanes>;
      of[int(Part::filter_transposed)] = line<algorithm, Part::filter_transposed, From, To, Lanes>;
    }
    list_lines<From, To, Lanes, algorithm + 1>(lines);
  }
}

template <class From, class To, int Lanes, int at = 0>
constexpr void list_planes(Planes<From, To>& list) {
  if constexpr (at < plane_count) {
    constexpr int y = plane_algorithms[at].y, x = plane_algorithms[at].x;
    auto& of = list.of[at];
    of[int(Part::image)] = plane<y, x, Part::image, From, To, Lanes>;
    of[int(Part::code)] = plane<y, x, Part::code, From, To, Lanes>;
    if constexpr (sizeof(From) == sizeof(Sum<From>)) {
      of[int(Part::filter)] = plane<y, x, Part::filter, From, To, Lanes>;
      of[int(Part::image_transposed)] = plane<y, x, Part::image_transposed, From, To, Lanes>;
      of[int(Part::code_transposed)] = plane<y, x, Part::code_transposed, From, To, Lanes>;
      of[int(Part::filter_transposed)] = plane<y, x, Part::filter_transposed, From, To, Lanes>;
    }
    list_planes<From, To, Lanes, at + 1>(list);
  }
}

template <class T, int VectorBytes>
constexpr Transforms<T> transforms_table() {
  constexpr int lanes = VectorBytes / int(sizeof(Sum<T>));
  Transforms<T> table{};
  list_lines<T, Sum<T>, lanes>(table.read);
  list_lines<Sum<T>, Sum<T>, lanes>(table.between);
  list_lines<Sum<T>, T, lanes>(table.write);
  list_planes<T, T, lanes>(table.plane);
  list_planes<Sum<T>, Sum<T>, lanes>(table.sum_plane);
  table.end = end<T, lanes>;
  return table;
}

template <class T, int VectorBytes>
inline constexpr Transforms<T> transforms_here = transforms_table<T, VectorBytes>();

}  // namespace
}  // namespace fsconv::engine
