// The identity of the bilinear algorithms, which every change of a coefficient breaks.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <fsconv/engine/bilinear.hpp>
#include <numeric>
#include <random>
#include <set>
#include <utility>
#include <vector>

using namespace fsconv::engine;

namespace {

SmallMatrix matrix(int rows, int columns, std::initializer_list<int> entries) {
  SmallMatrix m{.rows = rows, .columns = columns};
  int at = 0;
  for (const int entry : entries) {
    m.at[at / columns][at % columns] = entry;
    ++at;
  }
  return m;
}

// F(2,2) as one finds it by hand: (x0 - x1) w0, x1 (w0 + w1), (x1 - x2) w1, of which the sums of the first two and the difference
// of the last two are the results.
Bilinear by_hand() {
  return {.results = 2,
          .taps = 2,
          .products = 3,
          .code = matrix(3, 2, {1, 0, 1, 1, 0, -1}),
          .filter = matrix(3, 2, {1, 0, 1, 1, 0, 1}),
          .image = matrix(3, 3, {1, -1, 0, 0, 1, 0, 0, 1, -1}),
          .scale = 1};
}

std::vector<Bilinear> all() {
  std::vector<Bilinear> list{std::begin(bilinear_algorithms), std::end(bilinear_algorithms)};
  list.push_back(by_hand());
  return list;
}

using Three = std::array<std::vector<std::int64_t>, 3>;  // of results, of taps, of image pixels

Three random_numbers(const Bilinear& a, std::mt19937& random) {
  std::uniform_int_distribution<int> number(-9, 9);
  Three numbers{std::vector<std::int64_t>(static_cast<std::size_t>(a.results)),
                std::vector<std::int64_t>(static_cast<std::size_t>(a.taps)),
                std::vector<std::int64_t>(static_cast<std::size_t>(a.products))};
  for (auto& list : numbers)
    for (auto& value : list) value = number(random);
  return numbers;
}

std::int64_t row_times(const SmallMatrix& m, int row, const std::vector<std::int64_t>& x) {
  return std::inner_product(x.begin(), x.end(), m.at[row], std::int64_t{0});
}

// sum over t of code_t filter_t image_t of numbers, and what it is to be: scale * sum of y'[i] w[j] x[i+j].
std::pair<std::int64_t, std::int64_t> both_sides(const Bilinear& a, const Three& numbers) {
  std::int64_t terms = 0, taps = 0;
  for (int t = 0; t < a.products; ++t)
    terms += row_times(a.code, t, numbers[0]) * row_times(a.filter, t, numbers[1]) *
             row_times(a.image, t, numbers[2]);
  for (std::size_t i = 0; i < numbers[0].size(); ++i)
    for (std::size_t j = 0; j < numbers[1].size(); ++j)
      taps += numbers[0][i] * numbers[1][j] * numbers[2][i + j];
  return {terms, a.scale * taps};
}

}  // namespace

TEST_CASE("bilinear: F(2,2), found by hand, is one, and so are those in use") {
  for (const Bilinear& a : all()) {
    INFO("F(" << a.results << "," << a.taps << ")");
    CHECK(is_exact(a));
    CHECK(a.products == a.results + a.taps - 1);
  }
  CHECK(by_hand() != bilinear_algorithms[1]);  // another one with as many products
}

TEST_CASE("bilinear: with numbers, its terms add up to scale times the taps'") {
  std::mt19937 random(1);
  for (const Bilinear& a : all())
    for (int trial = 0; trial < 50; ++trial) {
      const auto [terms, taps] = both_sides(a, random_numbers(a, random));
      CHECK(terms == taps);
    }
}

TEST_CASE("bilinear: the list has tiles of 2 to 4 results, and the first is a product for each tap") {
  std::set<std::pair<int, int>> tiles;
  for (const Bilinear& a : bilinear_algorithms) tiles.emplace(a.results, a.taps);
  CHECK(tiles == std::set<std::pair<int, int>>{{1, 1}, {2, 2}, {3, 2}, {4, 2}, {2, 3}, {4, 3}});
  CHECK(bilinear_algorithms[0] ==
        Bilinear{.code = matrix(1, 1, {1}), .filter = matrix(1, 1, {1}), .image = matrix(1, 1, {1})});
}

TEST_CASE("bilinear: every coefficient counts") {
  for (const Bilinear& right : all())
    for (SmallMatrix Bilinear::*which : {&Bilinear::code, &Bilinear::filter, &Bilinear::image})
      for (int row = 0; row < (right.*which).rows; ++row)
        for (int column = 0; column < (right.*which).columns; ++column) {
          INFO("F(" << right.results << "," << right.taps << ") row " << row << " column " << column);
          Bilinear wrong = right;
          std::int64_t& entry = (wrong.*which).at[row][column];
          for (const int change : {-1, 1}) {
            entry += change;
            CHECK_FALSE(is_exact(wrong));
            entry -= change;
          }
          if (entry == 0) continue;
          entry = -entry;
          CHECK_FALSE(is_exact(wrong));
        }
}

TEST_CASE("bilinear: nor is another scale, an order of products, or a matrix in another's place one") {
  for (const Bilinear& right : all()) {
    INFO("F(" << right.results << "," << right.taps << ")");
    Bilinear doubled = right;
    doubled.scale *= 2;
    CHECK_FALSE(is_exact(doubled));
    Bilinear twice = right;
    twice.scale *= right.scale;
    CHECK(is_exact(twice) == (right.scale == 1));
    if (right.products == 1) continue;

    Bilinear swapped_rows = right;
    std::swap(swapped_rows.filter.at[0], swapped_rows.filter.at[1]);
    CHECK_FALSE(is_exact(swapped_rows));
    Bilinear forgotten = right;
    for (int r = 0; r < right.products; ++r)
      for (int c = 0; c < right.products; ++c) forgotten.image.at[r][c] = right.image.at[c][r];
    CHECK_FALSE(is_exact(forgotten));
    Bilinear fewer = right;  // without its last product
    --fewer.products;
    CHECK_FALSE(is_exact(fewer));
    // Code and filter play the same part: exchanged, they are F(r, m), and where m = r another F(m, m). But not if only one moves.
    Bilinear exchanged = right;
    std::swap(exchanged.code, exchanged.filter);
    std::swap(exchanged.results, exchanged.taps);
    CHECK(is_exact(exchanged));
    if (right.results != right.taps) continue;
    Bilinear same_twice = right;
    same_twice.code = right.filter;
    CHECK_FALSE(is_exact(same_twice));
  }
}
