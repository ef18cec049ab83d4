// The stride of an axis as a fraction: down/up, as it is written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// down/up: 2 is {2, 1}, 1/2 is {1, 2}. Nothing is cancelled: 2/2 puts a zero between the pixels and then takes every
// second position, which is another operator than stride 1.
struct Stride {
  Index down = 1;
  Index up = 1;
  bool operator==(const Stride&) const = default;
};

// "2", "1/2", "2/2": as people write it.
std::string text(const Stride& stride);

// Reads a list of them, "2,2/3". Throws InvalidArgument for 0, 1/0 and what is no fraction.
std::vector<Stride> parse_stride(std::string_view text);

}  // namespace fsconv
