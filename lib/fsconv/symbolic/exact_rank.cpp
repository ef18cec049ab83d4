// SPDX-License-Identifier: Apache-2.0
#include <flint/fmpz_mat.h>
#include <flint/nmod_mat.h>
#include <flint/ulong_extras.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/memory.hpp>
#include <fsconv/symbolic/exact_rank.hpp>

namespace fsconv {
namespace {

// FLINT's matrices end with their scope, whatever is thrown.
struct ResidueMatrix {
  nmod_mat_t value;
  ResidueMatrix(Index rows, Index columns, std::uint64_t prime) {
    nmod_mat_init(value, rows, columns, prime);
  }
  ~ResidueMatrix() { nmod_mat_clear(value); }
  ResidueMatrix(const ResidueMatrix&) = delete;
  ResidueMatrix& operator=(const ResidueMatrix&) = delete;
};
struct IntegerMatrix {
  fmpz_mat_t value;
  IntegerMatrix(Index rows, Index columns) { fmpz_mat_init(value, rows, columns); }
  ~IntegerMatrix() { fmpz_mat_clear(value); }
  IntegerMatrix(const IntegerMatrix&) = delete;
  IntegerMatrix& operator=(const IntegerMatrix&) = delete;
};

// value = integer * 2^exponent, the integer odd or 0.
struct Dyadic {
  std::int64_t integer = 0;
  int exponent = 0;
};
Dyadic dyadic(double value) {
  if (!std::isfinite(value))
    throw InvalidArgument("matrix", fmt::format("has the entry {}", value), "entries are finite numbers");
  Dyadic parts;
  const double fraction = std::frexp(value, &parts.exponent);
  parts.integer = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  parts.exponent -= 53;
  while (parts.integer != 0 && parts.integer % 2 == 0) {
    parts.integer /= 2;
    ++parts.exponent;
  }
  return parts;
}

template <class T, class F>
void for_each_entry(const SparseColumns<T>& matrix, F&& visit) {
  for (Index column = 0; column < matrix.columns(); ++column)
    for (Index at = matrix.starts[static_cast<std::size_t>(column)];
         at < matrix.starts[static_cast<std::size_t>(column) + 1]; ++at)
      visit(matrix.row_of[static_cast<std::size_t>(at)], column, matrix.values[static_cast<std::size_t>(at)]);
}

// What bounds a rank from above without arithmetic: entries that are no zeros, by row and by column.
template <class T>
struct Filled {
  Index rows = 0, columns = 0;  // that hold one at least
  Index row_most = 0;           // in one row

