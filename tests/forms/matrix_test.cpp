// The sparse matrix W.
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

TEST_CASE("matrix: one that does not fit the memory is refused") {
  CHECK_THROWS_AS(
      matrix::build(parse_case("ic512oc512i1024x1024o1024x1024k3p1"), Tensor<double>({512, 512, 3, 3})),
      InvalidArgument);
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
