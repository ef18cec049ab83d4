// Takes the images of a batch out of a data set, as numbers.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <span>

namespace fsconv {

// InvalidArgument if `images` is no array [N, C, H, W], or an entry of `order` is none of its images.
void check_order(const Tensor<std::uint8_t>& images, std::span<const Index> order);

// The images order[0], order[1], ... of [N, C, H, W] as [order.size(), C, H, W] with values in [0, 1]: v/255.
// Throws what check_order() throws.
template <class T>
Tensor<T> gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order);

// The same into memory for that many numbers, and unchecked.
template <class T>
void gather_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order, T* batch);

}  // namespace fsconv
