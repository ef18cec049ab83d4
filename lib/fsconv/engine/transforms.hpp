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

// What results go through on their way to memory: kernels.hpp Product has the same ending for those that come
// from the registers. Pointers are to whole blocks, or bias and sums by channel, and null where there is nothing
// to do; one of numbers and exact is not.
template <class T>
struct TileEnding {
  Sum<T> scale;     // values are divided by it,
  bool reciprocal;  // or multiplied by its reciprocal, where that gives the same on integers
  Sum<T>* parts;    // where the sums of pixels that several tiles share wait
  const Sum<T>* bias;
  bool relu;
  const T* mask;
  Sum<T>* sums;
  bool add;
  T* numbers;     // rounded
  Sum<T>* exact;  // not rounded
};

// A result of a tile.
struct EndedPixel {
  Size at;       // where the pixel begins in the blocks; negative if there is none
  Size channel;  // where its channels begin in bias and sums
  bool before;   // other tiles have left a part of the sum, which is added;
  bool part;     // others will add to it: the sum is kept with the parts, and nothing else is done
};

// The values of the same piece of all results of a tile: [rows][columns] numbers of each, from number `first` and channel
// `channel` of the pixel on; one result's values begin `apart` behind the one's before.
template <class T>
struct EndedPiece {
  const Sum<T>* values;
  Size apart, first, rows, columns, channel;
};

template <class T>
struct Transforms {
  Lines<T, Sum<T>> read;             // image and code
  Lines<Sum<T>, Sum<T>> between;     // all six
  Lines<Sum<T>, T> write;            // image and code
  Planes<T, T> plane;                // image and code
  Planes<Sum<T>, Sum<T>> sum_plane;  // all six
  void (*end)(const TileEnding<T>&, const EndedPixel* pixels, Size count, const EndedPiece<T>&);
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
