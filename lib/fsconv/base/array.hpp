// An array of numbers as it came from a file, and what is asked of it before use.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// Values of every kind of number are held as double; `dtype` is what they were in the file: kind and bytes,
// "f4", "f8", "i8", "u1", "b1". Integers that a double cannot hold exactly (beyond 2^53) are never read.
struct Array {
  Tensor<double> values;
  std::string dtype;
  std::vector<std::string> notes = {};  // what a user should know of how they were read, one line each
};

// Throws BadData that names the first position holding a NaN or an infinity. `where` is the file's name.
void require_finite(const Tensor<double>& values, std::string_view where,
                    std::string_view legal = "every value must be finite");
inline void require_finite(const Array& array, std::string_view where) {
  require_finite(array.values, where);
}

// The position of element `at` (last axis fastest), for messages: "[3, 0, 5]".
std::string position_text(const Shape& shape, Index at);

// Throws BadData naming `where` if `count` elements of `element_bytes` do not fit the memory: for sizes that
// a file states.
void require_memory_for(std::string_view where, Index count, std::size_t element_bytes);

// The number of elements of a shape that a file states. BadData naming `where` if it is negative or not
// countable.
Index stated_count(std::string_view where, const Shape& shape);

}  // namespace fsconv
