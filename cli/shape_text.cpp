// SPDX-License-Identifier: Apache-2.0
#include "shape_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fsconv/base/screen.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv::cli {

std::string space(const Shape& shape) {
  return fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), " x "));
}

void print_wrapped(const std::string& text, std::size_t hanging) {
  fmt::print("{}", wrapped_text(text, page_width(), hanging));
}

// Where the words are code, the lines can be pasted: Python goes on inside its brackets, a shell behind a backslash.
void print_equivalents(const Geometry& geometry, Direction direction, const FilterUse& filter) {
  for (const Equivalent& other : equivalents(geometry, direction, filter)) {
    const std::string begin = fmt::format("  {:<11} ", name(other.convention));
    if (other.exists && other.convention == Convention::native)
      fmt::print("{}", command_text(begin, other.text, page_width(), begin.size() + 2));
    else
      print_wrapped(begin + (other.exists ? "" : "none: ") + other.text, begin.size() + 2);
    for (const std::string& note : {other.remark, other.limits})
      if (!note.empty()) fmt::print("{:{}}# {}\n", "", begin.size(), note);
  }
}

}  // namespace fsconv::cli
