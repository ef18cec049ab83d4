// The sparse matrix W.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_report.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <fsconv/geometry/case_string.hpp>

#include "support/geometries.hpp"

using namespace fsconv;

TEST_CASE("matrix: Dumoulin and Visin's C of section 4.1") {
  const auto w = symbolic_matrix(parse_case("i4x4o2x2k3"));
  REQUIRE(w.size() == 4);
  const std::vector<std::string> first{"w00", "w01", "w02", "0", "w10", "w11", "w12", "0",
                                       "w20", "w21", "w22", "0", "0",   "0",   "0",   "0"};
  const Index shifts[] = {0, 1, 4, 5};
  for (std::size_t row = 0; row < 4; ++row)
    for (Index column = 0; column < 16; ++column) {
      const Index from = column - shifts[row];
      CHECK(w[row][static_cast<std::size_t>(column)] ==
            (from < 0 ? "0" : first[static_cast<std::size_t>(from)]));
    }
}

TEST_CASE("matrix: names say channels where there are several, and commas where taps are many") {
  CHECK(symbolic_matrix(parse_case("ic2oc1i2o1k2"))[0] ==
        std::vector<std::string>{"w[0,0]0", "w[0,0]1", "w[0,1]0", "w[0,1]1"});
  CHECK(symbolic_matrix(parse_case("i11x1o1x1k11x1"))[0][10] == "w10,0");
  CHECK_THROWS_AS(symbolic_matrix(parse_case("i64x64o64x64k3p1")), InvalidArgument);
}

TEST_CASE("matrix: columns are filled in order, and Armadillo agrees with our products") {
  Random random(1);
  for (int trial = 0; trial < 100; ++trial) {
    const Geometry g = test::random_geometry(random);
    const auto weight = random_integers<double>(g.weight_shape(), 9, random);
    const arma::sp_mat w = matrix::build(g, weight);
    INFO(print_case(g));
    CHECK(static_cast<Index>(w.n_nonzero) == nonzeros(g));
    CHECK(w.col_ptrs[w.n_cols] == w.n_nonzero);
    for (arma::uword column = 0; column < w.n_cols; ++column)
      for (arma::uword at = w.col_ptrs[column] + 1; at < w.col_ptrs[column + 1]; ++at)
        CHECK(w.row_indices[at - 1] < w.row_indices[at]);
    const auto x = random_integers<double>(g.image_shape(), 9, random);
    const auto y = random_integers<double>(g.code_shape(), 9, random);
    arma::vec down(w.n_rows), up(w.n_cols);
    matrix::multiply(w, x.data(), down.memptr());
    matrix::multiply_transposed(w, y.data(), up.memptr());
    const arma::vec vx(x.data(), w.n_cols), vy(y.data(), w.n_rows);
    CHECK(arma::approx_equal(down, arma::vec(w * vx), "absdiff", 0));
    CHECK(arma::approx_equal(up, arma::vec(w.t() * vy), "absdiff", 0));
  }
}

