// Sparse matrices in three formats, read back by scipy.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/sparse_file.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

// 1/3 in both corners, an empty column between, and no symmetry that could hide a transposition.
template <class T>
arma::SpMat<T> some_matrix() {
  arma::SpMat<T> matrix(3, 4);
  matrix(0, 0) = T(1) / 3;
  matrix(2, 0) = -2;
  matrix(1, 2) = T(1e-30);
  matrix(2, 3) = T(1) / 3;
  return matrix;
}

}  // namespace

TEST_CASE("sparse file: Matrix Market is written as its standard says, by columns") {
  const ScratchFolder folder;
  write_sparse(folder / "x.mtx", some_matrix<double>(), "two\nlines");
  CHECK(content_of(folder / "x.mtx") ==
        "%%MatrixMarket matrix coordinate real general\n"
        "% two\n"
        "% lines\n"
        "3 4 4\n"
        "1 1 0.33333333333333331\n"
        "3 1 -2\n"
        "2 3 1.0000000000000001e-30\n"
        "3 4 0.33333333333333331\n");
  write_sparse(folder / "y.mtx", some_matrix<float>());
  CHECK_THAT(content_of(folder / "y.mtx"), Contains("1 1 0.333333343\n"));
}

TEST_CASE("sparse file: the arrays of npz and HDF5 are scipy's") {
  const ScratchFolder folder;
  write_sparse(folder / "x.npz", some_matrix<double>());
  write_sparse(folder / "x.h5", some_matrix<double>());
  for (const std::string place : {"x.npz:", "x.h5:/matrix/"}) {
    CHECK(read_array(folder / (place + "data")).values == Tensor<double>({4}, {1.0 / 3, -2, 1e-30, 1.0 / 3}));
    CHECK(read_array(folder / (place + "indices")).values == Tensor<double>({4}, {0, 2, 1, 2}));
    CHECK(read_array(folder / (place + "indptr")).values == Tensor<double>({5}, {0, 2, 2, 3, 4}));
    CHECK(read_array(folder / (place + "shape")).values == Tensor<double>({2}, {3, 4}));
    CHECK(read_array(folder / (place + "indices")).dtype == "i8");
  }
}

TEST_CASE("sparse file: what is known of its spectrum stands beside the matrix in HDF5, and goes with it") {
  const ScratchFolder folder;
  const MatrixSpectrum spectrum{.rank = 2, .generic_rank = 3, .singular_values = {4, 2, 0}};
  write_sparse(folder / "x.h5:/w", some_matrix<double>(), "c", &spectrum);
  CHECK(read_array(folder / "x.h5:/w/singular_values").values == Tensor<double>({3}, {4, 2, 0}));
  const auto file = hdf5::File::open(folder / "x.h5");
  CHECK(file.integer_attribute("/w", "rank") == 2);
  CHECK(file.integer_attribute("/w", "generic_rank") == 3);
  write_sparse(folder / "x.h5:/w", some_matrix<double>());
  const auto later = hdf5::File::open(folder / "x.h5");
  CHECK_FALSE(later.exists("/w/singular_values"));
  CHECK_FALSE(later.has_attribute("/w", "rank"));
  write_sparse(folder / "with.npz", some_matrix<double>(), {}, &spectrum);  // has no place for it
  write_sparse(folder / "without.npz", some_matrix<double>());
  CHECK(content_of(folder / "with.npz") == content_of(folder / "without.npz"));
}

TEST_CASE("sparse file: a matrix takes the place of a matrix, and of nothing else") {
  const ScratchFolder folder;
  write_array(folder / "x.h5:/group/array", Tensor<double>({1}, {7}), "f8");
  write_sparse(folder / "x.h5:/w", some_matrix<double>());
  write_sparse(folder / "x.h5:/w", arma::sp_mat(1, 1));
  CHECK(read_array(folder / "x.h5:/w/shape").values == Tensor<double>({2}, {1, 1}));
  CHECK(read_array(folder / "x.h5:/w/data").values.size() == 0);
  CHECK_THROWS_WITH(write_sparse(folder / "x.h5:/group", some_matrix<double>()),
                    Contains("no sparse matrix"));
  CHECK_THROWS_AS(write_sparse(folder / "x.h5:/group/array", some_matrix<double>()), InvalidArgument);
  CHECK(read_array(folder / "x.h5:/group/array").values[0] == 7);
  CHECK_THROWS_WITH(write_sparse(folder / "x.txt", some_matrix<double>()), Contains("name FILE.npz"));
  CHECK_THROWS_AS(write_sparse(folder / "none/x.mtx", some_matrix<double>()), IoError);
}

TEST_CASE("sparse file: a full disk leaves the old file") {
  const ScratchFolder folder;
  const arma::sp_mat matrix(arma::mat(300, 150, arma::fill::ones));  // 400 kB of text, 720 kB in binary
  for (const std::string name : {"x.npz", "x.mtx", "x.h5"}) {
    INFO(name);
    write_sparse(folder / name, arma::sp_mat(2, 2));
    const std::string old = content_of(folder / name);
    const int status = exit_status_with_file_limit(200000, [&] {
      try {
        write_sparse(folder / name, matrix);
        return 0;
      } catch (const IoError&) {
        return 5;
      }
    });
    CHECK(status == 5);
    CHECK((content_of(folder / name) == old));
  }
  CHECK(folder.files() == 3);
}

TEST_CASE("sparse file: scipy reads all formats alike") {
  FSCONV_NEED_PYTHON("scipy.sparse, scipy.io, h5py");
  const ScratchFolder folder;
  for (const std::string extension : {"npz", "mtx", "h5"}) {
    write_sparse(folder / ("double." + extension), some_matrix<double>());
    write_sparse(folder / ("float." + extension), some_matrix<float>());
    write_sparse(folder / ("empty." + extension), arma::sp_mat(2, 5));
  }
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, numpy as np, scipy.io, scipy.sparse
def from_h5(name):
    with h5py.File(name) as f:
        g = f['matrix']
        assert g.attrs['format'] == 'csc'
        return scipy.sparse.csc_matrix((g['data'][:], g['indices'][:], g['indptr'][:]), tuple(g['shape']))
for name, t in (('double', np.float64), ('float', np.float32)):
    want = np.zeros((3, 4), t)
    want[0, 0] = want[2, 3] = t(1) / t(3); want[2, 0] = -2; want[1, 2] = t(1e-30)
    npz, h5, mtx = scipy.sparse.load_npz(name + '.npz'), from_h5(name + '.h5'), scipy.io.mmread(name + '.mtx')
    assert npz.format == 'csc' and npz.dtype == t and h5.dtype == t
    for m in (npz, h5, mtx.astype(t)):
        assert m.nnz == 4 and (m.toarray() == want).all(), (name, m)
for m in (scipy.sparse.load_npz('empty.npz'), from_h5('empty.h5'), scipy.io.mmread('empty.mtx')):
    assert m.shape == (2, 5) and m.nnz == 0
)");
}
