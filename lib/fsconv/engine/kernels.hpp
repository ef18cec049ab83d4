// What the register tile computes, as plain data, and the table of its variants for one isa. This header and
// tile.hpp are all that the files compiled with special instructions see: no inline function lives here that
// such a file could hand to the rest of the program.
#pragma once

#include <cstdint>

namespace fsconv::engine {

using Size = std::int64_t;

// One factor of a sum of matrix products: where its two matrices lie, in steps that the product tells.
struct Factor {
  std::int32_t a, b;
};

// C[rows x columns] = ending( sum over factors f of A_f[rows x inner] * B_f[inner x columns] )
//     A_f(r, k) = a[f.a*a_factor + r*a_row + k*a_inner]
//     B_f(k, n) = b[f.b*b_factor + k*b_inner + n]
//     C  (r, n) = c[r*c_row + n]
// B is read in whole vectors, beyond `columns` where that is none; C is touched for n < columns only. All
// strides are in elements; one of a_row and a_inner is 1 (see Kernels).
template <class T>
struct Product {
  const Factor* factors;
  Size count;
  Size rows, inner, columns;  // columns: at most Kernels::panel

  const T* a;
  Size a_factor, a_row, a_inner;
  const T* b;
  Size b_factor, b_inner;
  T* c;
  Size c_row;

  // Instead of r*a_row and r*c_row, for Kernels::scattered.
  const Size* a_rows;
  const Size* c_rows;

  // The ending, in this order (batched_map.hpp). Pointers are null where there is nothing to do.
  const T* bias;  // [columns]
  bool relu;
  const T* mask;  // like C
  T* sums;        // [columns]
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
  Size width;           // lanes of a vector
  Size panel;           // columns that a tile covers at most: two vectors
  Size scattered_rows;  // rows that `scattered` takes at most
  // a_inner = 1: every row is contiguous. Activations times weights.
  void (*strided)(const Product<T>&);
  // a_row = 1: the transpose of such a matrix. Weight gradients.
  void (*neighbours)(const Product<T>&);
  // Rows at a_rows[r] and c_rows[r], at most scattered_rows of them. Weight gradients with few channels.
  void (*scattered)(const Product<T>&);
  // to[column*to_row + row] = from[row*from_row + column]
  void (*transpose)(const T* from, Size from_row, Size rows, Size columns, T* to, Size to_row);
  void (*spread)(const Spread<T>&);
};

// The kernels of an isa for T = float or double; null where it is not compiled in.
const Kernels<float>* portable_float_kernels();
const Kernels<double>* portable_double_kernels();
const Kernels<float>* avx2_float_kernels();
const Kernels<double>* avx2_double_kernels();
const Kernels<float>* avx512_float_kernels();
const Kernels<double>* avx512_double_kernels();

}  // namespace fsconv::engine
