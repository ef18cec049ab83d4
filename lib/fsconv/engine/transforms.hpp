// The matrices of bilinear algorithms applied to numbers in memory, as plain data: the table of one isa's loops.
//
// Like kernels.hpp, this header has no function that a file compiled for one isa could hand to the rest of the
// program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/bilinear.hpp>
#include <fsconv/engine/kernels.hpp>

namespace fsconv::engine {

// The six matrices of an algorithm. Into the products go image, code and filter, out of them come the transposes.
enum class Part { image, code, filter, image_transposed, code_transposed, filter_transposed };
inline constexpr int part_count = 6;

// to[r][n] = sum over c: matrix[r][c] * from[c][n]   for n < count.
// Zeros of the matrix cost nothing. What is written may not overlap what is read.
template <class From, class To>
using Line = void (*)(const From* const* from, To* const* to, Size count);

template <class From, class To>
struct Lines {
  Line<From, To> of[bilinear_count][part_count] = {};
};

// Two axes at once, in registers, where a tile is small enough for them: pixels lie in [y][x] order.
struct PlaneAlgorithms {
  int y, x;
};
inline constexpr PlaneAlgorithms plane_algorithms[] = {{1, 1}, {2, 2}, {2, 3}, {3, 2}, {3, 3}, {7, 7}};
inline constexpr int plane_count = sizeof plane_algorithms / sizeof *plane_algorithms;

template <class From, class To>
struct Planes {
  Line<From, To> of[plane_count][part_count] = {};
};

// What a pixel's results go through on their way to memory: kernels.hpp Product has the same ending for those
// that come from the registers. `values` are [rows][columns], contiguous; so are before, part, numbers, exact
// and mask. Pointers are null where there is nothing to do; one of part, numbers and exact is not.
template <class T>
struct EndedPixel {
  const Sum<T>* values;
  Size rows, columns;

  Sum<T> scale;          // values are divided by it,
  bool reciprocal;       // or multiplied by its reciprocal, where that gives the same on integers
  const Sum<T>* before;  // added: what other tiles have found
  Sum<T>* part;          // a part of the sum is kept here, and nothing else is done

  const Sum<T>* bias;  // [columns]
  bool relu;
  const T* mask;
  Sum<T>* sums;  // [columns]
  bool add;
  T* numbers;     // rounded
  Sum<T>* exact;  // not rounded
};

template <class T>
struct Transforms {
  Lines<T, Sum<T>> read;             // image and code
  Lines<Sum<T>, Sum<T>> between;     // all six
  Lines<Sum<T>, T> write;            // image and code
  Planes<T, T> plane;                // image and code
  Planes<Sum<T>, Sum<T>> sum_plane;  // all six
  void (*end)(const EndedPixel<T>&);
};

// Those of an isa (isa.hpp); null where it is not compiled in. Isas above avx512 gain nothing of their own.
const Transforms<float>* portable_float_transforms();
const Transforms<double>* portable_double_transforms();
const Transforms<BFloat16>* portable_bfloat16_transforms();
const Transforms<float>* avx2_float_transforms();
const Transforms<double>* avx2_double_transforms();
const Transforms<BFloat16>* avx2_bfloat16_transforms();
const Transforms<float>* avx512_float_transforms();
const Transforms<double>* avx512_double_transforms();
const Transforms<BFloat16>* avx512_bfloat16_transforms();

}  // namespace fsconv::engine
