// How every other system would be told to compute the same geometry, or why it cannot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/convention.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct Equivalent {
  Convention convention;
  bool exists;
  // Code that runs when pasted (x is what is read, w the filter), or the reason why there is none.
  std::string text;
  std::string remark = {};  // what is to be done besides
  std::string limits = {};  // where alone it runs, where that is not everywhere
};

// One entry per system. A call is listed only if geometry_of() turns its settings into exactly this geometry. Where a
// system cannot say how the filter is used, or can only say the transposed geometry, in the other direction, a remark says
// what to do with the filter.
std::vector<Equivalent> equivalents(const Geometry& geometry, Direction direction,
                                    const FilterUse& filter = {});

class Dialect;

// For refusals of a system: how PyTorch, else fsconv on the system's own arrays, computes what was asked for.
// "use PyTorch: torch.nn...".
std::string way_out(const Dialect& system, const Geometry& geometry, Direction direction,
                    const Settings& settings);

}  // namespace fsconv
