// The bytes of an arena that are in use, and when: where the next array finds a place.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/index.hpp>
#include <map>
#include <vector>

namespace fsconv {

// Stretches of bytes [first, last) that do not touch: those that do become one.
class Stretches {
 public:
  void add(Index first, Index last);
  // Where the stretch that meets [first, last) ends, the first one if several do; `first` where none does.
  Index end_of_meeting(Index first, Index last) const;

 private:
  std::map<Index, Index> last_by_first_;
};

// Moments are 0 ... moments-1. A place that is taken from one moment to another, both included, is free at all
// others: a tree over the moments knows of each of its spans which bytes are in use throughout, and which at
// some moment. So a request looks at a few sums of what was placed, not at every place, and a thousand steps
// take a thousand times as long as one.
class Arena {
 public:
  explicit Arena(Index moments);

  // The lowest offset from which on `bytes` are free from moment `from` to moment `to`. They are taken then.
  Index place(Index bytes, Index from, Index to);

 private:
  struct Span {
    Stretches throughout, at_times;
  };

  // Calls f(span, whole) for the spans that [from, to] consists of (whole), and for those that contain one of these.
  template <class F>
  void for_each_span(Index from, Index to, F&& f);
  template <class F>
  void visit(std::size_t span, Index first, Index last, Index from, Index to, F&& f);

  Index moments_;
  std::vector<Span> spans_;
};

}  // namespace fsconv
