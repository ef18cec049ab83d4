#include <fmt/format.h>

#include <fsconv/geometry/array_order.hpp>
#include <numeric>

namespace fsconv {
namespace {

std::string space_names(std::size_t rank) { return std::string("DHW").substr(3 - rank); }

// axis order for [space..., a, b] where ours has `first` and `second` in front
std::vector<Index> space_first(std::size_t rank, Index first, Index second) {
  std::vector<Index> order{first, second};
  for (std::size_t axis = 0; axis < rank; ++axis) order.push_back(static_cast<Index>(axis));
  return order;
}

}  // namespace

std::vector<Index> inverse_order(const std::vector<Index>& order) {
  std::vector<Index> inverse(order.size());
  for (std::size_t axis = 0; axis < order.size(); ++axis)
    inverse[static_cast<std::size_t>(order[axis])] = static_cast<Index>(axis);
  return inverse;
}

ArrayOrder array_order(Convention convention, Direction direction, std::size_t rank) {
  const bool transposed = direction == Direction::conv_transpose;
  const bool jax_transposed = convention == Convention::jax && transposed;
  const bool channels_last =
      convention == Convention::tensorflow || convention == Convention::keras || jax_transposed;
  const Index space = static_cast<Index>(rank);

  ArrayOrder order;
  order.activation.resize(rank + 2);
  std::iota(order.activation.begin(), order.activation.end(), 0);
  order.weight = order.activation;
  order.activation_name = "NC" + space_names(rank);
  order.weight_name = "[code, image/groups, taps...]";
  if (channels_last) {
    order.activation = {0, space + 1};
    for (Index axis = 0; axis < space; ++axis) order.activation.push_back(axis + 1);
    order.activation_name = "N" + space_names(rank) + "C";
    // TensorFlow's transposed filter is [.., out, in] = [.., image, code], the forward one [.., in, out]: the
    // same.
    order.weight = space_first(rank, space + 1, space);
    order.weight_name = "[taps..., image/groups, code]";
  }
  if (jax_transposed) {  // HWIO of the transposed operator, which reads the code
    order.weight = space_first(rank, space, space + 1);
    order.weight_name = "[taps..., code, image]";
  }
  // Theano convolves in the mathematical sense; JAX's transposed convolution correlates the stretched code,
  // which is W^T with the filter reversed (transpose_kernel=False).
  order.flip = convention == Convention::theano || jax_transposed;
  return order;
}

}  // namespace fsconv
