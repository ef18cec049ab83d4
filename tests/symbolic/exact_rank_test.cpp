// Exact ranks: by hand, against each other, and what a bad prime does.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/symbolic/exact_rank.hpp>

using namespace fsconv;

namespace {

__extension__ typedef unsigned __int128 Wide;

// From rows; zeros are left away.
template <class T>
SparseColumns<T> sparse(const std::vector<std::vector<T>>& rows) {
  SparseColumns<T> matrix{static_cast<Index>(rows.size()), {0}, {}, {}};
  for (std::size_t column = 0; column < rows.front().size(); ++column) {
    for (std::size_t row = 0; row < rows.size(); ++row)
      if (rows[row][column] != T(0)) {
        matrix.row_of.push_back(static_cast<Index>(row));
        matrix.values.push_back(rows[row][column]);
      }
    matrix.starts.push_back(static_cast<Index>(matrix.row_of.size()));
  }
  return matrix;
}

Index rank(const std::vector<std::vector<double>>& rows) {
  Random random(1);
  const FoundRank found = rank_of(sparse(rows), random);
  CHECK(found.certain());  // all of these are small
  CHECK(found.rank == rank_over_rationals(sparse(rows)));
  return found.rank;
}

// The product of random [n x r] and [r x n] integers: rank r but for a chance that the seed has not drawn.
std::vector<std::vector<double>> product(std::size_t n, std::size_t r, Random& random) {
  std::vector<std::vector<double>> a(n, std::vector<double>(r)), b(r, std::vector<double>(n)),
      c(n, std::vector<double>(n, 0));
  for (auto* factor : {&a, &b})
    for (auto& row : *factor)
      for (double& value : row) value = static_cast<double>(random.integer(-9, 9));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < r; ++k)
      for (std::size_t j = 0; j < n; ++j) c[i][j] += a[i][k] * b[k][j];
  return c;
}

}  // namespace

TEST_CASE("exact rank: matrices by hand") {
  CHECK(rank({{1, 2}, {2, 4}}) == 1);
  CHECK(rank({{1, 2}, {2, 5}}) == 2);
  CHECK(rank({{0, 0}, {0, 0}}) == 0);
  CHECK(rank({{1, 0, 1}, {0, 1, 1}, {1, 1, 2}}) == 2);
  CHECK(rank({{1, 2, 3, 4}}) == 1);
  CHECK(rank({{0, 0, 3}, {0, 0, 4}}) == 1);
  CHECK(rank({{1, -1, 0}, {0, 1, -1}, {-1, 0, 1}}) == 2);
}

TEST_CASE("exact rank: doubles are the rational numbers that they are, whatever their size") {
  CHECK(rank({{0.1, 0.2}, {0.2, 0.4}}) == 1);    // 0.2 is twice 0.1 in binary, too
  CHECK(rank({{0.1, 0.3}, {0.2, 0.6}}) == 1);    // and 0.6 twice 0.3
  CHECK(rank({{1, 3}, {0.1, 0.3}}) == 2);        // 0.3 is not three times 0.1
  CHECK(rank({{1, 1}, {1, 1 + 0x1p-52}}) == 2);  // singular values would say 1
  CHECK(rank({{1e300, 0}, {0, 1e-300}}) == 2);   // here too
  CHECK(rank({{1e-300, 1e300}, {2e-300, 2e300}}) == 1);
  CHECK(rank({{0x1p-1074, 1}, {1, 0x1p1023}}) == 2);
  Random random(1);
  CHECK_THROWS_AS(rank_of(sparse<double>({{1, std::nan("")}}), random), InvalidArgument);
  CHECK_THROWS_AS(rank_of(sparse<double>({{1, HUGE_VAL}}), random), InvalidArgument);
}

TEST_CASE("exact rank: without rows or columns it is 0, for certain") {
  Random random(1);
  for (const auto& matrix : {SparseColumns<double>{}, SparseColumns<double>{3, {0}, {}, {}},
                             SparseColumns<double>{0, {0, 0, 0}, {}, {}}}) {
    const FoundRank found = rank_of(matrix, random);
    CHECK(found.rank == 0);
    CHECK(found.certain());
  }
}

TEST_CASE("exact rank: modulo a prime it is never larger, and smaller where the prime divides") {
  const auto matrix = sparse<std::uint64_t>({{7, 0, 0}, {0, 1, 2}, {0, 3, 13}});  // determinant 7 * 7
  CHECK(rank_modulo(matrix, 5) == 3);
  CHECK(rank_modulo(sparse<std::uint64_t>({{0, 0, 0}, {0, 1, 2}, {0, 3, 6}}), 7) == 1);  // the same modulo 7
  Random random(2);
  for (int trial = 0; trial < 20; ++trial) {
    const std::uint64_t prime = random_prime(random);
    CHECK(prime >> 62 == 1);
    CHECK(rank_modulo(matrix, prime) == 3);
  }
}

TEST_CASE("exact rank: residues obey the arithmetic of doubles that is exact") {
  Random random(3);
  for (int trial = 0; trial < 50; ++trial) {
    const std::uint64_t prime = random_prime(random);
    const double a = static_cast<double>(random.integer(-1 << 20, 1 << 20)) * 0x1p-30;
    const double b = static_cast<double>(random.integer(-1 << 20, 1 << 20)) * 0x1p+40;
    const auto times = static_cast<Wide>(residue_of(a, prime)) * residue_of(b, prime) % prime;
    CHECK(residue_of(a * b, prime) == static_cast<std::uint64_t>(times));
    CHECK((residue_of(a, prime) + residue_of(-a, prime)) % prime == 0);
    CHECK(residue_of(0, prime) == 0);
    CHECK(residue_of(3, prime) == 3);
  }
}

TEST_CASE(
    "exact rank: a larger matrix that could have a larger rank is sure but for a chance, and it is right") {
  Random random(4);
  for (const std::size_t r : {1, 17, 79}) {
    const FoundRank found = rank_of(sparse(product(80, r, random)), random);
    CHECK(found.rank == static_cast<Index>(r));
    CHECK_FALSE(found.certain());
    CHECK(found.log2_doubt < -40);
  }
  const FoundRank full = rank_of(sparse(product(80, 80, random)), random);
  CHECK(full.rank == 80);
  CHECK(full.certain());
  auto changed = product(80, 40, random);  // a mutant: one entry of it
  changed[3][5] += 1;
  CHECK(rank_of(sparse(changed), random).rank == 41);
}

TEST_CASE("generic rank: the rank of almost all weights, not of these") {
  Random random(5);
  // Numbers of elements plus 1, as zeros are left away.
  const auto generic = [&](std::vector<std::vector<Index>> rows, Index size) {
    SparseColumns<Index> elements = sparse(rows);
    for (Index& element : elements.values) --element;
    return generic_rank_of(elements, size, random);
  };
  CHECK(generic({{1, 2}, {3, 4}}, 4).rank == 2);
  CHECK(generic({{1, 2}, {3, 4}}, 4).certain());
  CHECK(generic({{1, 2}, {1, 2}}, 2).rank == 1);  // two rows alike, for all weights
  CHECK_FALSE(generic({{1, 2}, {1, 2}}, 2).certain());
  CHECK(generic({{1, 2}, {1, 2}}, 2).log2_doubt < -50);
  CHECK(generic({{1, 2}, {2, 1}}, 2).rank == 2);  // but for weights alike, or one minus the other
  CHECK(generic({{0, 1}, {0, 2}}, 2).rank == 1);
  CHECK(generic({{0, 1}, {0, 2}}, 2).certain());
}
