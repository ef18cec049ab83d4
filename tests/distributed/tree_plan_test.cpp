// Who adds what where several ranks have the terms: the additions of the one tree, for every number of terms and ranks.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/distributed/tree_plan.hpp>
#include <fsconv/distributed/tree_sum.hpp>
#include <set>
#include <string>

using namespace fsconv;

namespace {

// What is added, by its terms or by its numbers.
struct Named {
  std::string text;
  friend Named operator+(const Named& a, const Named& b) { return {"(" + a.text + "+" + b.text + ")"}; }
  bool operator==(const Named&) const = default;
};

// The sum on one rank.
template <class V>
V whole_sum(const std::vector<V>& terms) {
  std::vector<V> places = terms;
  TreeSum tree;
  const auto apply = [&](const std::vector<TreeSum::Addition>& additions) {
    for (const auto& [to, from] : additions) places[to] = places[to] + places[from];
  };
  for (std::size_t at = 0; at < terms.size(); ++at) apply(tree.push(at));
  apply(tree.finish());
  return places[tree.root()];
}

// What the ranks are left with: of each the values of its nodes.
template <class V>
std::vector<std::vector<V>> own_sums(const std::vector<V>& terms, int ranks, bool aligned = true) {
  std::vector<std::vector<V>> all;
  for (int rank = 0; rank < ranks; ++rank) {
    const Share share = share_of(static_cast<Index>(terms.size()), rank, ranks);
    std::vector<V> places = terms;
    TreeSum tree(aligned ? static_cast<std::size_t>(share.first) : 0);
    for (Index at = share.first; at < share.last; ++at)
      for (const auto& [to, from] : tree.push(static_cast<std::size_t>(at)))
        places[to] = places[to] + places[from];
    std::vector<V>& own = all.emplace_back();
    for (const TreeSum::Node& node : tree.nodes()) own.push_back(places[node.place]);
  }
  return all;
}

template <class V>
V planned_sum(const std::vector<V>& terms, int ranks) {
  std::vector<std::vector<V>> own = own_sums(terms, ranks);
  const TreePlan plan = tree_plan(static_cast<Index>(terms.size()), ranks);
  for (const TreePlan::Move& move : plan.moves) {
    V& to = own[static_cast<std::size_t>(move.to_rank)][move.to];
    to = to + own[static_cast<std::size_t>(move.from_rank)][move.from];
  }
  return own[static_cast<std::size_t>(plan.root_rank)][0];
}

// What others do. Each rank sums what it has as if it were alone, and the ranks' sums are added in their order ...
template <class V>
V unaligned(const std::vector<V>& terms, int ranks) {
  std::vector<V> sums;
  for (int rank = 0; rank < ranks; ++rank) {
    const Share share = share_of(static_cast<Index>(terms.size()), rank, ranks);
    if (share.size() > 0)
      sums.push_back(whole_sum(std::vector<V>(terms.begin() + share.first, terms.begin() + share.last)));
  }
  return whole_sum(sums);
}
// ... or the sums of the right tree are added as they arrive: those of the last rank first ...
template <class V>
V by_arrival(const std::vector<V>& terms, int ranks) {
  const auto own = own_sums(terms, ranks);
  std::vector<V> sums;
  for (std::size_t rank = own.size(); rank-- > 0;)
    sums.insert(sums.end(), own[rank].begin(), own[rank].end());
  V sum = sums[0];
  for (std::size_t at = 1; at < sums.size(); ++at) sum = sum + sums[at];
  return sum;
}
// ... or the tree is rooted at the last rank.
template <class V>
V root_elsewhere(const std::vector<V>& terms, int ranks) {
  return planned_sum(std::vector<V>(terms.rbegin(), terms.rend()), ranks);
}

std::vector<Named> named_terms(Index count) {
  std::vector<Named> terms;
  for (Index at = 0; at < count; ++at) terms.push_back({std::to_string(at)});
  return terms;
}

// So many that no two sums agree by luck.
struct Numbers {
  std::array<float, 64> values;
  friend Numbers operator+(Numbers a, const Numbers& b) {
    for (std::size_t at = 0; at < a.values.size(); ++at) a.values[at] += b.values[at];
    return a;
  }
  bool operator==(const Numbers&) const = default;
};

std::vector<Numbers> random_terms(Index count) {
  Random random(7);
  std::vector<Numbers> terms(static_cast<std::size_t>(count));
  for (Numbers& term : terms)
    for (float& value : term.values) value = static_cast<float>(random.normal());
  return terms;
}

constexpr int rank_counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 33};

}  // namespace

TEST_CASE("share: by hand") {
  CHECK(share_of(10, 0, 4) == Share{0, 2});
  CHECK(share_of(10, 1, 4) == Share{2, 5});
  CHECK(share_of(10, 2, 4) == Share{5, 7});
  CHECK(share_of(10, 3, 4) == Share{7, 10});
  CHECK(share_of(1, 0, 2).size() == 0);
  CHECK(share_of(1, 1, 2) == Share{0, 1});
}

