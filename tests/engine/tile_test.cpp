// The register tile of every isa against loops that anybody can read.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/kernels.hpp>
#include <limits>
#include <vector>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

template <class T>
std::vector<T> integers(Index count, Random& random) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(random.integer(-4, 4));
  return values;
}

// Matrices of a product in memory that is not one number longer than what the product may touch, so that the
// address sanitizer sees what reaches further. Three matrices A and B; factors that use them in any order.
template <class T>
struct Case {
  enum class Kind { strided, neighbours, scattered };

  Case(Kind kind, const Kernels<T>& kernels, Size rows, Size inner, Size columns, Size count, Random& random)
      : kind_(kind) {
    const Size gap =
        random.integer(0, 3);  // between neighbouring rows, in C full of sevens that must survive
    const Size width = (columns + kernels.width - 1) / kernels.width * kernels.width;
    for (Size at = 0; at < count; ++at)
      factors.push_back(
          {static_cast<std::int32_t>(random.integer(0, 2)), static_cast<std::int32_t>(random.integer(0, 2))});
    p.rows = rows;
    p.inner = inner;
    p.columns = columns;
    p.b_inner = width + gap;
    p.b_factor = inner * p.b_inner;
    p.c_row = columns + gap;
    if (kind == Kind::strided) {
      p.a_row = inner + gap;
      p.a_inner = 1;
      p.a_factor = rows * p.a_row;
      a = integers<T>(2 * p.a_factor + (rows - 1) * p.a_row + inner, random);
    } else {
      p.a_row = 1;
      p.a_inner = rows + gap;
      p.a_factor = inner * p.a_inner;
      a = integers<T>(2 * p.a_factor + (inner - 1) * p.a_inner + rows, random);
    }
    b = integers<T>(2 * p.b_factor + (inner - 1) * p.b_inner + width, random);
    c.assign(static_cast<std::size_t>((rows - 1) * p.c_row + columns), T(7));
    bias = integers<T>(columns, random);
    sums = integers<T>(columns, random);
    for (Size row = 0; row < rows; ++row) {  // backwards: any order is legal
      a_rows.push_back(rows - 1 - row);
      c_rows.push_back((rows - 1 - row) * p.c_row);
    }
    mask = integers<T>(static_cast<Index>(c.size()), random);
  }

  void point() {
    p.factors = factors.data();
    p.count = static_cast<Size>(factors.size());
    p.a = a.data();
    p.b = b.data();
    p.c = c.data();
    if (kind_ == Kind::scattered) {
      p.a_rows = a_rows.data();
      p.c_rows = c_rows.data();
    }
  }

  // What the product leaves in C and in the sums.
  std::pair<std::vector<T>, std::vector<T>> expected() {
    point();
    std::vector<T> c_after = c, sums_after = sums;
    for (Size r = 0; r < p.rows; ++r)
      for (Size n = 0; n < p.columns; ++n) {
        T value = 0;
        for (const Factor& f : factors)
          for (Size k = 0; k < p.inner; ++k)
            value += a[static_cast<std::size_t>(f.a * p.a_factor + (p.a_rows ? p.a_rows[r] : r * p.a_row) +
                                                k * p.a_inner)] *
                     b[static_cast<std::size_t>(f.b * p.b_factor + k * p.b_inner + n)];
        const auto at = static_cast<std::size_t>((p.c_rows ? p.c_rows[r] : r * p.c_row) + n);
        if (p.bias) value += p.bias[n];
        if (p.relu) value = std::max(value, T(0));
        if (p.mask) value = p.mask[at] > 0 ? value : T(0);
        sums_after[static_cast<std::size_t>(n)] += value;
        c_after[at] = p.add ? c[at] + value : value;
      }
    return {c_after, p.sums ? sums_after : sums};
  }

  // Whether the kernel leaves the same.
  bool agrees(void (*kernel)(const Product<T>&)) {
    const auto [c_after, sums_after] = expected();
    kernel(p);
    return c == c_after && sums == sums_after;
  }

  Product<T> p{};
  std::vector<Factor> factors;
  std::vector<T> a, b, c, bias, sums, mask;
  std::vector<Size> a_rows, c_rows;

 private:
  Kind kind_;
};

template <class T>
using Kind = typename Case<T>::Kind;

constexpr int endings = 32;

// The ending with this number: every bit is one of its parts.
template <class T>
void set_ending(Case<T>& c, int ending) {
  c.p.bias = ending & 1 ? c.bias.data() : nullptr;
  c.p.relu = ending & 2;
  c.p.mask = ending & 4 ? c.mask.data() : nullptr;
  c.p.sums = ending & 8 ? c.sums.data() : nullptr;
  c.p.add = ending & 16;
}

template <class T>
void check_isa(Isa isa) {
  const Kernels<T>& kernels = kernels_of<T>(isa);
  Random random(1, static_cast<std::uint64_t>(sizeof(T)));
  const auto check = [&](Kind<T> kind, auto kernel, Size rows, Size inner, Size columns, Size count,
                         int ending) {
    Case<T> c(kind, kernels, rows, inner, columns, count, random);
    set_ending(c, ending);
    INFO(name(isa) << " kind " << int(kind) << " rows " << rows << " inner " << inner << " columns "
                   << columns << " factors " << count << " ending " << ending);
    REQUIRE(c.agrees(kernel));
  };
  int ending = 0;
  for (Size columns = 1; columns <= kernels.panel; ++columns)
    for (Size rows = 1; rows <= 31; ++rows) {
      const Size inner = random.integer(1, 20), count = random.integer(0, 4);
      check(Kind<T>::strided, kernels.strided, rows, inner, columns, count, ending++ % endings);
      check(Kind<T>::neighbours, kernels.neighbours, rows, inner, columns, count, 16);
      if (rows <= kernels.scattered_rows)
        check(Kind<T>::scattered, kernels.scattered, rows, inner, columns, count, 16);
    }
  for (const Size columns : {kernels.panel, kernels.panel - 1, Size{1}})
    for (int every = 0; every < endings; ++every)
      check(Kind<T>::strided, kernels.strided, 17, 3, columns, 2, every);
}

}  // namespace

