// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>

namespace fsconv {

std::string position_text(const Shape& shape, Index at) {
  Shape position(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    position[axis] = at % shape[axis];
    at /= shape[axis];
  }
  return fmt::format("[{}]", fmt::join(position, ", "));
}

void require_finite(const Tensor<double>& values, std::string_view where, std::string_view legal) {
  for (Index at = 0; at < values.size(); ++at)
    if (!std::isfinite(values[at]))
      throw BadData(where, fmt::format("holds {} at {}", values[at], position_text(values.shape(), at)),
                    legal);
}

void require_memory_for(std::string_view where, Index count, std::size_t element_bytes) try {
  require_memory(count, element_bytes, "array");
} catch (const InvalidArgument& error) {
  // The size is the file's mistake, not the caller's.
  const std::string_view message = error.what();
  throw BadData(where, message.substr(std::string_view("array: ").size()));
}

Index stated_count(std::string_view where, const Shape& shape) try {
  // An extent of 0 must not hide others that no program could step over.
  Shape at_least_one = shape;
  for (Index& extent : at_least_one) extent += extent == 0;
  element_count(at_least_one);
  return element_count(shape);
} catch (const InvalidArgument&) {
  throw BadData(where, fmt::format("states the shape ({}), which no array can have", fmt::join(shape, ", ")));
}

}  // namespace fsconv
