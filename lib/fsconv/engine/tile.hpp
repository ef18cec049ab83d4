// The register tile: a small block of C that stays in registers while all factors of its sum pass by.
//
// Included only by the files that are compiled for one isa each, through isa_kernels.hpp. It includes no
// header with functions, and everything in it is in an anonymous namespace: the linker must never choose one
// isa's copy of a function for the whole program.
#pragma once

#include <fsconv/engine/kernels.hpp>

namespace fsconv::engine {
namespace {

// A vector of `Lanes` numbers as GCC understands it: + and * work lane by lane, a scalar beside a vector
// stands for all lanes, a condition chooses lanes. `Loose` is the same in memory, aligned like a T.
template <class T, int Lanes>
struct Vector {
  typedef T Type __attribute__((vector_size(Lanes * sizeof(T))));
  typedef T Loose __attribute__((vector_size(Lanes * sizeof(T)), aligned(alignof(T)), may_alias));

  static Type load(const T* from) { return *reinterpret_cast<const Loose*>(from); }
  static void store(T* to, const Type& value) { *reinterpret_cast<Loose*>(to) = value; }
};

enum class RowsOfA { strided, neighbours, scattered };

// Where the rows of one factor's A are: at(r) is A(r, k), advance() goes from k to k+1.
template <class T, int Rows, RowsOfA kind>
struct Cursor;

// Rows a stride apart. One pointer per three rows: with its two strided neighbours that is as many as fit the
// processor's integer registers (x86 adds 1x or 2x a register to an address for nothing).
template <class T, int Rows>
struct Cursor<T, Rows, RowsOfA::strided> {
  static constexpr int threes = (Rows + 2) / 3;
  const T* start[threes];
  Size stride;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor) : stride(p.a_row) {
    const T* a = p.a + factor.a * p.a_factor + first_row * stride;
#pragma GCC unroll 8
    for (int three = 0; three < threes; ++three) start[three] = a + 3 * three * stride;
  }
  T at(int row) const { return start[row / 3][row % 3 * stride]; }
  void advance() {
#pragma GCC unroll 8
    for (int three = 0; three < threes; ++three) ++start[three];
  }
  // Brings a factor's rows into the first cache. Factors start anywhere in memory, which no hardware
  // foresees.
  static void prefetch(const Product<T>& p, Size first_row, const Factor& factor) {
    const T* a = p.a + factor.a * p.a_factor + first_row * p.a_row;
    for (Size k = 0; k < p.inner; k += 64 / Size(sizeof(T)))
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) __builtin_prefetch(a + row * p.a_row + k);
  }
};

// Rows side by side: one pointer for all.
template <class T, int Rows>
struct Cursor<T, Rows, RowsOfA::neighbours> {
  const T* start;
  Size step;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor)
      : start(p.a + factor.a * p.a_factor + first_row), step(p.a_inner) {}
  T at(int row) const { return start[row]; }
  void advance() { start += step; }
};

// Rows anywhere: one pointer each, one shared offset.
template <class T, int Rows>
struct Cursor<T, Rows, RowsOfA::scattered> {
  const T* start[Rows];
  Size offset = 0, step;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor) : step(p.a_inner) {
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) start[row] = p.a + factor.a * p.a_factor + p.a_rows[first_row + row];
  }
  T at(int row) const { return start[row][offset]; }
  void advance() { offset += step; }
};

// Rows x Vectors vectors of C, from row `first_row` on.
template <class T, int Lanes, int Rows, int Vectors, RowsOfA kind>
struct Tile {
  using V = Vector<T, Lanes>;
  using Vec = typename V::Type;

  static void run(const Product<T>& p, Size first_row) {
    Vec sum[Rows][Vectors];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Vec{};

    for (const Factor *factor = p.factors, *end = factor + p.count; factor != end; ++factor) {
      const T* b = p.b + factor->b * p.b_factor;
      Cursor<T, Rows, kind> a(p, first_row, *factor);
      if constexpr (kind == RowsOfA::strided)
        if (p.inner >= 16 && factor + 1 != end) a.prefetch(p, first_row, factor[1]);
      for (Size k = p.inner; k > 0; --k) {
        Vec column[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) column[v] = V::load(b + v * Lanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
          const T weight = a.at(r);
#pragma GCC unroll 2
          for (int v = 0; v < Vectors; ++v) sum[r][v] += weight * column[v];
        }
        b += p.b_inner;
        a.advance();
      }
    }
    finish(p, first_row, sum);
  }