TEST_CASE("tile: a product by hand") {
  // [1 2; 3 4] * [1 0 1 0; 0 1 1 0] + [1; 1] column of ones from a second factor
  const std::vector<float> a = {1, 2, 3, 4}, b = {1, 0, 1, 0, 0, 1, 1, 0};
  std::vector<float> c(8, 100);
  const Factor twice[] = {{0, 0}, {0, 0}};
  Product<float> p{};
  p.factors = twice;
  p.count = 2;
  p.rows = p.inner = 2;
  p.columns = p.c_row = p.b_inner = 4;
  p.a = a.data();
  p.a_row = 2;
  p.a_inner = 1;
  p.b = b.data();
  p.c = c.data();
  portable_float_kernels()->strided(p);
  CHECK(c == std::vector<float>{2, 4, 6, 0, 6, 8, 14, 0});
}

TEST_CASE("tile: every height, width and ending equals the plain loops, at every isa") {
  for (const Isa isa : permitted_isas()) {
    check_isa<float>(isa);
    check_isa<double>(isa);
  }
}

TEST_CASE("tile: transposes matrices of any size") {
  Random random(2);
  for (const Isa isa : permitted_isas())
    for (const Size rows : {1, 4, 15, 16, 33})
      for (const Size columns : {1, 8, 16, 35}) {
        INFO(name(isa) << " " << rows << " x " << columns);
        const std::vector<double> from = integers<double>(rows * columns, random);
        std::vector<double> to(from.size()), expected(from.size());
        for (Size row = 0; row < rows; ++row)
          for (Size column = 0; column < columns; ++column)
            expected[static_cast<std::size_t>(column * rows + row)] =
                from[static_cast<std::size_t>(row * columns + column)];
        kernels_of<double>(isa).transpose(from.data(), columns, rows, columns, to.data(), rows);
        REQUIRE(to == expected);
      }
}

TEST_CASE("tile: spreads a product's columns to the pixels of the taps") {
  Random random(3);
  for (const Isa isa : permitted_isas()) {
    const Kernels<float>& kernels = kernels_of<float>(isa);
    for (const Size images : {1, 4, 15, 16, 33})
      for (const Size channels : {1, 3}) {
        INFO(name(isa) << " images " << images << " channels " << channels);
        const std::vector<Factor> factors = {{2, 6}, {0, 1}, {3, 0}};  // pixels 2, 0, 3 by taps 6, 1, 0
        const Size row = (7 * channels + kernels.width - 1) / kernels.width * kernels.width;
        const std::vector<float> from = integers<float>(images * row, random);
        std::vector<float> to = integers<float>(4 * channels * images, random), expected = to;
        std::vector<float> planes(static_cast<std::size_t>(row * kernels.width));
        for (const Factor& f : factors)
          for (Size channel = 0; channel < channels; ++channel)
            for (Size image = 0; image < images; ++image)
              expected[static_cast<std::size_t>((f.a * channels + channel) * images + image)] +=
                  from[static_cast<std::size_t>(image * row + f.b * channels + channel)];
        kernels.spread({factors.data(), 3, images, channels, from.data(), row, to.data(), channels * images,
                        planes.data()});
        REQUIRE(to == expected);
      }
  }
}

TEST_CASE("tile: no ReLU and no mask hides what is not a number") {
  for (const Isa isa : permitted_isas())
    for (const Size columns : {kernels_of<float>(isa).panel, Size{1}}) {
      Random random(4);
      Case<float> c(Kind<float>::strided, kernels_of<float>(isa), 3, 2, columns, 1, random);
      std::fill(c.a.begin(), c.a.end(), std::numeric_limits<float>::quiet_NaN());
      std::fill(c.mask.begin(), c.mask.end(), 1.f);
      set_ending(c, 2 + 4);
      c.point();
      kernels_of<float>(isa).strided(c.p);
      for (Size row = 0; row < 3; ++row)
        CHECK(c.c[static_cast<std::size_t>(row * c.p.c_row)] !=
              c.c[static_cast<std::size_t>(row * c.p.c_row)]);
    }
}

TEST_CASE("tile: a tile with a wrong lane, a dropped tap or one number too many is caught") {
  Random random(5);
  const auto caught = [&](void (*mutant)(const Product<float>&)) {
    Case<float> c(Kind<float>::strided, *portable_float_kernels(), 5, 4, 7, 3, random);
    std::fill(c.a.begin(), c.a.end(), 1.f);  // so that no factor adds nothing
    std::fill(c.b.begin(), c.b.end(), 1.f);
    return !c.agrees(mutant);
  };
  CHECK_FALSE(caught([](const Product<float>& p) { portable_float_kernels()->strided(p); }));
  CHECK(caught([](const Product<float>& p) {
    portable_float_kernels()->strided(p);
    p.c[2 * p.c_row + 5] += 1;
  }));
  CHECK(caught([](const Product<float>& p) {
    Product<float> dropped = p;
    --dropped.count;
    portable_float_kernels()->strided(dropped);
  }));
  CHECK(caught([](const Product<float>& p) {
    Product<float> shorter = p;
    --shorter.columns;
    portable_float_kernels()->strided(shorter);
  }));
}
