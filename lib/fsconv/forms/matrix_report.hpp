// What there is to say about one W: its structure, and how long it takes to build and to use.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <armadillo>
#include <fsconv/forms/matrix_structure.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace fsconv {

// Of W, the matrix of conv: rows are code channels and pixels, columns image channels and pixels, as matrix::build has
// them. Of W^T, the matrix of conv_transpose: the other way round.
struct MatrixReport {
  std::string name;  // the case string
  Direction map;
  arma::sp_mat w;  // [rows x columns]
  Index rows, columns;
  Index nonzeros;                   // stored entries: a weight of 0 counts
  Index weights;                    // numbers that W is made of: the elements of the weight
  Index row_least, row_most;        // nonzeros of a row: code pixels near the border read fewer
  Index column_least, column_most;  // nonzeros of a column: image pixels that few windows reach
  Index empty_rows, empty_columns;  // code pixels that read nothing; image pixels that nothing reads
  MatrixStructure structure;
  // Medians of a few repetitions on one thread; of one, where W is large. 0 where the clock saw no time pass.
  double build_seconds, multiply_seconds, transposed_seconds;  // multiply: W x; transposed: W^T y

  // The share of entries that are not zero by structure; 0 for a W without entries.
  double density() const {
    const double entries = static_cast<double>(rows) * static_cast<double>(columns);
    return entries > 0 ? static_cast<double>(nonzeros) / entries : 0;
  }
};

// Builds W for weight [out_channels, in_channels/groups, taps...], last index fastest, and times building, W x and W^T y
// for x and y of ones. For conv_transpose it builds W^T, with no W on the way, and times that. A side without pixels or channels makes a W without rows or columns. Throws InvalidArgument where
// W, or a number for each of its rows and columns, does not fit the memory; neither geometry nor shape is checked.
MatrixReport build_and_time(const Geometry& geometry, const Tensor<double>& weight,
                            Direction map = Direction::conv);

// A few lines for people, and the same for machines; times in seconds, and in the text in nanoseconds per nonzero too.
std::string text(const MatrixReport& report);
void to_json(nlohmann::json& json, const MatrixReport& report);

}  // namespace fsconv
