// The share of one rank in work that is cut into pieces.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>

namespace fsconv {

// The pieces first ... last-1.
struct Share {
  Index first, last;

  Index size() const { return last - first; }
  bool operator==(const Share&) const = default;
};

// That of rank `rank` of `ranks` in `pieces` pieces: contiguous, in the order of the ranks, of sizes that differ by one
// at most. Where there are fewer pieces than ranks, some have none. Nothing is checked.
constexpr Share share_of(Index pieces, int rank, int ranks) {
  const Index whole = pieces / ranks, rest = pieces % ranks;  // pieces * rank might be too large a number
  const auto first = [=](Index at) { return at * whole + at * rest / ranks; };
  return {first(rank), first(rank + 1)};
}

}  // namespace fsconv
