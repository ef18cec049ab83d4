// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/verify/matrix_spectrum.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

namespace fsconv {
namespace {

constexpr Index most_work = Index{1} << 34, longest_side = Index{1} << 13;

struct Sides {
  Index rows, columns;
};
Sides sides_of(const Geometry& geometry) {
  return {element_count(geometry.code_shape(), "rows of W"),
          element_count(geometry.image_shape(), "columns of W")};
}

SparseColumns<double> by_columns(const arma::sp_mat& w) {
  return {static_cast<Index>(w.n_rows), std::vector<Index>(w.col_ptrs, w.col_ptrs + w.n_cols + 1),
          std::vector<Index>(w.row_indices, w.row_indices + w.n_nonzero),
          std::vector<double>(w.values, w.values + w.n_nonzero)};
}

// W with the number of the weight's element in every entry.
SparseColumns<Index> elements_of(const Geometry& geometry) {
  Tensor<Index> numbers(geometry.weight_shape());
  std::iota(numbers.begin(), numbers.end(), Index{0});
  matrix::Columns<Index> w = matrix::build_columns(geometry, numbers);
  return {sides_of(geometry).rows, std::move(w.starts), std::move(w.rows), std::move(w.values)};
}

// Of G = A^T A. The distance from I comes from the singular values, whose squares are G's eigenvalues (others are 0):
// as a difference of large sums it would lose half of its digits. G itself exists a few columns at a time.
GramDistance gram_distance(const arma::mat& a, const arma::vec& singular_values) {
  const auto size = static_cast<double>(a.n_cols);
  const arma::vec eigenvalues = arma::square(singular_values);
  const double norm_squared = arma::dot(eigenvalues, eigenvalues);
  const double multiple = arma::accu(eigenvalues) / size;
  double from_identity = (size - static_cast<double>(eigenvalues.n_elem)) * multiple * multiple;
  for (const double eigenvalue : eigenvalues)
    from_identity += (eigenvalue - multiple) * (eigenvalue - multiple);

  constexpr arma::uword block = 256;
  double from_diagonal = 0;
  for (arma::uword first = 0; first < a.n_cols; first += block) {
    const arma::uword last = std::min<arma::uword>(first + block, a.n_cols) - 1;
    arma::mat gram = a.t() * a.cols(first, last);
    for (arma::uword column = first; column <= last; ++column) gram(column, column - first) = 0;
    from_diagonal += arma::accu(arma::square(gram));
  }
  return {std::sqrt(from_identity / norm_squared), std::sqrt(from_diagonal / norm_squared)};
}

[[noreturn]] void refuse_size(std::string_view field, const Sides& w, const std::string& legal) {
  throw InvalidArgument(
      field, fmt::format("W is {} x {}, and this works on a dense matrix", w.rows, w.columns), legal);
}

bool beyond(Index a, Index b, Index c) {
  const auto square = checked_multiply(a, b);
  const auto work = square ? checked_multiply(*square, c) : std::nullopt;
  return !work || *work > most_work;
}

}  // namespace

double Spectrum::kept() const {
  return columns > 0 ? static_cast<double>(rank.rank) / static_cast<double>(columns) : 0;
}

double Spectrum::condition() const {
  if (rank.rank == 0) return 0;
  return singular_values.front() / singular_values[static_cast<std::size_t>(rank.rank) - 1];
}

void require_spectrum_size(const Geometry& geometry, std::string_view field) {
  const Sides w = sides_of(geometry);
  if (std::max(w.rows, w.columns) > longest_side || beyond(w.rows, w.columns, std::min(w.rows, w.columns)))
    refuse_size(
        field, w,
        "no side above 8192 and rows * columns * the smaller of both at most 2^34, as for 2580 x 2580 or 1024 x 8192");
}

void require_null_space_size(const Geometry& geometry, std::string_view field) {
  require_spectrum_size(geometry, field);
  const Sides w = sides_of(geometry);
  const Index longer = std::max(w.rows, w.columns);
  if (beyond(longer, longer, longer)) refuse_size(field, w, "sides of at most 2580");
}

Spectrum spectrum_of(const Geometry& geometry, const arma::sp_mat& w) {
  require_memory(static_cast<Index>(w.n_cols), 4 * sizeof(double) * w.n_rows,
                 "dense matrices of W's size");  // LAPACK destroys one, and works on others
  Spectrum spectrum;
  spectrum.rows = static_cast<Index>(w.n_rows);
  spectrum.columns = static_cast<Index>(w.n_cols);
  Random random(0, 1);
  spectrum.rank = rank_of(by_columns(w), random);
  const SparseColumns<Index> elements = elements_of(geometry);
  spectrum.generic_rank = generic_rank_of(elements, element_count(geometry.weight_shape()), random);
  if (w.n_rows == 0 || w.n_cols == 0) return spectrum;

  // All of it in units of about the largest weight, a power of two, which rounds nothing: sums and squares of huge numbers
  // overflow.
  arma::mat dense(w);
  const double heaviest = arma::abs(dense).max();
  const double unit = heaviest > 0 ? std::exp2(std::ilogb(heaviest)) : 1;
  dense /= unit;
  arma::vec values;
  if (!arma::svd(values, dense))
    throw Error(ExitCode::runtime, "LAPACK's gesdd finds no singular values of W");
  for (const double value : values) spectrum.singular_values.push_back(value * unit);
  const double largest = values.front();
  if (largest == 0) return spectrum;
  const double rounding =
      static_cast<double>(std::max(w.n_rows, w.n_cols)) * std::numeric_limits<double>::epsilon() * largest;
  spectrum.numerical_rank =
      std::count_if(values.begin(), values.end(), [&](double value) { return value > rounding; });

  // What follows squares numbers: in units of the largest, so that none of them vanishes.
  dense /= largest;
  for (double& value : values) value /= largest;
  const double norm_squared = arma::accu(arma::square(dense));
  spectrum.norm = std::sqrt(norm_squared) * largest * unit;
  if (!std::isfinite(spectrum.norm))
    throw BadData("weight",
                  fmt::format("has {:.3g}, and W has singular values that no double can be", heaviest),
                  "scale it: they grow as it does");
  spectrum.norm_error = std::abs(arma::dot(values, values) - norm_squared) / norm_squared;
  spectrum.transposed_times = gram_distance(dense, values);
  arma::inplace_trans(dense);
  spectrum.times_transposed = gram_distance(dense, values);
  return spectrum;
}

Tensor<double> null_space(const Geometry& geometry, const arma::sp_mat& w, const Spectrum& spectrum,
                          Direction map) {
  const Index rank = spectrum.rank.rank, dimensions = spectrum.null_images();
  Tensor<double> basis(map == Direction::conv ? geometry.image_shape(dimensions)
                                              : geometry.code_shape(dimensions));
  if (dimensions == 0) return basis;
  require_memory(std::max(spectrum.columns, spectrum.rows), 4 * sizeof(double) * std::max(w.n_rows, w.n_cols),
                 "singular vectors of W");
  arma::mat left, right;
  arma::vec values;
  if (w.n_rows == 0)
    right.eye(w.n_cols, w.n_cols);
  else if (!arma::svd(left, values, right, arma::mat(w)))
    throw Error(ExitCode::runtime, "LAPACK's gesdd finds no singular vectors of W");
  std::copy_n(right.colptr(static_cast<arma::uword>(rank)), basis.size(), basis.data());
  return basis;
}

namespace {

std::string certainty(const FoundRank& found) {
  return found.certain() ? "certain"
                         : fmt::format("wrong with a chance of 2^{:.0f} at most", found.log2_doubt);
}

// All of a few, or five of many.
std::string some_of(const std::vector<double>& values) {
  std::vector<std::string> words;
  if (values.size() <= 8) {
    for (const double value : values) words.push_back(fmt::format("{:.4g}", value));
  } else {
    for (std::size_t part = 0; part <= 4; ++part)
      words.push_back(fmt::format("{:.4g}", values[(values.size() - 1) * part / 4]));
    words.insert(words.begin() + 1, "...");
    words.insert(words.end() - 1, "...");
  }
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::string text(const Spectrum& s, Direction map) {
  const bool transposed = map == Direction::conv_transpose;
  const char* const a = transposed ? "W^T" : "W";
  const char* const b = transposed ? "W" : "W^T";
  const char* const from = transposed ? "codes" : "images";
  const char* const to = transposed ? "images" : "codes";
  std::string lines;
  const auto line = [&](std::string_view title, const std::string& words) {
    lines += wrapped_text(fmt::format("{:<12}{}", title, words), page_width(), 12);
  };
  line("rank",
       fmt::format("{} of {} rows and {} columns, {}", s.rank.rank, s.rows, s.columns, certainty(s.rank)));
  line("", fmt::format("{} for almost all weights, {}", s.generic_rank.rank, certainty(s.generic_rank)));
  line("maps to 0", fmt::format("{}: {} of {}; {}: {} of {}", a, counted(s.null_images(), "dimension"), from,
                                b, counted(s.null_codes(), "dimension"), to));
  line("keeps", fmt::format("{:.4g}% of {} of white noise, on average", 100 * s.kept(), from));
  if (s.singular_values.empty()) return lines;
  line("sigma", fmt::format("{}: singular values, {} above the rounding", some_of(s.singular_values),
                            s.numerical_rank));
  if (s.rank.rank > 0) {
    line("", fmt::format("the largest is {:.4g} times the least of the {} that belong to the rank",
                         s.condition(), s.rank.rank));
    line("", fmt::format("norm {:.6g}; their squares add up to those of the entries but for {:.1g}", s.norm,
                         s.norm_error));
    const auto gram = [&](const std::string& name, const GramDistance& g) {
      line(name, fmt::format("{:.3g} of its norm away from a multiple of I, {:.3g} from its diagonal",
                             g.from_identity, g.from_diagonal));
    };
    gram(fmt::format("{} {}", b, a), s.transposed_times);
    gram(fmt::format("{} {}", a, b), s.times_transposed);
  }
  return lines;
}

void to_json(nlohmann::json& json, const Spectrum& s) {
  const auto found = [](const FoundRank& rank) {
    return nlohmann::json{
        {"rank", rank.rank},
        {"certain", rank.certain()},
        {"log2_doubt", rank.certain() ? nlohmann::json() : nlohmann::json(rank.log2_doubt)}};
  };
  const auto gram = [](const GramDistance& g) {
    return nlohmann::json{{"from_multiple_of_identity", g.from_identity}, {"from_diagonal", g.from_diagonal}};
  };
  json = {{"rank", found(s.rank)},
          {"generic_rank", found(s.generic_rank)},
          {"numerical_rank", s.numerical_rank},
          {"null_space", s.null_images()},
          {"null_space_of_transpose", s.null_codes()},
          {"kept", s.kept()},
          {"singular_values", s.singular_values},
          {"condition", s.condition()},
          {"norm", s.norm},
          {"norm_error", s.norm_error},
          {"transposed_times_it", gram(s.transposed_times)},
          {"it_times_transposed", gram(s.times_transposed)}};
}

}  // namespace fsconv