TEST_CASE("share: shares follow each other, end at the end and differ by one piece at most") {
  for (const Index pieces : {Index{0}, Index{1}, Index{4}, Index{7}, Index{1000}, Index{1} << 62})
    for (const int ranks : rank_counts) {
      Index next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Share share = share_of(pieces, rank, ranks);
        CHECK(share.first == next);
        CHECK(share.size() - pieces / ranks >= 0);
        CHECK(share.size() - pieces / ranks <= 1);
        next = share.last;
      }
      CHECK(next == pieces);
    }
}

TEST_CASE("tree plan: by hand") {
  // Blocks 0-2 and 3-5: {0-1}, {2} and {3}, {4-5}.
  const TreePlan plan = tree_plan(6, 2);
  REQUIRE(plan.moves.size() == 3);
  const auto is = [](const TreePlan::Move& move, int to_rank, std::size_t to, int from_rank,
                     std::size_t from) {
    return move.to_rank == to_rank && move.to == to && move.from_rank == from_rank && move.from == from;
  };
  CHECK(is(plan.moves[0], 0, 1, 1, 0));  // 2 + 3
  CHECK(is(plan.moves[1], 0, 0, 0, 1));  // 0-1 + 2-3
  CHECK(is(plan.moves[2], 0, 0, 1, 1));  // 0-3 + 4-5
  CHECK(plan.root_rank == 0);
  CHECK(plan.messages == 2);
  CHECK(plan.depth == 1);
  CHECK(planned_sum(named_terms(6), 2).text == "(((0+1)+(2+3))+(4+5))");
  // Fewer blocks than ranks: 0 is on rank 1, and 1 on rank 3.
  CHECK(tree_plan(2, 4).root_rank == 1);
  CHECK(tree_plan(2, 4).messages == 1);
  CHECK(tree_plan(1, 8).messages == 0);
}

TEST_CASE("tree plan: any number of ranks makes the additions of one") {
  for (Index count = 1; count <= 70; ++count) {
    const std::vector<Named> names = named_terms(count);
    const std::vector<Numbers> numbers = random_terms(count);
    for (const int ranks : rank_counts) {
      INFO(count << " terms, " << ranks << " ranks");
      CHECK(planned_sum(names, ranks) == whole_sum(names));
      CHECK(planned_sum(numbers, ranks) == whole_sum(numbers));
    }
  }
}

TEST_CASE(
    "tree plan: sums of whatever a rank has, in order of arrival or with another root are seen, in words and bits") {
  const auto differs = [](Index count, int ranks, auto&& sum) {
    const auto names = named_terms(count);
    const auto numbers = random_terms(count);
    const bool words = !(sum(names, ranks) == whole_sum(names)),
               bits = !(sum(numbers, ranks) == whole_sum(numbers));
    CHECK((words || !bits));  // the same additions have the same bits
    return words && bits;
  };
  for (const auto& [count, ranks] :
       {std::pair<Index, int>{7, 2}, {11, 3}, {37, 4}, {37, 2}, {100, 3}, {127, 8}}) {
    INFO(count << " terms, " << ranks << " ranks");
    CHECK(differs(count, ranks, [](const auto& terms, int n) { return unaligned(terms, n); }));
    CHECK(differs(count, ranks, [](const auto& terms, int n) { return by_arrival(terms, n); }));
    CHECK(differs(count, ranks, [](const auto& terms, int n) { return root_elsewhere(terms, n); }));
    CHECK_FALSE(differs(count, ranks, [](const auto& terms, int n) { return planned_sum(terms, n); }));
  }
  // Shares that are whole subtrees are summed rightly by anybody: to test with 64 blocks on 4 ranks would find nothing.
  CHECK_FALSE(differs(64, 4, [](const auto& terms, int n) { return unaligned(terms, n); }));
}

TEST_CASE(
    "tree plan: the depth is that of a binary tree over the ranks, and every rank but the root's sends") {
  for (const int ranks : {1, 2, 4, 8, 64, 1024}) {
    const TreePlan plan = tree_plan(8 * ranks, ranks);
    CHECK((Index{1} << plan.depth) == ranks);
    CHECK(plan.messages == ranks - 1);
    std::set<int> senders;
    for (const TreePlan::Move& move : plan.moves)
      if (move.from_rank != move.to_rank) senders.insert(move.from_rank);
    CHECK(static_cast<int>(senders.size()) == ranks - 1);
  }
  // Shares that are no subtrees: at most two chains of nodes per rank.
  for (const int ranks : rank_counts)
    for (Index count = 1; count <= 300; count += 7) {
      Index levels = 0;
      while ((Index{1} << levels) < count) ++levels;
      const TreePlan plan = tree_plan(count, ranks);
      CHECK(plan.depth <= levels);
      CHECK(plan.messages <= 2 * levels * ranks);
    }
}
