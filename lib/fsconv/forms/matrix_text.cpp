#include <fmt/format.h>

#include <algorithm>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <numeric>

namespace fsconv {
namespace {

// The name of the weight at a flat offset of [out_channels, in_channels/groups, taps...].
std::string weight_name(const Geometry& geometry, Index at) {
  const Shape shape = geometry.weight_shape();
  std::vector<Index> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; at /= shape[axis]) index[axis] = at % shape[axis];
  const bool one_pair = shape[0] == 1 && shape[1] == 1;
  const bool short_taps = std::all_of(shape.begin() + 2, shape.end(), [](Index taps) { return taps <= 10; });
  return fmt::format("w{}{}", one_pair ? "" : fmt::format("[{},{}]", index[0], index[1]),
                     fmt::join(index.begin() + 2, index.end(), short_taps ? "" : ","));
}

}  // namespace

std::vector<std::vector<std::string>> symbolic_matrix(const Geometry& geometry, Index largest) {
  const Index rows = element_count(geometry.code_shape()), columns = element_count(geometry.image_shape());
  const auto entries = checked_multiply(rows, columns);
  if (!entries || *entries > largest)
    throw InvalidArgument("print", fmt::format("W is {} x {}", rows, columns),
                          fmt::format("at most {} entries are printed", largest));
  Tensor<double> names(geometry.weight_shape());
  std::iota(names.begin(), names.end(), 0.0);
  const arma::sp_mat w = matrix::build(geometry, names);
  std::vector<std::vector<std::string>> text(
      static_cast<std::size_t>(rows), std::vector<std::string>(static_cast<std::size_t>(columns), "0"));
  for (arma::uword column = 0; column < w.n_cols; ++column)
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
      text[w.row_indices[at]][column] = weight_name(geometry, static_cast<Index>(w.values[at]));
  return text;
}

}  // namespace fsconv
