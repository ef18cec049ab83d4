// What there is to say about one W: its structure, and how long it takes to build and to use.
#pragma once

#include <armadillo>
#include <fsconv/geometry/geometry.hpp>
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
  Index block_rows, block_columns;  // W is a grid of out x in channel blocks, those of other groups zero,
  int levels;                       // each block `levels` times nested Toeplitz with step down/up
  double build_seconds, multiply_seconds, transposed_seconds;  // medians of a few repetitions

  double density() const {
    return static_cast<double>(nonzeros) / (static_cast<double>(rows) * static_cast<double>(columns));
  }
};

// Builds W for weight [out_channels, in_channels/groups, taps...] and times building, W x and W^T y.
MatrixReport build_and_time(const Geometry& geometry, const Tensor<double>& weight);

std::string text(const MatrixReport& report);
void to_json(nlohmann::json& json, const MatrixReport& report);

}  // namespace fsconv