  explicit Filled(const SparseColumns<T>& matrix, bool (*counts)(const T&)) {
    std::vector<Index> in_row(static_cast<std::size_t>(matrix.rows), 0);
    Index last_column = -1;
    for_each_entry(matrix, [&](Index row, Index column, const T& value) {
      if (!counts(value)) return;
      ++in_row[static_cast<std::size_t>(row)];
      columns += column != last_column;
      last_column = column;
    });
    for (const Index count : in_row) {
      rows += count > 0;
      row_most = std::max(row_most, count);
    }
  }
  Index rank_most() const { return std::min(rows, columns); }
};

// An integer of so many bits that is not zero is a multiple of at most bits/62 of the primes between 2^62 and 2^63, of
// which there are more than 2^55 [Rosser & Schoenfeld 1962, corollary 3: more than 3x/(5 log x) between x and 2x].
double chance_of_prime(double bits) { return bits / 62 * std::exp2(-55); }

}  // namespace

std::uint64_t random_prime(Random& random) {
  for (;;) {
    const auto candidate = static_cast<std::uint64_t>(
        random.integer(std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::max()));
    if (n_is_prime(candidate)) return candidate;
  }
}

std::uint64_t residue_of(double value, std::uint64_t prime) {
  const Dyadic parts = dyadic(value);
  const auto size = static_cast<std::uint64_t>(std::abs(parts.integer)) % prime;
  const std::uint64_t residue = n_mulmod2(size, n_powmod2(2, parts.exponent, prime), prime);
  return parts.integer < 0 ? n_negmod(residue, prime) : residue;
}

Index rank_modulo(const SparseColumns<std::uint64_t>& matrix, std::uint64_t prime) {
  if (matrix.rows == 0 || matrix.columns() == 0) return 0;
  require_memory(matrix.columns(), 2 * sizeof(mp_limb_t) * static_cast<std::size_t>(matrix.rows),
                 "columns of a dense matrix modulo a prime");  // elimination works on a copy
  ResidueMatrix dense(matrix.rows, matrix.columns(), prime);
  for_each_entry(matrix, [&](Index row, Index column, std::uint64_t value) {
    nmod_mat_entry(dense.value, row, column) = value;
  });
  return nmod_mat_rank(dense.value);
}

Index rank_over_rationals(const SparseColumns<double>& matrix) {
  if (matrix.rows == 0 || matrix.columns() == 0) return 0;
  int least = std::numeric_limits<int>::max();  // every entry times 2^-least is an integer
  for (const double value : matrix.values)
    if (const Dyadic parts = dyadic(value); parts.integer != 0) least = std::min(least, parts.exponent);
  IntegerMatrix dense(matrix.rows, matrix.columns());
  for_each_entry(matrix, [&](Index row, Index column, double value) {
    const Dyadic parts = dyadic(value);
    if (parts.integer == 0) return;
    fmpz* const entry = fmpz_mat_entry(dense.value, row, column);
    fmpz_set_si(entry, parts.integer);
    fmpz_mul_2exp(entry, entry, static_cast<ulong>(parts.exponent - least));
  });
  fmpz_t denominator;
  fmpz_init(denominator);
  const Index rank = fmpz_mat_rref(dense.value, denominator, dense.value);
  fmpz_clear(denominator);
  return rank;
}

FoundRank rank_of(const SparseColumns<double>& matrix, Random& random) {
  constexpr Index small = 1 << 10;  // entries that the rationals get through in a moment
  const std::uint64_t prime = random_prime(random);
  SparseColumns<std::uint64_t> residues{matrix.rows, matrix.starts, matrix.row_of, {}};
  residues.values.reserve(matrix.values.size());
  int least = 0, most = 0;
  for (const double value : matrix.values) {
    residues.values.push_back(residue_of(value, prime));
    if (value == 0) continue;
    least = std::min(least, dyadic(value).exponent);
    most = std::max(most, std::ilogb(value) + 1);
  }
  const Filled<double> filled(matrix, [](const double& value) { return value != 0; });
  FoundRank found{.rank = rank_modulo(residues, prime)};
  if (found.rank == filled.rank_most()) return found;
  if (matrix.rows * matrix.columns() <= small) return {.rank = rank_over_rationals(matrix)};
  // A minor of integers below 2^bits is at most the product of its rows' norms [Hadamard].
  const double bits = most - least + std::log2(static_cast<double>(filled.row_most)) / 2;
  found.log2_doubt = std::log2(chance_of_prime(static_cast<double>(filled.rank_most()) * bits));
  return found;
}

FoundRank generic_rank_of(const SparseColumns<Index>& elements, Index weight_size, Random& random) {
  const std::uint64_t prime = random_prime(random);
  std::vector<std::uint64_t> weight(static_cast<std::size_t>(weight_size));
  for (std::uint64_t& value : weight)
    value = static_cast<std::uint64_t>(random.integer(0, static_cast<Index>(prime) - 1));
  SparseColumns<std::uint64_t> drawn{elements.rows, elements.starts, elements.row_of, {}};
  drawn.values.reserve(elements.values.size());
  for (const Index element : elements.values)
    drawn.values.push_back(weight[static_cast<std::size_t>(element)]);

  const Filled<Index> filled(elements, [](const Index&) { return true; });
  FoundRank found{.rank = rank_modulo(drawn, prime)};
  if (found.rank == filled.rank_most()) return found;
  // A minor of r rows is a polynomial of degree r in the weight, each coefficient of it at most row_most^r. The prime
  // divides one that is not zero, or the weights are a zero of it [Schwartz & Zippel: r/prime].
  const auto rank_most = static_cast<double>(filled.rank_most());
  found.log2_doubt = std::log2(
      chance_of_prime(rank_most * std::log2(static_cast<double>(std::max<Index>(filled.row_most, 2)))) +
      rank_most * std::exp2(-62));
  return found;
}

}  // namespace fsconv
