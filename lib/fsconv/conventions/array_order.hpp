// Which axis of a system's arrays is which, and whether its filter is reversed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/conventions/convention.hpp>

namespace fsconv {

// Where the axes of a system's arrays go, in fsconv's order: activations [batch, channels, space...], weights
// [code channels, image channels / groups, taps...].
struct ArrayOrder {
  std::vector<Index> image;  // axis a of ours is axis image[a] of theirs
  std::vector<Index> code;
  std::vector<Index> weight;
  bool flip = false;  // the system applies the filter reversed
};

// The order of `rank` spatial axes under these settings (data_format, flip, transpose_kernel). Throws InvalidArgument
// for a data format that the system does not have. Sources: as convention.hpp.
ArrayOrder array_order(Convention convention, Direction direction, std::size_t rank,
                       const Settings& settings = {});

// How somebody's array of the filter is to be used: what a call of another system must say, or its user do first.
struct FilterUse {
  bool reversed = false;                      // as ArrayOrder::flip
  std::optional<bool> transpose_kernel = {};  // of JAX's conv_transpose, where the array is in its order
};
FilterUse filter_use(Convention convention, Direction direction, std::size_t rank, const Settings& settings);

// The permutation that undoes `order`, which holds each of 0 ... size-1 once: inverse[order[a]] = a.
std::vector<Index> inverse_order(const std::vector<Index>& order);

// Theirs to ours and back: activations by ArrayOrder::image or ::code, [batch, channels, space...]; weights with the
// filter reversed where `flip` says so, [code channels, image channels / groups, taps...]. The arrays have as many axes
// as the order, which is not checked; nothing is thrown but what the memory refuses.
template <class T>
Tensor<T> activation_from(const std::vector<Index>& order, const Tensor<T>& theirs) {
  return permute(theirs, order);
}
template <class T>
Tensor<T> activation_to(const std::vector<Index>& order, const Tensor<T>& ours) {
  return permute(ours, inverse_order(order));
}
template <class T>
Tensor<T> weight_from(const ArrayOrder& order, const Tensor<T>& theirs) {
  std::vector<bool> reversed(order.weight.size(), order.flip);
  reversed[0] = reversed[1] = false;
  return permute(theirs, order.weight, reversed);
}
template <class T>
Tensor<T> weight_to(const ArrayOrder& order, const Tensor<T>& ours) {
  const std::vector<Index> inverse = inverse_order(order.weight);
  std::vector<bool> reversed(inverse.size());
  for (std::size_t axis = 0; axis < inverse.size(); ++axis) reversed[axis] = order.flip && inverse[axis] >= 2;
  return permute(ours, inverse, reversed);
}

// --- for the dialects ---

// The letters of space, as every system but JAX writes them: "W", "HW", "DHW" for `rank` = 1, 2, 3, which is not checked
// here or below.
std::string space_letters(std::size_t rank);

// Axis a of the result is the place in `letters` of letter a of `wanted`, which must be there: ("NHWC", "NCHW") ->
// {0, 3, 1, 2}.
std::vector<Index> places(std::string_view letters, std::string_view wanted);

// Activations `activation` ("NHWC") on both sides, weights `weight` ("HWIO", where `code` is the letter of the code's
// channels and `image` that of the image's), for `rank` axes of space. No flip.
ArrayOrder order_of_letters(std::size_t rank, const std::string& activation, const std::string& weight,
                            char code, char image);

// Channels right behind the batch ("NCHW") or last ("NHWC").
std::string channels_first(std::size_t rank);
std::string channels_last(std::size_t rank);

// A data format as JAX's dimension_numbers say it, "NHWC", "NHWC,HWIO" or "NHWC,HWIO,NCHW": what the operator reads, the
// filter, the result (as what it reads). Space may have any letters; each stands once, and the same in all three. Axis
// by axis, ours follow the filter, as JAX's window_strides do.
// `filter_by_default` ("HWIO") is the filter's order where the format has one part; `code` and `image` are the letters of
// its channels as above. Throws InvalidArgument("data_format", ...) with the problem and a format that is legal.
ArrayOrder order_of_dimension_numbers(const std::string& format, Direction direction, std::size_t rank,
                                      const std::string& filter_by_default, char code, char image);

}  // namespace fsconv
