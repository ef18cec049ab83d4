// The exact rank of a sparse matrix: modulo a random large prime, and over the rationals where it is small.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <fsconv/base/random.hpp>
#include <limits>
#include <span>
#include <vector>

namespace fsconv {

// A matrix by columns: the entries of column c stand at starts[c] .. starts[c+1]-1, one at most for each row.
template <class T>
struct SparseColumns {
  Index rows = 0;
  std::vector<Index> starts = {0};  // one more than there are columns
  std::vector<Index> row_of = {};   // of each entry
  std::vector<T> values = {};

  Index columns() const { return static_cast<Index>(starts.size()) - 1; }
};

// A rank, and how sure it is. It is never more than the true one; the chance that it is less, over the draws of the
// prime (and of weights, where they are drawn), is at most 2^log2_doubt: -infinity says that it is certain.
struct FoundRank {
  Index rank = 0;
  double log2_doubt = -std::numeric_limits<double>::infinity();

  bool certain() const { return log2_doubt == -std::numeric_limits<double>::infinity(); }
};

// A prime between 2^62 and 2^63, all of them equally likely.
std::uint64_t random_prime(Random& random);

// value modulo an odd prime, exactly: a double is an integer times a power of two. Throws InvalidArgument for NaN and
// infinity.
std::uint64_t residue_of(double value, std::uint64_t prime);

// The rank of a matrix of numbers below `prime` as a matrix modulo it, by FLINT's elimination in a dense matrix.
// Throws InvalidArgument where that does not fit the memory. Of a matrix of integers, or of doubles by way of
// residue_of(), it is at most the rank over the rationals: a minor that is not zero modulo the prime is not zero.
Index rank_modulo(const SparseColumns<std::uint64_t>& matrix, std::uint64_t prime);

// The rank of a matrix of doubles as the rational numbers that they are, without doubt and without a prime: FLINT's
// fmpz_mat_rref. Slow: for matrices with up to about a thousand entries.
Index rank_over_rationals(const SparseColumns<double>& matrix);

// The rank of a matrix of doubles as the rational numbers that they are, modulo a random prime. It is certain where it
// cannot be larger, because every row or every column that is not empty counts, and where the matrix is so small that
// the rationals are asked too. Throws as the functions above do.
FoundRank rank_of(const SparseColumns<double>& matrix, Random& random);

// The largest rank that a matrix takes whose entries are elements of a weight, each by its number in `elements`: the
// rank for almost all weights, all but the zeros of one polynomial. Found with random weights modulo a random prime,
// so that a larger rank at other weights is missed with the chance that is stated.
FoundRank generic_rank_of(const SparseColumns<Index>& elements, Index weight_size, Random& random);

}  // namespace fsconv
