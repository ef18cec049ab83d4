// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/distributed/tree_plan.hpp>

namespace fsconv {

std::vector<TreeSum::Node> nodes_of(Share share) {
  std::vector<TreeSum::Node> nodes;
  // The largest subtree that begins at `at` and does not end after the share.
  for (Index at = share.first; at < share.last;) {
    std::size_t level = 0;
    while ((at >> level) % 2 == 0 && at + (Index{2} << level) <= share.last) ++level;
    nodes.push_back({nodes.size(), level});
    at += Index{1} << level;
  }
  return nodes;
}

TreePlan tree_plan(Index terms, int ranks) {
  struct Owned {
    int rank;
    std::size_t node;
    Index depth;  // messages that had to come before
  };
  TreePlan plan;
  std::vector<Owned> all;
  TreeSum tree;
  const auto note = [&](const std::vector<TreeSum::Addition>& additions) {
    for (const auto& [to, from] : additions) {
      Owned &left = all[to], &right = all[from];
      const bool is_message = left.rank != right.rank;
      plan.moves.push_back({left.rank, right.rank, left.node, right.node});
      plan.messages += is_message ? 1 : 0;
      left.depth = std::max(left.depth, right.depth + (is_message ? 1 : 0));
    }
  };
  for (int rank = 0; rank < ranks; ++rank)
    for (const TreeSum::Node& node : nodes_of(share_of(terms, rank, ranks))) {
      all.push_back({rank, node.place, 0});
      note(tree.push(TreeSum::Node{all.size() - 1, node.level}));
    }
  note(tree.finish());
  plan.root_rank = all[tree.root()].rank;
  plan.depth = all[tree.root()].depth;
  return plan;
}

}  // namespace fsconv
