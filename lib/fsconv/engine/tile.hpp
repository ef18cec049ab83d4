// The register tile: a small block of C that stays in registers while all factors of its sum pass by.
//
// Included only by the files that are compiled for one isa each, through isa_kernels.hpp. It includes no
// header with functions, and everything in it is in an anonymous namespace: the linker must never choose one
// isa's copy of a function for the whole program.
// SPDX-License-Identifier: Apache-2.0
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

// 0 ... count-1 as arguments of a template. (std::integer_sequence is in a header with functions.)
template <int... numbers>
struct NumberList {};
template <int count, int... behind>
struct NumbersBelow : NumbersBelow<count - 1, count - 1, behind...> {};
template <int... numbers>
struct NumbersBelow<0, numbers...> {
  using List = NumberList<numbers...>;
};

// Lane i of the result is lane choice(i) of the first, and, from their number on, of the second.
template <class V, int... lanes, class Choice>
[[gnu::always_inline]] inline V shuffled(const V& first, const V& second, Choice choice,
                                         NumberList<lanes...>) {
  return __builtin_shufflevector(first, second, choice(lanes)...);
}
template <int Lanes, class V, class Choice>
[[gnu::always_inline]] inline V shuffled(const V& first, const V& second, Choice choice) {
  return shuffled(first, second, choice, typename NumbersBelow<Lanes>::List());
}

// Rows of results in memory, as vectors of what they are summed in.
template <class T, int Lanes>
struct Numbers {
  using Sums = typename Vector<T, Lanes>::Type;
  static Sums load(const T* from) { return Vector<T, Lanes>::load(from); }
  static void store(T* to, const Sums& sums) { Vector<T, Lanes>::store(to, sums); }
  static T number(T value) { return value; }
  static T rounded(T value) { return value; }
};

// A BFloat16 is the upper half of a float. Rounded to the nearest, of two equally near to the one whose last
// bit is 0; what is not a number stays so.
template <int Lanes>
struct Numbers<BFloat16, Lanes> {
  using Sums = typename Vector<float, Lanes>::Type;
  using Bits = typename Vector<std::uint32_t, Lanes>::Type;
  using Halves = Vector<std::uint16_t, Lanes>;

  static Sums load(const BFloat16* from) {
    const typename Halves::Type halves = Halves::load(&from->bits);
    return (Sums)(__builtin_convertvector(halves, Bits) << 16);
  }
  static Bits rounded_bits(const Sums& sums) {
    const Bits bits = (Bits)sums;
    const Bits nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    // What is no number is not equal to itself. NOLINTNEXTLINE(misc-redundant-expression)
    return sums == sums ? nearest : (bits >> 16) | 0x40;
  }
  static void store(BFloat16* to, const Sums& sums) {
    Halves::store(&to->bits, __builtin_convertvector(rounded_bits(sums), typename Halves::Type));
  }
  static float number(BFloat16 value) { return __builtin_bit_cast(float, std::uint32_t{value.bits} << 16); }
  static BFloat16 rounded(float value) {
    const auto bits = __builtin_bit_cast(std::uint32_t, value);
    const std::uint32_t nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return {static_cast<std::uint16_t>(value == value ? nearest : (bits >> 16) | 0x40)};
  }
};

// One step of the inner dimension: sums += A(r, k) * columns of B(k, n), for numbers that are
// floats or doubles themselves.
template <class T, int Lanes>
struct MultiplyAdd {
  static constexpr double steps_per_cycle = 2;
  using Columns = typename Vector<T, Lanes>::Type;
  static Columns columns(const T* b) { return Vector<T, Lanes>::load(b); }
  static void add(typename Vector<T, Lanes>::Type& sums, T a, const Columns& b) { sums += a * b; }
};

