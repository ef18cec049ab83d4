// An n-dimensional array: a shape and contiguous storage, last axis fastest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/index.hpp>
#include <fsconv/base/memory.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace fsconv {

template <class T>
class Tensor {
 public:
  Tensor() : shape_{0} {}

  // All elements zero. Throws InvalidArgument if the shape is negative, overflows or exceeds the memory.
  explicit Tensor(Shape shape, const char* what = "tensor") : shape_(std::move(shape)) {
    const Index count = element_count(shape_, what);
    require_memory(count, sizeof(T), what);
    values_.assign(static_cast<std::size_t>(count), T(0));
  }

  // Throws InvalidArgument if the values do not fill the shape exactly.
  Tensor(Shape shape, std::vector<T> values) : shape_(std::move(shape)), values_(std::move(values)) {
    if (element_count(shape_, "tensor") != size())
      throw InvalidArgument(
          "tensor", fmt::format("shape [{}] does not hold {} values", fmt::join(shape_, ", "), size()));
  }

  const Shape& shape() const { return shape_; }
  Index rank() const { return static_cast<Index>(shape_.size()); }
  Index size() const { return static_cast<Index>(values_.size()); }

  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  T& operator[](Index at) { return values_[static_cast<std::size_t>(at)]; }
  const T& operator[](Index at) const { return values_[static_cast<std::size_t>(at)]; }
  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

  bool operator==(const Tensor&) const = default;

  // The same values in another shape. Throws InvalidArgument if they do not fill it exactly.
  Tensor reshaped(Shape shape) && { return Tensor(std::move(shape), std::move(values_)); }

 private:
  Shape shape_;
  std::vector<T> values_;
};

// The same values in another number type.
template <class To, class From>
Tensor<To> cast(const Tensor<From>& from) {
  std::vector<To> values(static_cast<std::size_t>(from.size()));
  std::transform(from.begin(), from.end(), values.begin(),
                 [](const From& value) { return static_cast<To>(value); });
  return Tensor<To>(from.shape(), std::move(values));
}

// The first `count` of its first axis, or all where there are fewer.
template <class T>
Tensor<T> leading(const Tensor<T>& from, Index count) {
  Shape shape = from.shape();
  if (shape.empty() || count >= shape[0]) return from;
  shape[0] = std::max<Index>(count, 0);
  const Index kept = element_count(shape, "tensor");
  return Tensor<T>(std::move(shape), std::vector<T>(from.begin(), from.begin() + kept));
}

// The axes reordered: axis a of the result is axis order[a] of the argument. `reversed[a]`, where given,
// reverses axis a of the result. Throws InvalidArgument if `order` is not a permutation of the axes.
template <class T>
Tensor<T> permute(const Tensor<T>& from, const std::vector<Index>& order,
                  const std::vector<bool>& reversed = {}) {
  const auto rank = static_cast<std::size_t>(from.rank());
  std::vector<bool> seen(rank, false);
  for (Index axis : order) {
    if (axis < 0 || axis >= from.rank() || seen[static_cast<std::size_t>(axis)])
      throw InvalidArgument("axis order", fmt::format("({}) is not a permutation", fmt::join(order, ", ")));
    seen[static_cast<std::size_t>(axis)] = true;
  }
  if (order.size() != rank) throw InvalidArgument("axis order", "has another length than the shape");

  std::vector<Index> stride(rank, 1);  // of the argument, in elements
  for (std::size_t axis = rank; axis-- > 1;) stride[axis - 1] = stride[axis] * from.shape()[axis];
  Shape shape(rank);
  std::vector<Index> step(rank);
  Index start = 0;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto source = static_cast<std::size_t>(order[axis]);
    const bool backwards = !reversed.empty() && reversed[axis];
    shape[axis] = from.shape()[source];
    step[axis] = backwards ? -stride[source] : stride[source];
    if (backwards) start += (shape[axis] - 1) * stride[source];
  }

  Tensor<T> to(shape);
  std::vector<Index> position(rank, 0);
  Index source = start;
  for (Index at = 0; at < to.size(); ++at) {
    to[at] = from[source];
    for (std::size_t axis = rank; axis-- > 0;) {
      source += step[axis];
      if (++position[axis] < shape[axis]) break;
      source -= step[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return to;
}

}  // namespace fsconv
