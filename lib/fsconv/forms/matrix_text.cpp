// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <numeric>

namespace fsconv {

std::string element_name(std::string_view array, const Shape& shape, std::size_t channel_axes, Index at) {
  std::vector<Index> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; at /= shape[axis]) index[axis] = at % shape[axis];
  const auto first = static_cast<std::ptrdiff_t>(channel_axes);
  const bool one = std::all_of(shape.begin(), shape.begin() + first, [](Index n) { return n == 1; });
  const bool digits = std::all_of(shape.begin() + first, shape.end(), [](Index n) { return n <= 10; });
  const std::string channels = fmt::format("[{}]", fmt::join(index.begin(), index.begin() + first, ","));
  return fmt::format("{}{}{}", array, one ? "" : channels,
                     fmt::join(index.begin() + first, index.end(), digits ? "" : ","));
}

std::vector<std::vector<std::string>> symbolic_matrix(const Geometry& of, Direction map, Index largest) {
  // W^T as the W of the transposed geometry, whose weight holds the same elements in another order.
  const bool transposed = map == Direction::conv_transpose;
  const Geometry geometry = transposed ? of.transposed() : of;
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  const auto entries = checked_multiply(rows, columns);
  if (!entries || *entries > largest)
    throw InvalidArgument("print", fmt::format("{} is {} x {}", transposed ? "W^T" : "W", rows, columns),
                          fmt::format("at most {} entries are printed", largest));
  Tensor<double> names(of.weight_shape());
  std::iota(names.begin(), names.end(), 0.0);
  const arma::sp_mat w = matrix::build(geometry, transposed ? transposed_weight(of, names) : names);
  std::vector<std::vector<std::string>> text(
      static_cast<std::size_t>(rows), std::vector<std::string>(static_cast<std::size_t>(columns), "0"));
  for (arma::uword column = 0; column < w.n_cols; ++column)
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
      text[w.row_indices[at]][column] =
          element_name("w", of.weight_shape(), 2, static_cast<Index>(w.values[at]));
  return text;
}

}  // namespace fsconv