// The same for pairs of BFloat16 on processors that have no instruction for them: both halves become floats.
template <int Lanes>
struct MultiplyAdd<BFloat16, Lanes> {
  using Sums = typename Vector<float, Lanes>::Type;
  using Bits = typename Vector<std::uint32_t, Lanes>::Type;
  static constexpr double steps_per_cycle = 0.75;
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first of a pair is its lower half");
  struct Columns {
    Sums first, second;
  };
  static Columns columns(const BFloat16Pair* b) {
    const Bits bits = Vector<std::uint32_t, Lanes>::load(reinterpret_cast<const std::uint32_t*>(b));
    return {(Sums)(bits << 16), (Sums)(bits & 0xffff0000)};
  }
  static void add(Sums& sums, BFloat16Pair a, const Columns& b) {
    sums += Numbers<BFloat16, Lanes>::number(a.first) * b.first;
    sums += Numbers<BFloat16, Lanes>::number(a.second) * b.second;
  }
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
  const Step<T>* start[threes];
  Size stride;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor) : stride(p.a_row) {
    const Step<T>* a = p.a + factor.a * p.a_factor + first_row * stride;
#pragma GCC unroll 8
    for (int three = 0; three < threes; ++three) start[three] = a + 3 * three * stride;
  }
  Step<T> at(int row) const { return start[row / 3][row % 3 * stride]; }
  void advance() {
#pragma GCC unroll 8
    for (int three = 0; three < threes; ++three) ++start[three];
  }
  // Brings a factor's rows into the first cache. Factors start anywhere in memory, which no hardware foresees.
  static void prefetch(const Product<T>& p, Size first_row, const Factor& factor) {
    const Step<T>* a = p.a + factor.a * p.a_factor + first_row * p.a_row;
    for (Size k = 0; k < p.inner; k += 64 / Size(sizeof(Step<T>)))
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) __builtin_prefetch(a + row * p.a_row + k);
  }
};

// Rows side by side: one pointer for all.
template <class T, int Rows>
struct Cursor<T, Rows, RowsOfA::neighbours> {
  const Step<T>* start;
  Size step;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor)
      : start(p.a + factor.a * p.a_factor + first_row), step(p.a_inner) {}
  Step<T> at(int row) const { return start[row]; }
  void advance() { start += step; }
};

// Rows anywhere: one pointer each, one shared offset.
template <class T, int Rows>
struct Cursor<T, Rows, RowsOfA::scattered> {
  const Step<T>* start[Rows];
  Size offset = 0, step;

  Cursor(const Product<T>& p, Size first_row, const Factor& factor) : step(p.a_inner) {
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) start[row] = p.a + factor.a * p.a_factor + p.a_rows[first_row + row];
  }
  Step<T> at(int row) const { return start[row][offset]; }
  void advance() { offset += step; }
};

// Rows x Vectors vectors of C, from row `first_row` on.
template <class T, int Lanes, int Rows, int Vectors, RowsOfA kind, class Unit>
struct Tile {
  using V = Vector<Sum<T>, Lanes>;
  using Vec = typename V::Type;
  using InMemory = Numbers<T, Lanes>;

