// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <armadillo>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/train/factor_fit.hpp>
#include <numeric>

namespace fsconv {
namespace {

constexpr arma::uword widest_fit = 1024;  // D^3 operations, D^2 numbers

// [N, ...] as N rows.
arma::mat rows_of(const Tensor<float>& values, const char* field) {
  if (values.rank() < 2 || values.shape()[0] < 2 || values.size() == 0)
    throw InvalidArgument(field, fmt::format("has the shape [{}]", fmt::join(values.shape(), ", ")),
                          "a row for each of two images at least");
  const auto count = static_cast<arma::uword>(values.shape()[0]);
  arma::mat columns(static_cast<arma::uword>(values.size()) / count,
                    count);  // row-major is this one's transpose
  std::copy(values.begin(), values.end(), columns.begin());
  if (!columns.is_finite()) throw InvalidArgument(field, "holds numbers that are not finite");
  return columns.t();
}

// Columns of mean 0 and variance 1; those that do not vary become 0.
arma::mat standardised(arma::mat values) {
  values.each_row() -= arma::mean(values, 0);
  for (arma::uword column = 0; column < values.n_cols; ++column) {
    const double deviation = arma::norm(values.col(column)) / std::sqrt(static_cast<double>(values.n_rows));
    if (deviation > 0) values.col(column) /= deviation;
  }
  return values;
}

// Rows 0, 2, 4, ... or 1, 3, 5, ...
arma::mat every_second(const arma::mat& values, arma::uword first) {
  return values.rows(arma::regspace<arma::uvec>(first, 2, values.n_rows - 1));
}

// The w of the smallest norm among those for which |x w - y| is least, by the eigenvectors of x^T x.
arma::mat least_squares(const arma::mat& x, const arma::mat& y) {
  arma::vec values;
  arma::mat vectors;
  if (!arma::eig_sym(values, vectors, x.t() * x))
    throw Error(ExitCode::runtime, "the fit of factors did not converge");
  constexpr double negligible = 1e-12;
  arma::mat projected = vectors.t() * (x.t() * y);
  for (arma::uword at = 0; at < values.n_elem; ++at)
    projected.row(at) *= values(at) > negligible * values.max() ? 1 / values(at) : 0.0;
  return vectors * projected;
}

std::vector<double> r2_of(const arma::mat& codes, const arma::mat& factors) {
  // Standardised over all images, which leaves the fit what it is, and its squares comparable.
  const auto with_constant = [&](arma::uword first) {
    return arma::join_rows(every_second(codes, first), arma::ones((codes.n_rows + 1 - first) / 2)).eval();
  };
  const arma::mat weights = least_squares(with_constant(0), every_second(factors, 0));
  const arma::mat seen = every_second(factors, 1), error = seen - with_constant(1) * weights;
  std::vector<double> r2;
  for (arma::uword factor = 0; factor < seen.n_cols; ++factor) {
    const arma::vec around = seen.col(factor) - arma::mean(seen.col(factor));
    r2.push_back(1 - arma::dot(error.col(factor), error.col(factor)) / arma::dot(around, around));
  }
  return r2;
}

}  // namespace

FactorFit fit_factors(const Tensor<float>& codes, const Tensor<float>& factors,
                      const std::vector<std::string>& names) {
  const arma::mat z = standardised(rows_of(codes, "codes")), f = standardised(rows_of(factors, "factors"));
  if (z.n_rows != f.n_rows || f.n_cols != names.size())
    throw InvalidArgument("factors", fmt::format("are [{}, {}]", f.n_rows, f.n_cols),
                          fmt::format("[{}, {}]", z.n_rows, names.size()));
  FactorFit fit{names,
                static_cast<Index>(z.n_rows),
                Tensor<double>({static_cast<Index>(f.n_cols), static_cast<Index>(z.n_cols)}),
                {}};
  const arma::mat correlation = z.t() * f / static_cast<double>(z.n_rows);  // [D, F], column by column
  std::transform(correlation.begin(), correlation.end(), fit.squared_correlation.begin(),
                 [](double value) { return value * value; });
  if (z.n_cols <= widest_fit && (z.n_rows + 1) / 2 >= 2 * (z.n_cols + 1)) fit.r2 = r2_of(z, f);
  return fit;
}

nlohmann::json to_json(const FactorFit& fit) {
  nlohmann::json json = nlohmann::json::object();
  const Index numbers = fit.squared_correlation.shape()[1];
  for (std::size_t at = 0; at < fit.names.size(); ++at) {
    const auto row = fit.squared_correlation.begin() + static_cast<std::ptrdiff_t>(at) * numbers;
    json[fit.names[at]] = {{"squared_correlation", std::vector<double>(row, row + numbers)},
                           {"r2", at < fit.r2.size() ? nlohmann::json(fit.r2[at]) : nlohmann::json()}};
  }
  return json;
}

std::string text(const FactorFit& fit, std::size_t width) {
  constexpr Index fewest_correlated = 10;  // of fewer, unrelated numbers would correlate by a ninth and more
  constexpr std::size_t shown = 3;
  Table table(
      {{"factor"}, {"R2 of a linear fit", Align::right}, {"followed most by latent number", Align::wrapped}},
      width, 2);
  const auto numbers = static_cast<std::size_t>(fit.squared_correlation.shape()[1]);
  for (std::size_t at = 0; at < fit.names.size(); ++at) {
    const auto row = fit.squared_correlation.begin() + static_cast<std::ptrdiff_t>(at * numbers);
    std::vector<std::size_t> order(numbers);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t most = std::min(shown, numbers);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](std::size_t a, std::size_t b) {
                        return row[static_cast<std::ptrdiff_t>(a)] > row[static_cast<std::ptrdiff_t>(b)];
                      });
    std::vector<std::string> best;
    for (std::size_t n = 0; n < most; ++n)
      best.push_back(fmt::format("{} (r2 {:.2f})", order[n], row[static_cast<std::ptrdiff_t>(order[n])]));
    const bool by_chance = fit.images < fewest_correlated;
    table.add({fit.names[at], at < fit.r2.size() ? fmt::format("{:.3f}", fit.r2[at]) : "too few images",
               by_chance ? "too few images" : fmt::format("{}", fmt::join(best, ", "))});
  }
  return table.text();
}

}  // namespace fsconv
