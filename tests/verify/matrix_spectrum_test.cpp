// Rank, null space and singular values of W: by hand, and what must hold on every geometry.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/matrix_spectrum.hpp>
#include <numbers>

#include "support/geometries.hpp"

using namespace fsconv;

extern "C" void openblas_set_num_threads(int);

namespace {

// Not in the order of the word: W for these weights, in the order of the weight's elements.
Spectrum spectrum(const char* name, std::vector<double> weights) {
  const Geometry g = parse_case(name);
  return spectrum_of(g, matrix::build(g, Tensor<double>(g.weight_shape(), std::move(weights))));
}

bool close(const std::vector<double>& a, const std::vector<double>& b, double tolerance = 1e-13) {
  if (a.size() != b.size()) return false;
  for (std::size_t at = 0; at < a.size(); ++at)
    if (!(std::abs(a[at] - b[at]) <= tolerance)) return false;
  return true;
}

// The largest entry of W n for a basis' vectors n, and how far the basis is from orthonormal.
double leak(const arma::sp_mat& w, const Tensor<double>& basis) {
  const auto dimensions = static_cast<arma::uword>(basis.shape()[0]);
  const arma::mat vectors(basis.data(), static_cast<arma::uword>(basis.size()) / dimensions, dimensions);
  const arma::mat gram = vectors.t() * vectors - arma::eye(dimensions, dimensions);
  const double mapped = w.n_rows == 0 ? 0 : arma::abs(arma::mat(w * vectors)).max();
  return std::max(mapped, arma::abs(gram).max());
}

}  // namespace

TEST_CASE("spectrum: the mean of three neighbours on five pixels forgets one of them") {
  // A tridiagonal matrix of ones has the eigenvalues 1 + 2 cos(k pi / 6): 1+sqrt(3), 2, 1, 0, 1-sqrt(3).
  const Spectrum s = spectrum("i5o5k3p1", {1, 1, 1});
  const double root = std::numbers::sqrt3;
  CHECK(close(s.singular_values, {1 + root, 2, 1, root - 1, 0}));
  CHECK(s.rank.rank == 4);
  CHECK(s.rank.certain());
  CHECK(s.numerical_rank == 4);
  CHECK(s.generic_rank.rank == 5);  // other weights forget nothing
  CHECK(s.generic_rank.certain());
  CHECK(s.null_images() == 1);
  CHECK(s.kept() == 0.8);
  CHECK(std::abs(s.condition() - (1 + root) / (root - 1)) < 1e-12);
  CHECK(std::abs(s.norm - std::sqrt(13)) < 1e-12);
  CHECK(s.norm_error < 1e-14);
}

TEST_CASE("spectrum: two filters on four pixels are Sylvester's matrix, singular where they share a root") {
  // (z-1)(z-2) and (z-1)(z-3); (z-1)(z-2) and (z+1)(z-3); the same twice. The rank is 4 - degree of their divisor.
  CHECK(spectrum("ic1oc2i4o2k3", {2, -3, 1, 3, -4, 1}).rank.rank == 3);
  CHECK(spectrum("ic1oc2i4o2k3", {2, -3, 1, -3, -2, 1}).rank.rank == 4);
  const Spectrum twice = spectrum("ic1oc2i4o2k3", {2, -3, 1, 2, -3, 1});
  CHECK(twice.rank.rank == 2);
  CHECK(twice.numerical_rank == 2);
  CHECK(twice.generic_rank.rank == 4);
  CHECK(twice.null_codes() == 2);
}