  static void run(const Product<T>& p, Size first_row) {
    Vec sum[Rows][Vectors];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Vec{};

    for (const Factor *factor = p.factors, *end = factor + p.count; factor != end; ++factor) {
      const Step<T>* b = p.b + factor->b * p.b_factor;
      Cursor<T, Rows, kind> a(p, first_row, *factor);
      if constexpr (kind == RowsOfA::strided)
        if (p.inner >= 16 && factor + 1 != end) a.prefetch(p, first_row, factor[1]);
      for (Size k = p.inner; k > 0; --k) {
        typename Unit::Columns columns[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) columns[v] = Unit::columns(b + v * Lanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
          const Step<T> row = a.at(r);
#pragma GCC unroll 2
          for (int v = 0; v < Vectors; ++v) Unit::add(sum[r][v], row, columns[v]);
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
      Sum<T> copy[Rows * Vectors * Lanes];
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
          sum[r][v] =
              InMemory::load(p.mask + row_of_c(p, first_row + r) + v * Lanes) > Vec{} ? sum[r][v] : Vec{};
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
    if constexpr (rounds)
      if (p.c_sums) return store<Sum<T>>(p, p.c_sums, first_row, sum);
    store<T>(p, p.c, first_row, sum);
  }

  // C as it was summed or, if T is less precise, rounded.
  static constexpr bool rounds = sizeof(T) != sizeof(Sum<T>);
  template <class Result>
  [[gnu::always_inline]] static inline void store(const Product<T>& p, Result* c, Size first_row,
                                                  Vec (&sum)[Rows][Vectors]) {
    using C = Numbers<Result, Lanes>;
    if (p.add) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) sum[r][v] += C::load(c + row_of_c(p, first_row + r) + v * Lanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) C::store(c + row_of_c(p, first_row + r) + v * Lanes, sum[r][v]);
  }

  // The same where the last vector has more lanes than there are columns: number by number, so that nothing
  // beside C is touched. Takes a copy: `sum` itself must never have an address, or the loop over the factors
  // would work on memory instead of registers.
  [[gnu::noinline]] static void finish_partial(const Product<T>& p, Size first_row, const Sum<T>* copy) {
    if constexpr (rounds)
      if (p.c_sums) return finish_partial_in<Sum<T>>(p, p.c_sums, first_row, copy);
    finish_partial_in<T>(p, p.c, first_row, copy);
  }

  template <class Result>
  static void finish_partial_in(const Product<T>& p, Result* c, Size first_row, const Sum<T>* copy) {
    using C = Numbers<Result, Lanes>;
#pragma GCC unroll 1
    for (Size n = 0; n < p.columns; ++n) {
      Sum<T> total = 0;
#pragma GCC unroll 1
      for (int r = 0; r < Rows; ++r) {
        const Size at = row_of_c(p, first_row + r) + n;
        Sum<T> value = copy[r * Vectors * Lanes + n];
        if (p.bias) value += p.bias[n];
        if (p.relu && value < 0) value = 0;
        if (p.mask && !(InMemory::number(p.mask[at]) > 0)) value = 0;
        total += value;
        c[at] = C::rounded(p.add ? C::number(c[at]) + value : value);
      }
      if (p.sums) p.sums[n] += total;
    }
  }
};

// The tiles of 1, 2, ..., Most rows.
template <class T, int Lanes, int Most, int Vectors, RowsOfA kind, class Unit>
struct Tiles {
  using Run = void (*)(const Product<T>&, Size);
  Run with_rows[Most + 1] = {};

  template <int Rows>
  constexpr void list() {
    with_rows[Rows] = Tile<T, Lanes, Rows, Vectors, kind, Unit>::run;
    if constexpr (Rows > 1) list<Rows - 1>();
  }
  constexpr Tiles() { list<Most>(); }
};

// C in tiles of nearly equal height, at most Most rows: a last tile of one or two rows would waste the registers.
template <class T, int Lanes, int Most, int Vectors, RowsOfA kind, class Unit>
void all_rows(const Product<T>& p) {
  static constexpr Tiles<T, Lanes, Most, Vectors, kind, Unit> tiles;
  const Size parts = (p.rows + Most - 1) / Most;
  const Size least = p.rows / parts, larger = p.rows % parts;
  Size row = 0;
  for (Size part = 0; part < parts; ++part) {
    const Size height = least + (part < larger ? 1 : 0);
    tiles.with_rows[height](p, row);
    row += height;
  }
}

template <class T, int Lanes, int Most, RowsOfA kind, class Unit>
void product(const Product<T>& p) {
  if (p.columns > Lanes)
    all_rows<T, Lanes, Most, 2, kind, Unit>(p);
  else
    all_rows<T, Lanes, Most, 1, kind, Unit>(p);
}

}  // namespace
}  // namespace fsconv::engine
