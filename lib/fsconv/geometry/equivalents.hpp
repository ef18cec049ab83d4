// How every other system would be told to compute the same geometry, or why it cannot.
#pragma once

#include <fsconv/geometry/convention.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct Equivalent {
  Convention convention;
  bool exists;
  std::string text;  // the call with its arguments, or the reason why there is none
};

// One entry per convention. A setting is listed only if geometry_of() turns it into exactly this geometry.
std::vector<Equivalent> equivalents(const Geometry& geometry, Direction direction);

}  // namespace fsconv
