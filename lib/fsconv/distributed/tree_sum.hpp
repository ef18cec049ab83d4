// Sums over a fixed binary tree, however many terms are there at once, and wherever they are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace fsconv {

// Terms come one after the other, numbered from 0, each in a place of its own. A sum of two neighbours is formed as
// soon as both are complete: 0+1, 2+3, (0+1)+(2+3), ...; at the end what is left is added from the right. Which
// additions are made, and in which order, depends on the number of terms alone. This class only says which: place
// `from` is to be added to `to` and is free then. (What a binary counter does: a carry is a sum.)
//
// Who has only the terms from number `first` on makes those of the same additions for which it has both operands; nodes() are
// left, which are whole subtrees of the one tree. Pushed one after the other into another TreeSum, those of all ranges of terms
// say the additions that are left: the sum does not depend on how the terms were shared out.
class TreeSum {
 public:
  struct Addition {
    std::size_t to, from;
    bool operator==(const Addition&) const = default;
  };
  // The sum of the terms i*2^level ... (i+1)*2^level - 1, in its place.
  struct Node {
    std::size_t place, level;
    bool operator==(const Node&) const = default;
  };

  explicit TreeSum(std::size_t first = 0) : next_(first) {}

  // The additions that a new term at `place` completes.
  std::vector<Addition> push(std::size_t place) { return push(Node{place, 0}); }
  // The same of the sum of the next 2^level terms, whose number is a multiple of 2^level.
  std::vector<Addition> push(Node node) {
    std::vector<Addition> additions;
    std::size_t begin = next_;
    next_ += std::size_t{1} << node.level;
    // The neighbour on the left makes a subtree with it if it is a left child: an even one of its level.
    while (!waiting_.empty() && waiting_.back().level == node.level && (begin >> node.level) % 2 == 1) {
      additions.push_back({waiting_.back().place, node.place});
      begin -= std::size_t{1} << node.level;
      node = {waiting_.back().place, node.level + 1};
      waiting_.pop_back();
    }
    waiting_.push_back(node);
    return additions;
  }

  // The additions that are left, for who has all terms; the sum is in root() then.
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
  // What waits for others, from left to right.
  const std::vector<Node>& nodes() const { return waiting_; }
  bool holds(std::size_t place) const {
    for (const Node& node : waiting_)
      if (node.place == place) return true;
    return false;
  }

 private:
  std::size_t next_;  // number of the next term
  std::vector<Node> waiting_;
};

}  // namespace fsconv
