// How BFloat16 are rounded and paired, number by number, for every isa and size.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/isa.hpp>
#include <functional>
#include <limits>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

constexpr BFloat16 untouched = {0x1234};

// A matrix of `rows` rows, `row` numbers apart, and not a number more.
std::vector<float> floats(Size rows, Size columns, Size row, Random& random) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float special[] = {0.0f,       -0.0f,         std::numeric_limits<float>::quiet_NaN(),
                               infinity,   -infinity,     0x1p-149f,
                               3.4e38f,    1.0f,          0x1.01p0f,
                               0x1.03p0f,  0x1.010001p0f, -0x1.01p0f,
                               0x1.ffp127f};
  std::vector<float> values(static_cast<std::size_t>((rows - 1) * row + columns));
  for (float& value : values) {
    const Index which = random.integer(0, 30);
    value = which < static_cast<Index>(std::size(special))
                ? special[which]
                : static_cast<float>(random.integer(-100000, 100000));
  }
  return values;
}

std::vector<BFloat16> halves(const std::vector<float>& from) {
  std::vector<BFloat16> to(from.size());
  std::transform(from.begin(), from.end(), to.begin(), rounded<BFloat16>);
  return to;
}

bool same(const std::vector<BFloat16Pair>& a, const std::vector<BFloat16Pair>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](BFloat16Pair x, BFloat16Pair y) {
    return x.first.bits == y.first.bits && x.second.bits == y.second.bits;
  });
}

constexpr Size some_rows[] = {1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 64, 66};
constexpr Size some_columns[] = {1, 2, 3, 7, 8, 16, 17, 32, 33, 40, 48, 64, 65};

// Calls f(isa, rows, columns, from_row) for matrices that are whole and for parts of wider ones.
template <class F>
void for_each_matrix(F&& f) {
  for (const Isa isa : different_isas<BFloat16>())
    for (const Size rows : some_rows)
      for (const Size columns : some_columns)
        for (const Size more : {0, 1, 6}) {
          INFO(name(isa) << " " << rows << " x " << columns << " of " << columns + more);
          f(kernels_of<BFloat16>(isa), rows, columns, columns + more);
        }
}

}  // namespace

TEST_CASE("pairs: rows are paired across, the last one with zeros, and nothing else is touched") {
  Random random(1);
  for_each_matrix([&](const Kernels<BFloat16>& kernels, Size rows, Size columns, Size from_row) {
    auto from = halves(floats(rows, columns, from_row, random));
    if (columns == 1) from.push_back(untouched);  // the number beside it, which may be read
    const Size pairs = (rows + 1) / 2, to_row = pairs + 2;
    std::vector<BFloat16Pair> to(static_cast<std::size_t>(columns * to_row), {untouched, untouched}),
        expected(to);
    for (Size pair = 0; pair < pairs; ++pair)
      for (Size column = 0; column < columns; ++column) {
        const auto first = static_cast<std::size_t>(2 * pair * from_row + column);
        expected[static_cast<std::size_t>(column * to_row + pair)] = {
            from[first], 2 * pair + 1 < rows ? from[first + static_cast<std::size_t>(from_row)] : BFloat16{}};
      }
    kernels.pair_transposed(from.data(), from_row, rows, columns, to.data(), to_row);
    REQUIRE(same(to, expected));
  });
}

TEST_CASE("pairs: floats are rounded and paired by rows, and by columns across") {
  Random random(2);
  for_each_matrix([&](const Kernels<BFloat16>& kernels, Size rows, Size columns, Size from_row) {
    const auto from = floats(rows, columns, from_row, random);
    const auto at = [&](Size row, Size column) {
      return row < rows && column < columns
                 ? rounded<BFloat16>(from[static_cast<std::size_t>(row * from_row + column)])
                 : BFloat16{};
    };
    const Size row_pairs = (rows + 1) / 2, column_pairs = (columns + 1) / 2;
    {
      const Size to_row = columns + 3;
      std::vector<BFloat16Pair> to(static_cast<std::size_t>(row_pairs * to_row), {untouched, untouched}),
          expected(to);
      for (Size pair = 0; pair < row_pairs; ++pair)
        for (Size column = 0; column < columns; ++column)
          expected[static_cast<std::size_t>(pair * to_row + column)] = {at(2 * pair, column),
                                                                        at(2 * pair + 1, column)};
      kernels.round_pairs(from.data(), from_row, rows, columns, to.data(), to_row);
      REQUIRE(same(to, expected));
    }
    const Size to_row = rows + 2;
    std::vector<BFloat16Pair> to(static_cast<std::size_t>(column_pairs * to_row), {untouched, untouched}),
        expected(to);
    for (Size pair = 0; pair < column_pairs; ++pair)
      for (Size row = 0; row < rows; ++row)
        expected[static_cast<std::size_t>(pair * to_row + row)] = {at(row, 2 * pair), at(row, 2 * pair + 1)};
    kernels.round_transposed(from.data(), from_row, rows, columns, to.data(), to_row);
    REQUIRE(same(to, expected));
  });
}

TEST_CASE("pairs: rows of floats are rounded, with zeros up to the next row") {
  Random random(3);
  for_each_matrix([&](const Kernels<BFloat16>& kernels, Size rows, Size columns, Size to_row) {
    const auto from = floats(rows, columns, columns, random);
    std::vector<BFloat16> to(static_cast<std::size_t>(rows * to_row), untouched);
    kernels.round_rows(from.data(), rows, columns, to.data(), to_row);
    for (Size row = 0; row < rows; ++row)
      for (Size column = 0; column < to_row; ++column) {
        const BFloat16 expected =
            column < columns ? rounded<BFloat16>(from[static_cast<std::size_t>(row * columns + column)])
                             : BFloat16{};
        REQUIRE(to[static_cast<std::size_t>(row * to_row + column)].bits == expected.bits);
      }
  });
}
