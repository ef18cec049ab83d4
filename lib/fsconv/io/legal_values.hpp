// Values of a file, looked at one by one: whoever reads them refuses what cannot be, by the name of its object.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/index.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace fsconv {

// Throws BadData with the first value that is not so, and its place. is_legal(value, place); `legal` says what it asks for: "it
// is 0 to 1".
template <class Values, class Legal>
void require_legal(const hdf5::File& file, std::string_view object, const Values& values,
                   std::string_view legal, Legal is_legal) {
  Index place = 0;
  for (const auto& value : values) {
    if (!is_legal(value, place)) {
      std::string shown;
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
        shown = fmt::format("'{}'", excerpt(value));
      else
        shown = fmt::format("{}", value);
      throw BadData(fmt::format("{}:{}", file.path(), object), fmt::format("holds {} at {}", shown, place),
                    legal);
    }
    ++place;
  }
}

// Times, rates and counts of what was done.
inline bool is_amount(double value) { return std::isfinite(value) && value >= 0; }

// Two ways to the same number, of which one stands in a file: rounded a few times, perhaps by other instructions.
inline bool is_same(double a, double b) {
  constexpr double roundings = 1e-12;
  return std::abs(a - b) <= roundings * std::max(std::abs(a), std::abs(b));
}

}  // namespace fsconv
