// Writes a sparse matrix in a format that scipy, MATLAB, Julia and R read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <armadillo>
#include <string>
#include <vector>

namespace fsconv {

// What is known of a matrix besides its entries.
struct MatrixSpectrum {
  std::int64_t rank, generic_rank;
  std::vector<double> singular_values;
};

// The format is chosen by the name:
//   x.npz            scipy.sparse.load_npz reads it (format csc, 64-bit indices)
//   x.mtx            Matrix Market: coordinate real general, 1-based, 17 digits (float: 9), column by column
//   x.h5[:/GROUP]    a group (default /matrix) with data, indices, indptr, shape and the attribute format =
//   "csc":
//                    scipy.sparse.csc_matrix((data, indices, indptr), shape). An existing file keeps its
//                    other content.
// `comment`, where given, is stored with the matrix as attribute "comment" or comment line (.npz has no place
// for it). `spectrum`, where given, is stored beside the matrix in HDF5, and nowhere else: the dataset singular_values
// and the attributes rank and generic_rank. The matrix is streamed, not copied. InvalidArgument for another extension, IoError if the system
// fails. T is float or double.
template <class T>
void write_sparse(const std::string& where, const arma::SpMat<T>& matrix, const std::string& comment = {},
                  const MatrixSpectrum* spectrum = nullptr);

// Throws what write_sparse would throw for another extension, before anything is computed.
void require_sparse_target(const std::string& where);

// Where write_sparse puts the matrix: of x.h5 that is x.h5:/matrix.
std::string sparse_place(const std::string& where);

}  // namespace fsconv
