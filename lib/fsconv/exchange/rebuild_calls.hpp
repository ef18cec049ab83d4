// How a map of a model is called in PyTorch: its options, and the F.pad() before and after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <string>
#include <vector>

namespace fsconv {

// One number per axis.
using Integers = std::vector<Index>;

// Whether one of them is another than usual.
bool any_other(const Integers& list, Index usual);

// "2" where all axes have it, else "(2, 1)".
std::string per_axis_text(const Integers& values);

// "32x32"
std::string sizes_text(const Shape& size);

// F.pad() of the value, its list last axis first, before and behind of each; the value where nothing is padded.
std::string pad_text(const std::string& value, const Integers& begins, const Integers& ends);

// What the two directions of a map are given besides numbers.
struct PythonCall {
  std::string options;  // ", stride=2, padding=1"
  Integers zero_begin, zero_end, before_begin, before_end, after_begin,
      after_end;  // of F.pad(), the first two steps before the map
};

PythonCall call_of(const Geometry& geometry, Direction direction);

}  // namespace fsconv
