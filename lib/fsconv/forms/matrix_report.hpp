// What there is to say about one W: its structure, and how long it takes to build and to use.
#pragma once

#include <armadillo>
#include <fsconv/forms/matrix_structure.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace fsconv {

struct MatrixReport {
  std::string name;  // the case string
  arma::sp_mat w;
  Index rows, columns, nonzeros;
  Index weights;                    // different numbers that W is made of
  Index row_least, row_most;        // nonzeros of a row: code pixels near the border read fewer
  Index column_least, column_most;  // nonzeros of a column: image pixels that few windows reach
  Index empty_rows, empty_columns;  // code pixels that read nothing; image pixels that nothing reads
  MatrixStructure structure;
  double build_seconds, multiply_seconds, transposed_seconds;  // medians of a few repetitions

  // The share of entries that are not zero by structure; 0 for a W without entries.
  double density() const {
    const double entries = static_cast<double>(rows) * static_cast<double>(columns);
    return entries > 0 ? static_cast<double>(nonzeros) / entries : 0;
  }
};

// Builds W for weight [out_channels, in_channels/groups, taps...] and times building, W x and W^T y. A side without
// pixels or channels makes a W without rows or columns.
MatrixReport build_and_time(const Geometry& geometry, const Tensor<double>& weight);

std::string text(const MatrixReport& report);
void to_json(nlohmann::json& json, const MatrixReport& report);

}  // namespace fsconv
