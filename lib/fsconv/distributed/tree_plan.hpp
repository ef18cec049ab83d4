// Who adds what to what, where the terms of a tree sum lie on several ranks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/share.hpp>
#include <fsconv/distributed/tree_sum.hpp>
#include <vector>

namespace fsconv {

// Each rank has summed its share of the terms as far as TreeSum does it, and is left with nodes, numbered from left to
// right. A move adds one node to another, of the same rank or of two: then `from` is sent, and received by the owner
// of `to`. All ranks that make their moves in the order of the plan make the additions of the tree, and the sum is in the root.
// No two wait for each other: the first move in the order that is not made has both its ranks free.
struct TreePlan {
  struct Move {
    int to_rank, from_rank;
    std::size_t to, from;  // nodes of these ranks
  };
  std::vector<Move> moves;
  int root_rank = 0;   // the owner of the first term; the root is its first node
  Index messages = 0;  // moves between two ranks
  Index depth = 0;     // messages that follow one upon the other
};

// The subtrees that a rank is left with, which are whole within its share: places count them.
std::vector<TreeSum::Node> nodes_of(Share share);

// For terms >= 1, ranks >= 1. Takes a time that grows with ranks times the logarithm of the terms.
TreePlan tree_plan(Index terms, int ranks);

}  // namespace fsconv