TEST_CASE("spectrum: a stride as long as the filter makes W W^T a multiple of I, and W^T W is none") {
  // Windows do not overlap: every singular value is |w| = 3, and W^T W is block diagonal with blocks w w^T.
  const Spectrum s = spectrum("i9o3k3s3", {1, 2, 2});
  CHECK(close(s.singular_values, {3, 3, 3}));
  CHECK(s.times_transposed.from_identity < 1e-15);
  CHECK(s.times_transposed.from_diagonal < 1e-15);
  // |W^T W|^2 = 3 * 9^2, its trace is 27: from 3 I 243 - 27^2/9 = 162; its diagonal is 1 4 4, three times: 243 - 99.
  CHECK(std::abs(s.transposed_times.from_identity - std::sqrt(162.0 / 243)) < 1e-14);
  CHECK(std::abs(s.transposed_times.from_diagonal - std::sqrt(144.0 / 243)) < 1e-14);
  CHECK(s.null_images() == 6);
  // Overlap by one pixel: no longer.
  const Spectrum overlapping = spectrum("i7o3k3s2", {1, 2, 2});
  CHECK(overlapping.times_transposed.from_diagonal > 0.1);
}

TEST_CASE("spectrum: pixels that nothing reads and code pixels that read nothing") {
  // Stride 3, one tap: pixels 0, 3 and 6 of 7 are read; the fourth window lies outside.
  const Spectrum s = spectrum("i7o4k1s3", {-2});
  CHECK(s.rank.rank == 3);
  CHECK(s.generic_rank.rank == 3);
  CHECK(s.generic_rank.certain());
  CHECK(s.null_images() == 4);
  CHECK(s.null_codes() == 1);
  CHECK(close(s.singular_values, {2, 2, 2, 0}));
  CHECK(s.condition() == 1);
  // Stride 2/2 dilated by 2: every tap meets an inserted zero. W is 0, and nothing is divided by it.
  const Spectrum zero = spectrum("i4o6k3s2/2d2p1", {1, 2, 3});
  CHECK(zero.rank.rank == 0);
  CHECK(zero.generic_rank.rank == 0);
  CHECK(zero.condition() == 0);
  CHECK(zero.transposed_times.from_identity == 0);
  CHECK(zero.null_images() == 4);
}

TEST_CASE("spectrum: groups have ranks of their own") {
  // Two groups of the mean over five pixels (rank 4) and of a difference (rank 5).
  const Spectrum s = spectrum("g2ic2oc2i5o5k3p1", {1, 1, 1, 0, 1, -1});
  CHECK(s.rank.rank == 9);
  CHECK(s.numerical_rank == 9);
}

TEST_CASE("spectrum: W without rows or columns has rank 0 and no singular values") {
  for (const auto& [name, images, codes] :
       {std::tuple{"i0o2k3p2", 0, 2}, {"i5x4o0x2k3", 20, 0}, {"ic0oc2i3o1k3", 0, 2}}) {
    const Geometry g = parse_case(name);
    const arma::sp_mat w = matrix::build(g, Tensor<double>(g.weight_shape()));
    const Spectrum s = spectrum_of(g, w);
    CHECK(s.rank.rank == 0);
    CHECK(s.singular_values.empty());
    CHECK(s.null_images() == images);
    CHECK(s.null_codes() == codes);
    CHECK(text(s, Direction::conv).find("rank        0 of") == 0);
    if (images > 0) CHECK(leak(w, null_space(g, w, s, Direction::conv)) == 0);
  }
}

TEST_CASE("spectrum: numbers whose squares overflow or vanish") {
  for (const double size : {1e-200, 1.0, 1e200}) {
    const Spectrum s = spectrum("i9o3k3s3", {1 * size, 2 * size, 2 * size});
    CHECK(close(s.singular_values, {3 * size, 3 * size, 3 * size}, 1e-13 * size));
    CHECK(s.rank.rank == 3);
    CHECK(s.times_transposed.from_identity < 1e-15);
    CHECK(std::abs(s.transposed_times.from_diagonal - std::sqrt(144.0 / 243)) < 1e-14);
    CHECK(s.norm_error < 1e-14);
    CHECK(std::abs(s.norm - std::sqrt(27) * size) < 1e-13 * size);
  }
  // sums of huge weights, of which the singular values are doubles, or are none
  const Spectrum huge = spectrum("i4o2k3", {1e307, 2e307, 3e307});
  CHECK(huge.norm == Approx(std::sqrt(28) * 1e307).epsilon(1e-14));
  CHECK_THROWS_AS(spectrum("i4o2k3", {1.5e308, 1.5e308, 1.5e308}), BadData);
}

