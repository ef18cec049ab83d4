// What the register tile computes, as plain data, and the table of its variants for one isa. This header,
// transforms.hpp, bilinear.hpp and what they say is included like tile.hpp are all that the files compiled with special
// instructions see: no inline function lives here that such a file could hand to the rest of the program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fsconv::engine {

using Size = std::int64_t;

// The upper half of a float: its sign and exponent, and 8 bits of its significand. Rounding is in bfloat16.hpp.
struct BFloat16 {
  std::uint16_t bits;
};

// Two that lie side by side, multiplied and added in one step: sum += first*first + second*second.
struct alignas(4) [[gnu::may_alias]] BFloat16Pair {
  BFloat16 first, second;
};

// How a product treats its numbers. A step of the inner dimension takes one number of either factor or, for
// BFloat16, two; sums are kept in Sum.
template <class T>
struct Arithmetic {
  using Sum = T;
  using Step = T;
  static constexpr Size numbers_per_step = 1;
};
template <>
struct Arithmetic<BFloat16> {
  using Sum = float;
  using Step = BFloat16Pair;
  static constexpr Size numbers_per_step = 2;
};
template <class T>
using Sum = typename Arithmetic<T>::Sum;
template <class T>
using Step = typename Arithmetic<T>::Step;

// One factor of a sum of matrix products: where its two matrices lie, in steps that the product tells.
struct Factor {
  std::int32_t a, b;
};

// C[rows x columns] = ending( sum over factors f of A_f[rows x inner] * B_f[inner x columns] )
//     A_f(r, k) = a[f.a*a_factor + r*a_row + k*a_inner]
//     B_f(k, n) = b[f.b*b_factor + k*b_inner + n]
//     C  (r, n) = c[r*c_row + n]
// B is read in whole vectors, beyond `columns` where that is none; C is touched for n < columns only. A, B
// and `inner` count steps, C counts numbers; one of a_row and a_inner is 1 (see Kernels).
template <class T>
struct Product {
  const Factor* factors;
  Size count;
  Size rows, inner, columns;  // columns: at most Kernels::panel

  const Step<T>* a;
  Size a_factor, a_row, a_inner;
  const Step<T>* b;
  Size b_factor, b_inner;
  T* c;
  Sum<T>* c_sums;  // for BFloat16, instead of c: the results as they were summed, not rounded
  Size c_row;

  // Instead of r*a_row and r*c_row, for Kernels::scattered.
  const Size* a_rows;
  const Size* c_rows;

  // The ending, in this order (batched_map.hpp). Pointers are null where there is nothing to do.
  const Sum<T>* bias;  // [columns]
  bool relu;
  const T* mask;  // like C
  Sum<T>* sums;   // [columns]
  bool add;
};

// For results with few channels: adds the columns of a product to the result pixels where they belong,
//     to[f.a*to_factor + channel*images + image] += from[image*from_row + f.b*channels + channel]
// for every factor f, where f.a is a pixel of the result and f.b the tap that leads there.
template <class T>
struct Spread {
  const Factor* factors;
  Size count;
  Size images, channels;
  const T* from;
  Size from_row;  // whole vectors
  T* to;
  Size to_factor;
  T* planes;  // scratch: from_row vectors
};

// The variants differ in how the rows of A lie.
template <class T>
struct Kernels {
  Size width;           // lanes of a vector of steps, and of sums
  Size panel;           // columns that a tile covers at most: two vectors
  Size scattered_rows;  // rows that `scattered` takes at most
  // Steps of a vector of columns that a core of today takes per cycle, at best. For estimates alone (tiling.hpp).
  double steps_per_cycle;
  // To be called on a thread before it calls the others, and again after any other library was called: tells the
  // processor what its tile registers are (AMX). Null where there are none.
  void (*begin)();
  // a_inner = 1: every row is contiguous. Activations times weights.
  void (*strided)(const Product<T>&);
  // a_row = 1: the transpose of such a matrix. Weight gradients; null for BFloat16, whose pairs are along rows.
  void (*neighbours)(const Product<T>&);
  // Rows at a_rows[r] and c_rows[r], at most scattered_rows of them. Weight gradients with few channels.
  void (*scattered)(const Product<T>&);
  // to[column*to_row + row] = from[row*from_row + column]
  void (*transpose)(const Step<T>* from, Size from_row, Size rows, Size columns, Step<T>* to, Size to_row);
  void (*spread)(const Spread<Sum<T>>&);
  // to[row/2*to_row + column] = {from[row*from_row + column], from[(row+1)*from_row + column]}, the last one
  // of an odd number of rows with a zero, and zeros up to to_row. For BFloat16 alone.
  void (*pair_rows)(const T* from, Size from_row, Size rows, Size columns, Step<T>* to, Size to_row);
  // to[column*to_row + row/2]: the transpose of that, without zeros up to to_row. Beside a single column there must be
  // a number that may be read, its zero. For BFloat16 alone.
  void (*pair_transposed)(const T* from, Size from_row, Size rows, Size columns, Step<T>* to, Size to_row);
  // Rows of `columns` sums, one after the other, rounded; zeros up to to_row. For BFloat16 alone.
  void (*round_rows)(const Sum<T>* from, Size rows, Size columns, T* to, Size to_row);
  // Sums rounded and paired: two rows, to[row/2*to_row + column], or two columns, to[column/2*to_row + row]; the last
  // of an odd number with a zero. For BFloat16 alone.
  void (*round_pairs)(const Sum<T>* from, Size from_row, Size rows, Size columns, Step<T>* to, Size to_row);
  void (*round_transposed)(const Sum<T>* from, Size from_row, Size rows, Size columns, Step<T>* to,
                           Size to_row);
};

// The kernels of an isa (isa.hpp); null where it is not compiled in. Floats and doubles gain nothing from the last two.
const Kernels<float>* portable_float_kernels();
const Kernels<double>* portable_double_kernels();
const Kernels<BFloat16>* portable_bfloat16_kernels();
const Kernels<float>* avx2_float_kernels();
const Kernels<double>* avx2_double_kernels();
const Kernels<BFloat16>* avx2_bfloat16_kernels();
const Kernels<float>* avx512_float_kernels();
const Kernels<double>* avx512_double_kernels();
const Kernels<BFloat16>* avx512_bfloat16_kernels();
const Kernels<BFloat16>* avx512_bf16_bfloat16_kernels();
const Kernels<BFloat16>* amx_bfloat16_kernels();

}  // namespace fsconv::engine
