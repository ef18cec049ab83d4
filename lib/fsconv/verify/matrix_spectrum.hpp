// How far W is from invertible: its rank, its singular values, what it maps to zero.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <armadillo>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <fsconv/symbolic/exact_rank.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace fsconv {

// How far a Gram matrix G (of W: W^T W or W W^T) is from two shapes, each as a share of G's norm, root of the sum of
// squares: 0 where G has that shape or is 0.
struct GramDistance {
  double from_identity = 0;  // from the nearest multiple of I
  double from_diagonal = 0;
};

// Of one W with its weights.
struct Spectrum {
  Index rows = 0, columns = 0;
  FoundRank rank;                       // of these weights, which are taken as exact
  FoundRank generic_rank;               // of almost all weights; no weights have a larger one
  std::vector<double> singular_values;  // min(rows, columns) of them, the largest first
  Index numerical_rank = 0;             // those above max(rows, columns) * epsilon * the largest
  double norm = 0;                      // Frobenius: its square is the sum of the squares of W's entries
  double norm_error = 0;                // | the same sum of the singular values, less it | / norm^2
  GramDistance transposed_times, times_transposed;  // of W^T W and of W W^T

  Index null_images() const { return columns - rank.rank; }  // dimensions of what W maps to 0
  Index null_codes() const { return rows - rank.rank; }      // of what W^T maps to 0
  // The share of an image that W keeps, on average over images of white noise: rank / columns; 0 for no columns.
  double kept() const;
  // The largest singular value over the smallest that belongs to the rank; 0 for rank 0. Where W is not invertible on
  // either side, no number says how badly; this one says it of the rest.
  double condition() const;
};

// Throws InvalidArgument, naming `field`, where W is so large that this would take minutes: a side above 8192, or
// rows * columns * the smaller of both above 2^34; with a null space, where columns^3 is.
void require_spectrum_size(const Geometry& geometry, std::string_view field);
void require_null_space_size(const Geometry& geometry, std::string_view field);

// Of w, which is the geometry's W or W^T: rows and columns, W^T W and W W^T are w's. The geometry says for which weights
// there is another rank.
// Singular values by LAPACK (gesdd), good to max(rows, columns) * epsilon * the largest; ranks as in
// symbolic/exact_rank.hpp, where randomness comes from too. Dense: throws InvalidArgument where memory lacks.
Spectrum spectrum_of(const Geometry& geometry, const arma::sp_mat& w);

// An orthonormal basis of what w maps to 0: images [columns - rank, in_channels, in...] where w is the matrix of conv,
// codes where it is that of conv_transpose. The right singular vectors that do not belong to the rank; any other basis of
// the same space is as good, and no single vector has a meaning of its own. None, an array of length 0, where nothing but 0 is
// mapped to 0.
Tensor<double> null_space(const Geometry& geometry, const arma::sp_mat& w, const Spectrum& spectrum,
                          Direction map);

// A few lines for people, on a page_width(); of W, or of W^T, the matrix of conv_transpose.
std::string text(const Spectrum& spectrum, Direction map);
void to_json(nlohmann::json& json, const Spectrum& spectrum);

}  // namespace fsconv
