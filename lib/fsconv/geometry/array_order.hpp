// Which axis of a system's arrays is which, and whether its filter is reversed.
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/convention.hpp>

namespace fsconv {

// Where the axes of a system's arrays go, in fsconv's order: activations [batch, channels, space...], weights
// [code channels, image channels / groups, taps...].
struct ArrayOrder {
  std::vector<Index> activation;  // axis a of ours is axis activation[a] of theirs
  std::vector<Index> weight;
  bool flip;                    // the system applies the filter reversed
  std::string activation_name;  // "NHWC"
  std::string weight_name;      // "[kh, kw, image, code]"
};

// The order of `rank` spatial axes. Sources: as convention.hpp; JAX orders differ between its two functions.
ArrayOrder array_order(Convention convention, Direction direction, std::size_t rank);

// Theirs to ours and back. `flip` is the convention's unless the user says otherwise.
template <class T>
Tensor<T> activation_from(const ArrayOrder& order, const Tensor<T>& theirs) {
  return permute(theirs, order.activation);
}
template <class T>
Tensor<T> weight_from(const ArrayOrder& order, const Tensor<T>& theirs) {
  std::vector<bool> reversed(order.weight.size(), order.flip);
  reversed[0] = reversed[1] = false;
  return permute(theirs, order.weight, reversed);
}

std::vector<Index> inverse_order(const std::vector<Index>& order);

template <class T>
Tensor<T> activation_to(const ArrayOrder& order, const Tensor<T>& ours) {
  return permute(ours, inverse_order(order.activation));
}
template <class T>
Tensor<T> weight_to(const ArrayOrder& order, const Tensor<T>& ours) {
  const std::vector<Index> inverse = inverse_order(order.weight);
  std::vector<bool> reversed(inverse.size());
  for (std::size_t axis = 0; axis < inverse.size(); ++axis) reversed[axis] = order.flip && inverse[axis] >= 2;
  return permute(ours, inverse, reversed);
}

}  // namespace fsconv
