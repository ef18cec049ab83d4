// Sums over a fixed binary tree, however many terms are there at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace fsconv {

// Terms come one after the other, numbered from 0, each in a place of its own. A sum of two neighbours is formed as
// soon as both are complete: 0+1, 2+3, (0+1)+(2+3), ...; at the end what is left is added from the right. Which
// additions are made, and in which order, depends on the number of terms alone. This class only says which: place
// `from` is to be added to `to` and is free then. (What a binary counter does: a carry is a sum.)
class TreeSum {
 public:
  struct Addition {
    std::size_t to, from;
  };

  // The additions that a new term at `place` completes.
  std::vector<Addition> push(std::size_t place) {
    std::vector<Addition> additions;
    std::size_t level = 0;
    while (!waiting_.empty() && waiting_.back().level == level) {
      additions.push_back({waiting_.back().place, place});
      place = waiting_.back().place;
      waiting_.pop_back();
      ++level;
    }
    waiting_.push_back({place, level});
    return additions;
  }

  // The additions that are left; the sum is in root() then.
  std::vector<Addition> finish() {
    std::vector<Addition> additions;
    while (waiting_.size() > 1) {
      const std::size_t from = waiting_.back().place;
      waiting_.pop_back();
      additions.push_back({waiting_.back().place, from});
    }
    return additions;
  }

  std::size_t root() const { return waiting_.front().place; }
  // The places that hold sums which wait for others.
  bool holds(std::size_t place) const {
    for (const Partial& partial : waiting_)
      if (partial.place == place) return true;
    return false;
  }

 private:
  struct Partial {
    std::size_t place, level;
  };
  std::vector<Partial> waiting_;
};

}  // namespace fsconv