namespace {

// Any sparse matrix at all: columns of 0 to 40 nonzeros, many of them empty.
template <class T>
arma::SpMat<T> random_matrix(arma::uword rows, arma::uword columns, Random& random) {
  std::vector<arma::uword> starts{0}, row_indices;
  std::vector<T> values;
  for (arma::uword column = 0; column < columns; ++column) {
    const Index wanted = random.integer(0, 3) == 0 ? 0 : random.integer(1, 40);
    for (Index row = random.integer(0, 5); row < static_cast<Index>(rows) && wanted > 0;
         row += random.integer(1, 2 * static_cast<Index>(rows) / wanted + 1)) {
      row_indices.push_back(static_cast<arma::uword>(row));
      values.push_back(static_cast<T>(random.integer(1, 9)));
    }
    starts.push_back(row_indices.size());
  }
  return arma::SpMat<T>(arma::uvec(row_indices), arma::uvec(starts), arma::Col<T>(values), rows, columns);
}

// Whether both products are the plain loops' bit for bit, on 0 to 4 threads. `multiply` is what is checked.
template <class T, class F>
bool products_are_right(const arma::SpMat<T>& w, Random& random, F&& multiply) {
  const auto rows = static_cast<Index>(w.n_rows), columns = static_cast<Index>(w.n_cols);
  const auto x = random_integers<T>({columns}, 9, random), y = random_integers<T>({rows}, 9, random);
  Tensor<T> wx({rows}), wty({columns});
  matrix::multiply(columns, w.col_ptrs, w.row_indices, w.values, x.data(), wx.data());
  matrix::multiply_transposed(columns, w.col_ptrs, w.row_indices, w.values, y.data(), wty.data());
  for (int threads = 0; threads <= 4; ++threads) {
    Tensor<T> down({rows}), up({columns});
    std::fill(down.begin(), down.end(), T(77));  // what was there does not matter
    std::fill(up.begin(), up.end(), T(77));
    multiply(w, x.data(), down.data(), threads);
    matrix::multiply_transposed(w, y.data(), up.data(), threads);
    if (!std::equal(down.begin(), down.end(), wx.begin())) return false;
    if (!std::equal(up.begin(), up.end(), wty.begin())) return false;
  }
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("matrix: products of any sparse matrix are the plain loops, on any number of threads", "",
                   float, double) {
  using Sparse = arma::SpMat<TestType>;
  const auto multiply = [](const Sparse& w, const TestType* x, TestType* y, int threads) {
    matrix::multiply(w, x, y, threads);
  };
  Random random(1);
  // One pixel; fewer rows than a page of numbers, exactly one, more; one part of W x, and sixteen.
  for (const auto& [rows, columns] : std::vector<std::pair<arma::uword, arma::uword>>{
           {1, 1}, {1, 300}, {300, 1}, {511, 40}, {512, 40}, {513, 40}, {1025, 40}, {3000, 5}, {50, 700}}) {
    INFO(rows << " x " << columns);
    CHECK(products_are_right(random_matrix<TestType>(rows, columns, random), random, multiply));
    CHECK(products_are_right(Sparse(rows, columns), random, multiply));  // no nonzero at all
  }
  const Geometry large = parse_case("ic8oc20i32x32o16x16k4s2p1");
  CHECK(products_are_right(
      matrix::build(large, random_integers<TestType>(large.weight_shape(), 3, random), 3), random, multiply));

  // A mutant: on four threads the last column counts once too often.
  CHECK_FALSE(
      products_are_right(matrix::build(large, random_integers<TestType>(large.weight_shape(), 3, random)),
                         random, [](const Sparse& w, const TestType* x, TestType* y, int threads) {
                           std::vector<TestType> less(x, x + w.n_cols);
                           if (threads == 4) less.back() += 1;
                           matrix::multiply(w, less.data(), y, threads);
                         }));
}

TEST_CASE("matrix: real numbers give the same bits on any number of threads, and W, too") {
  Random random(2);
  const Geometry g = parse_case("ic6oc9g3i17x13o9x6k4x3s2p1");
  const auto weight = random_reals<double>(g.weight_shape(), random);
  const arma::sp_mat w = matrix::build(g, weight);
  const auto x = random_reals<double>(g.image_shape(), random),
             y = random_reals<double>(g.code_shape(), random);
  std::vector<double> down(w.n_rows), up(w.n_cols);
  matrix::multiply(w, x.data(), down.data());
  matrix::multiply_transposed(w, y.data(), up.data());
  for (int threads = 2; threads <= 4; ++threads) {
    const arma::sp_mat same = matrix::build(g, weight, threads);
    CHECK(std::equal(w.col_ptrs, w.col_ptrs + w.n_cols + 1, same.col_ptrs));
    CHECK(std::equal(w.row_indices, w.row_indices + w.n_nonzero, same.row_indices));
    CHECK(std::equal(w.values, w.values + w.n_nonzero, same.values));
    std::vector<double> other_down(w.n_rows), other_up(w.n_cols);
    matrix::multiply(w, x.data(), other_down.data(), threads);
    matrix::multiply_transposed(w, y.data(), other_up.data(), threads);
    CHECK(down == other_down);
    CHECK(up == other_up);
  }
}

TEST_CASE("matrix: one that does not fit the memory is refused") {
  CHECK_THROWS_AS(
      matrix::build(parse_case("ic512oc512i1024x1024o1024x1024k3p1"), Tensor<double>({512, 512, 3, 3})),
      InvalidArgument);
}

TEST_CASE("matrix: W^T is built without W, and is its transpose in numbers, names and counts") {
  Random random(3);
  std::vector<Geometry> geometries = test::corner_geometries();
  for (int trial = 0; trial < 30; ++trial) geometries.push_back(test::random_geometry(random));
  for (const Geometry& g : geometries) {
    INFO(print_case(g));
    const auto weight = random_reals<double>(g.weight_shape(), random);
    const MatrixReport one = build_and_time(g, weight),
                       other = build_and_time(g, weight, Direction::conv_transpose);
    CHECK(other.name == one.name);
    CHECK(arma::mat(other.w).n_rows == one.w.n_cols);
    CHECK(arma::approx_equal(arma::mat(other.w), arma::mat(one.w.t()), "absdiff", 0));
    CHECK(other.row_most == one.column_most);
    CHECK(other.row_least == one.column_least);
    CHECK(other.empty_columns == one.empty_rows);
    constexpr Index largest = 1 << 17;
    const auto names = symbolic_matrix(g, Direction::conv, largest),
               turned = symbolic_matrix(g, Direction::conv_transpose, largest);
    bool same = turned.size() == one.w.n_cols;
    for (std::size_t row = 0; row < names.size(); ++row)
      for (std::size_t column = 0; column < names[row].size(); ++column)
        same = same && names[row][column] == turned[column][row];
    CHECK(same);
  }
  CHECK(symbolic_matrix(parse_case("i3o2k2"), Direction::conv_transpose) ==
        std::vector<std::vector<std::string>>{{"w0", "0"}, {"w1", "w0"}, {"0", "w1"}});
  CHECK_THROWS_WITH(symbolic_matrix(parse_case("i64x64o64x64k3p1"), Direction::conv_transpose),
                    Catch::Matchers::Contains("W^T is 4096 x 4096"));
}

TEST_CASE("matrix: the report counts empty rows and columns") {
  Random random(1);
  const Geometry g = parse_case("i7o4k1s3");  // reads pixels 0, 3, 6; the fourth window lies outside
  const MatrixReport report = build_and_time(g, random_reals<double>(g.weight_shape(), random));
  CHECK(report.nonzeros == 3);
  CHECK(report.empty_columns == 4);
  CHECK(report.empty_rows == 1);
  CHECK(report.row_most == 1);
}

TEST_CASE("matrix: products see elements that were set one by one") {
  arma::SpMat<double> w(4, 3);
  w(0, 0) = 5;
  w(1, 2) = 3;
  w(3, 1) = 7;
  const double x[] = {1, 2, 3}, y[] = {1, 10, 100, 1000};
  double wx[4], wty[3];
  fsconv::matrix::multiply(w, x, wx);
  CHECK(std::vector<double>(wx, wx + 4) == std::vector<double>{5, 9, 0, 14});
  w(2, 0) = 2;
  fsconv::matrix::multiply_transposed(w, y, wty);
  CHECK(std::vector<double>(wty, wty + 3) == std::vector<double>{205, 7000, 30});
}