TEST_CASE("spectrum: on every geometry W and W^T agree, and random weights have the generic rank") {
  openblas_set_num_threads(
      1);  // as the program has it: on matrices so small, threads wait for each other for seconds
  Random random(1);
  std::vector<Geometry> geometries = test::corner_geometries();
  for (int trial = 0; trial < 60; ++trial) geometries.push_back(test::random_geometry(random));
  Index deficient = 0, noticed = 0, changed = 0;
  for (const Geometry& g : geometries) {
    INFO(print_case(g));
    const auto weight = random_reals<double>(g.weight_shape(), random);
    const arma::sp_mat w = matrix::build(g, weight);
    const Spectrum s = spectrum_of(g, w), t = spectrum_of(g, w.t());
    CHECK(s.rank.rank == t.rank.rank);
    CHECK(s.generic_rank.rank == t.generic_rank.rank);
    CHECK(s.rank.rank == s.generic_rank.rank);
    CHECK(close(s.singular_values, t.singular_values));
    CHECK(s.norm_error < 1e-13);
    CHECK(std::abs(s.transposed_times.from_identity - t.times_transposed.from_identity) < 1e-12);
    CHECK(std::abs(s.times_transposed.from_diagonal - t.transposed_times.from_diagonal) < 1e-12);
    deficient += s.rank.rank < std::min(s.rows, s.columns);
    for (const Direction map : {Direction::conv, Direction::conv_transpose}) {
      const bool conv = map == Direction::conv;
      const arma::sp_mat matrix = conv ? w : arma::sp_mat(w.t());
      const Spectrum& of = conv ? s : t;
      const Tensor<double> basis = null_space(g, matrix, of, map);
      CHECK(basis.shape() == (conv ? g.image_shape(of.null_images()) : g.code_shape(of.null_images())));
      if (of.null_images() > 0) CHECK(leak(matrix, basis) < 1e-12);
    }
    // No integer weights, small and full of chance zeros, have a larger rank than the generic one.
    const Spectrum small =
        spectrum_of(g, matrix::build(g, random_integers<double>(g.weight_shape(), 1, random)));
    CHECK(small.rank.rank <= small.generic_rank.rank);
    // A mutant: one entry of W changed shows in the singular values.
    if (w.n_nonzero == 0) continue;
    arma::sp_mat wrong = w;
    arma::access::rw(wrong.values[wrong.n_nonzero / 2]) += 0.5;
    ++changed;
    noticed += !close(spectrum_of(g, wrong).singular_values, s.singular_values);
  }
  CHECK(deficient > 10);
  CHECK(noticed == changed);
}

TEST_CASE("spectrum: what would take minutes is refused, with what would not") {
  CHECK_NOTHROW(require_spectrum_size(parse_case("i50x50o50x50k3p1"), "spectrum"));
  CHECK_NOTHROW(require_spectrum_size(parse_case("i64x128o32x32k4s2p1"), "spectrum"));
  CHECK_THROWS_AS(require_spectrum_size(parse_case("i64x64o64x64k3p1"), "spectrum"), InvalidArgument);
  CHECK_THROWS_AS(require_spectrum_size(parse_case("i10000o1k3"), "spectrum"), InvalidArgument);
  CHECK_THROWS_AS(require_spectrum_size(parse_case("i1073741824o1073741824k3p1"), "spectrum"),
                  InvalidArgument);
  CHECK_THROWS_AS(require_null_space_size(parse_case("i64x128o32x32k4s2p1"), "null-space"), InvalidArgument);
  CHECK_NOTHROW(require_null_space_size(parse_case("i50x50o25x25k4s2p1"), "null-space"));
}