  static Size row_of_c(const Product<T>& p, Size row) {
    return kind == RowsOfA::scattered ? p.c_rows[row] : row * p.c_row;
  }

  // The ending, as passes over the registers. Each is one branch, foreseen after the first tile of a map.
  [[gnu::always_inline]] static inline void finish(const Product<T>& p, Size first_row,
                                                   Vec (&sum)[Rows][Vectors]) {
    if (p.columns < Vectors * Lanes) {
      T copy[Rows * Vectors * Lanes];
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) V::store(copy + (r * Vectors + v) * Lanes, sum[r][v]);
      return finish_partial(p, first_row, copy);
    }
    if (p.bias) {
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        const Vec bias = V::load(p.bias + v * Lanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) sum[r][v] += bias;
      }
    }
    if (p.relu) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) sum[r][v] = sum[r][v] < Vec{} ? Vec{} : sum[r][v];
    }
    if (p.mask) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
          sum[r][v] = V::load(p.mask + row_of_c(p, first_row + r) + v * Lanes) > Vec{} ? sum[r][v] : Vec{};
    }
    if (p.sums) {
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        Vec total = sum[0][v];
#pragma GCC unroll 16
        for (int r = 1; r < Rows; ++r) total += sum[r][v];
        V::store(p.sums + v * Lanes, V::load(p.sums + v * Lanes) + total);
      }
    }
    if (p.add) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) sum[r][v] += V::load(p.c + row_of_c(p, first_row + r) + v * Lanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) V::store(p.c + row_of_c(p, first_row + r) + v * Lanes, sum[r][v]);
  }

  // The same where the last vector has more lanes than there are columns: number by number, so that nothing
  // beside C is touched. Takes a copy: `sum` itself must never have an address, or the loop over the factors
  // would work on memory instead of registers.
  [[gnu::noinline]] static void finish_partial(const Product<T>& p, Size first_row, const T* copy) {
#pragma GCC unroll 1
    for (Size n = 0; n < p.columns; ++n) {
      T total = 0;
#pragma GCC unroll 1
      for (int r = 0; r < Rows; ++r) {
        const Size at = row_of_c(p, first_row + r) + n;
        T value = copy[r * Vectors * Lanes + n];
        if (p.bias) value += p.bias[n];
        if (p.relu && value < 0) value = 0;
        if (p.mask && !(p.mask[at] > 0)) value = 0;
        total += value;
        p.c[at] = p.add ? p.c[at] + value : value;
      }
      if (p.sums) p.sums[n] += total;
    }
  }
};

// The tiles of 1, 2, ..., Most rows.
template <class T, int Lanes, int Most, int Vectors, RowsOfA kind>
struct Tiles {
  using Run = void (*)(const Product<T>&, Size);
  Run with_rows[Most + 1] = {};

  template <int Rows>
  constexpr void list() {
    with_rows[Rows] = Tile<T, Lanes, Rows, Vectors, kind>::run;
    if constexpr (Rows > 1) list<Rows - 1>();
  }
  constexpr Tiles() { list<Most>(); }
};

// C in tiles of nearly equal height, at most Most rows: a last tile of one or two rows would waste the
// registers.
template <class T, int Lanes, int Most, int Vectors, RowsOfA kind>
void all_rows(const Product<T>& p) {
  static constexpr Tiles<T, Lanes, Most, Vectors, kind> tiles;
  const Size parts = (p.rows + Most - 1) / Most;
  const Size least = p.rows / parts, larger = p.rows % parts;
  Size row = 0;
  for (Size part = 0; part < parts; ++part) {
    const Size height = least + (part < larger ? 1 : 0);
    tiles.with_rows[height](p, row);
    row += height;
  }
}

template <class T, int Lanes, int Most, RowsOfA kind>
void product(const Product<T>& p) {
  if (p.columns > Lanes)
    all_rows<T, Lanes, Most, 2, kind>(p);
  else
    all_rows<T, Lanes, Most, 1, kind>(p);
}

}  // namespace
}  // namespace fsconv::engine
