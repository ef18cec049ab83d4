// The register tile of every isa against loops that anybody can read.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/engine/isa.hpp>
#include <limits>

#include "engine/product_case.hpp"

using namespace fsconv;
using namespace fsconv::engine;
using namespace fsconv::engine::test;

namespace {

template <class T>
void check_isa(Isa isa) {
  const Kernels<T>& kernels = kernels_of<T>(isa);
  Random random(1, static_cast<std::uint64_t>(sizeof(T)));
  const auto check = [&](Kind<T> kind, auto kernel, Size rows, Size inner, Size columns, Size count,
                         int ending, bool in_sums = false) {
    Case<T> c(kind, kernels, rows, inner, columns, count, random);
    set_ending(c, ending);
    c.in_sums = in_sums;
    if (kernels.begin) kernels.begin();
    INFO(name(isa) << " kind " << int(kind) << " rows " << rows << " inner " << inner << " columns "
                   << columns << " factors " << count << " ending " << ending);
    REQUIRE(c.agrees(kernel));
  };
  constexpr bool pairs = Arithmetic<T>::numbers_per_step == 2;
  int ending = 0;
  for (Size columns = 1; columns <= kernels.panel; ++columns)
    for (Size rows = 1; rows <= 31; ++rows) {
      const Size inner = random.integer(1, 20), count = random.integer(0, 4);
      check(Kind<T>::strided, kernels.strided, rows, inner, columns, count, ending++ % endings);
      if (pairs)
        check(Kind<T>::strided, kernels.strided, rows, inner, columns, count, 16, true);
      else
        check(Kind<T>::neighbours, kernels.neighbours, rows, inner, columns, count, 16);
      if (rows <= kernels.scattered_rows)
        check(Kind<T>::scattered, kernels.scattered, rows, inner, columns, count, 16, pairs);
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
    check_isa<BFloat16>(isa);
  }
}

TEST_CASE("tile: rounds to the nearest BFloat16, to the even one of two, and keeps what is not a number") {
  // 1 has neighbours 1 + 2^-7; what lies halfway goes to the one whose last bit is 0
  const auto number_at = [](float value) { return number(rounded<BFloat16>(value)); };
  CHECK(number_at(1 + 0x1p-9f) == 1);
  CHECK(number_at(1 + 0x1p-8f) == 1);
  CHECK(number_at(1 + 0x1p-8f + 0x1p-20f) == 1 + 0x1p-7f);
  CHECK(number_at(1 + 3 * 0x1p-8f) == 1 + 0x1p-6f);
  CHECK(number_at(-257) == -256);
  CHECK(number_at(3.4e38f) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(number_at(std::numeric_limits<float>::quiet_NaN())));

  // the tiles round as the library does: one factor, A = 1, B = 0, the number itself as bias
  Random random(6);
  for (const Isa isa : permitted_isas()) {
    const Kernels<BFloat16>& kernels = kernels_of<BFloat16>(isa);
    Case<BFloat16> c(Kind<BFloat16>::strided, kernels, 3, 1, kernels.panel, 0, random);
    for (float& bias : c.bias) bias = static_cast<float>(random.normal());
    c.bias[1] = 1 + 0x1p-8f;
    c.bias[2] = std::numeric_limits<float>::quiet_NaN();
    c.bias[3] = -std::numeric_limits<float>::infinity();
    set_ending(c, 1);
    c.point();
    for (const Size columns : {kernels.panel, kernels.panel - 1}) {
      c.p.columns = columns;
      if (kernels.begin) kernels.begin();
      kernels.strided(c.p);
      for (Size column = 0; column < columns; ++column) {
        INFO(name(isa) << " " << column);
        const auto at = static_cast<std::size_t>(column);
        CHECK(c.c[at].bits == rounded<BFloat16>(c.bias[at]).bits);
      }
    }
  }
}

TEST_CASE("tile: pairs rows, the last one with zeros") {
  Random random(7);
  for (const Isa isa : permitted_isas())
    for (const Size rows : {1, 2, 5})
      for (const Size columns : {1, 16, 35}) {
        INFO(name(isa) << " " << rows << " x " << columns);
        const Size from_row = columns + 1, to_row = columns + 3;
        const auto from = integers<BFloat16>((rows - 1) * from_row + columns, random);
        auto to = integers<BFloat16Pair>((rows + 1) / 2 * to_row, random);
        kernels_of<BFloat16>(isa).pair_rows(from.data(), from_row, rows, columns, to.data(), to_row);
        for (Size row = 0; row < (rows + 1) / 2; ++row)
          for (Size column = 0; column < to_row; ++column) {
            const auto there = [&](Size r) {
              return r < rows && column < columns ? from[static_cast<std::size_t>(r * from_row + column)].bits
                                                  : 0;
            };
            const BFloat16Pair pair = to[static_cast<std::size_t>(row * to_row + column)];
            REQUIRE(pair.first.bits == there(2 * row));
            REQUIRE(pair.second.bits == there(2 * row + 1));
          }
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
