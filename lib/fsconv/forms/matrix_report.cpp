// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_report.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <nlohmann/json.hpp>

namespace fsconv {
namespace {

// The median time of `repetitions` calls; large matrices are not repeated.
template <class F>
double median_seconds(int repetitions, F&& f) {
  std::vector<double> seconds;
  for (int at = 0; at < repetitions; ++at) {
    const auto start = std::chrono::steady_clock::now();
    f();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

double per_nonzero(double seconds, Index nonzeros) {
  return seconds * 1e9 / static_cast<double>(std::max<Index>(nonzeros, 1));
}

}  // namespace

MatrixReport build_and_time(const Geometry& of, const Tensor<double>& weight_of, Direction map) {
  const bool conv = map == Direction::conv;
  const Geometry geometry = conv ? of : of.transposed();
  const Tensor<double> weight = conv ? weight_of : transposed_weight(of, weight_of);
  MatrixReport report{};
  report.name = print_case(of);
  report.map = map;
  report.nonzeros = nonzeros(geometry);
  const int repetitions = report.nonzeros > 20'000'000 ? 1 : 5;
  report.build_seconds = median_seconds(repetitions, [&] {
    report.w.reset();  // never two of them at once
    report.w = matrix::build(geometry, weight);
  });
  report.rows = static_cast<Index>(report.w.n_rows);
  report.columns = static_cast<Index>(report.w.n_cols);
  report.weights = weight.size();
  report.structure = structure_of(of, map);

  require_memory(2 * report.rows + report.columns, sizeof(double), "rows and columns of W");
  std::vector<Index> in_row(static_cast<std::size_t>(report.rows), 0);
  for (arma::uword at = 0; at < report.w.n_nonzero; ++at) ++in_row[report.w.row_indices[at]];
  if (!in_row.empty()) {
    const auto [row_least, row_most] = std::minmax_element(in_row.begin(), in_row.end());
    report.row_least = *row_least;
    report.row_most = *row_most;
  }
  report.empty_rows = std::count(in_row.begin(), in_row.end(), Index{0});
  report.column_least = report.columns > 0 ? report.nonzeros : 0;
  for (Index column = 0; column < report.columns; ++column) {
    const auto count = static_cast<Index>(report.w.col_ptrs[column + 1] - report.w.col_ptrs[column]);
    report.column_least = std::min(report.column_least, count);
    report.column_most = std::max(report.column_most, count);
    report.empty_columns += count == 0;
  }

  std::vector<double> x(static_cast<std::size_t>(report.columns), 1),
      y(static_cast<std::size_t>(report.rows), 1);
  const double multiply =
      median_seconds(repetitions, [&] { matrix::multiply(report.w, x.data(), y.data()); });
  const double transposed =
      median_seconds(repetitions, [&] { matrix::multiply_transposed(report.w, y.data(), x.data()); });
  report.multiply_seconds = conv ? multiply : transposed;
  report.transposed_seconds = conv ? transposed : multiply;
  return report;
}

std::string text(const MatrixReport& r) {
  std::string lines;
  const bool conv = r.map == Direction::conv;
  lines += fmt::format("{}  {}\n", conv ? "W" : "W^T", r.name);
  lines += fmt::format("size        {} x {} ({})\n", r.rows, r.columns,
                       conv ? "code pixels x image pixels" : "image pixels x code pixels");
  lines += fmt::format("nonzeros    {}  density {:.4g}  made of {}\n", r.nonzeros, r.density(),
                       counted(r.weights, "weight"));
  lines += text(r.structure, "structure   ");
  lines += fmt::format("per row     {} to {} nonzeros, {}\n", r.row_least, r.row_most,
                       counted(r.empty_rows, "empty row"));
  lines += fmt::format("per column  {} to {} nonzeros, {}\n", r.column_least, r.column_most,
                       counted(r.empty_columns, "empty column"));
  const auto line = [&](const char* what, double seconds) {
    lines += fmt::format("{:<11} {:.3g} s  {:.2f} ns per nonzero\n", what, seconds,
                         per_nonzero(seconds, r.nonzeros));
  };
  line("build", r.build_seconds);
  line("W x", r.multiply_seconds);
  line("W^T y", r.transposed_seconds);
  return lines;
}

void to_json(nlohmann::json& json, const MatrixReport& r) {
  json = {{"case", r.name},
          {"transposed", r.map == Direction::conv_transpose},
          {"rows", r.rows},
          {"columns", r.columns},
          {"nonzeros", r.nonzeros},
          {"density", r.density()},
          {"weights", r.weights},
          {"row_nonzeros", {r.row_least, r.row_most}},
          {"column_nonzeros", {r.column_least, r.column_most}},
          {"empty_rows", r.empty_rows},
          {"empty_columns", r.empty_columns},
          {"structure", r.structure},
          {"build_seconds", r.build_seconds},
          {"multiply_seconds", r.multiply_seconds},
          {"multiply_transposed_seconds", r.transposed_seconds}};
}

}  // namespace fsconv
