// Which additions a fixed tree makes, against a recursive definition of it, for every number of
// terms and however they come.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/distributed/tree_sum.hpp>
#include <set>
#include <string>
#include <vector>

using namespace fsconv;

namespace {

// The sum of the terms first ... first+count-1: a whole tree is the sum of its halves; else the largest whole tree,
// and the sum of the rest is added to it.
std::string definition(std::size_t first, std::size_t count) {
  if (count == 1) return std::to_string(first);
  std::size_t whole = 1;
  while (2 * whole < count) whole *= 2;
  return "(" + definition(first, whole) + "+" + definition(first + whole, count - whole) + ")";
}

// Sums terms by their names, with a fresh place for each.
template <class Tree>
std::string summed(std::size_t count) {
  std::vector<std::string> places;
  Tree tree;
  const auto apply = [&](const auto& additions) {
    for (const auto& [to, from] : additions) places[to] = "(" + places[to] + "+" + places[from] + ")";
  };
  for (std::size_t term = 0; term < count; ++term) {
    places.push_back(std::to_string(term));
    apply(tree.push(term));
  }
  apply(tree.finish());
  return places[tree.root()];
}

// The same with as few places as a runner takes: those that hold no waiting sum are used again, `at_once` terms in a
// round, whose additions are made together at its end.
std::string summed_in_rounds(std::size_t count, std::size_t at_once, std::size_t* most_places = nullptr) {
  std::vector<std::string> places;
  TreeSum tree;
  for (std::size_t first = 0; first < count; first += at_once) {
    const std::size_t last = std::min(count, first + at_once);
    std::vector<std::size_t> free;
    for (std::size_t place = 0; free.size() < last - first; ++place) {
      if (place == places.size()) places.emplace_back();
      if (!tree.holds(place)) free.push_back(place);
    }
    for (std::size_t at = 0; at < free.size(); ++at) places[free[at]] = std::to_string(first + at);
    std::vector<TreeSum::Addition> additions;
    const auto note = [&](const std::vector<TreeSum::Addition>& more) {
      additions.insert(additions.end(), more.begin(), more.end());
    };
    for (const std::size_t place : free) note(tree.push(place));
    if (last == count) note(tree.finish());
    for (const auto& [to, from] : additions) {
      places[to] = "(" + places[to] + "+" + places[from] + ")";
      places[from] = "used up";
    }
  }
  if (most_places) *most_places = places.size();
  return places[tree.root()];
}

// One after the other: what the tree is not.
class Chain {
 public:
  std::vector<TreeSum::Addition> push(std::size_t place) {
    if (place == 0) return {};
    return {{0, place}};
  }
  std::vector<TreeSum::Addition> finish() { return {}; }
  std::size_t root() const { return 0; }
};

// Whole trees as they should be, but what is left is added from the left.
class FromTheLeft : public TreeSum {
 public:
  std::vector<TreeSum::Addition> finish() {
    std::vector<TreeSum::Addition> reversed = TreeSum::finish();
    // additions {a, b}, {z, a} become {z, a}, {z, b}
    std::vector<TreeSum::Addition> list;
    for (std::size_t at = reversed.size(); at-- > 0;) list.push_back({root(), reversed[at].from});
    return list;
  }
};

}  // namespace

TEST_CASE("tree_sum: by hand") {
  CHECK(summed<TreeSum>(1) == "0");
  CHECK(summed<TreeSum>(2) == "(0+1)");
  CHECK(summed<TreeSum>(3) == "((0+1)+2)");
  CHECK(summed<TreeSum>(4) == "((0+1)+(2+3))");
  CHECK(summed<TreeSum>(6) == "(((0+1)+(2+3))+(4+5))");
  CHECK(summed<TreeSum>(7) == "(((0+1)+(2+3))+((4+5)+6))");
}

TEST_CASE("tree_sum: every number of terms gives the additions of the definition") {
  for (std::size_t count = 1; count <= 300; ++count) CHECK(summed<TreeSum>(count) == definition(0, count));
}

TEST_CASE("tree_sum: so does every way of cutting the terms into rounds") {
  for (std::size_t count = 1; count <= 70; ++count)
    for (std::size_t at_once = 1; at_once <= count + 1; ++at_once) {
      CAPTURE(count, at_once);
      std::size_t places = 0;
      CHECK(summed_in_rounds(count, at_once, &places) == definition(0, count));
      // Beside a round, only a sum per binary digit waits.
      CHECK(places <= at_once + 7);
    }
}

TEST_CASE("tree_sum: rounds of unequal length, too") {
  // All cuttings of up to 11 terms: a bit says whether a round ends.
  for (std::size_t count = 1; count <= 11; ++count)
    for (std::size_t cuts = 0; cuts < std::size_t{1} << (count - 1); ++cuts) {
      std::vector<std::string> places(count);
      std::vector<std::size_t> free;
      TreeSum tree;
      std::vector<TreeSum::Addition> additions;
      const auto note = [&](const std::vector<TreeSum::Addition>& more) {
        additions.insert(additions.end(), more.begin(), more.end());
      };
      std::size_t in_round = 0;
      const auto place_for = [&](std::size_t which) {  // the which-th that is free at the start of a round
        for (std::size_t place = 0;; ++place)
          if (!tree.holds(place) && which-- == 0) return place;
      };
      std::vector<std::size_t> round;
      for (std::size_t term = 0; term < count; ++term) {
        const std::size_t place = place_for(in_round++);
        places.resize(std::max(places.size(), place + 1));
        places[place] = std::to_string(term);
        round.push_back(place);
        if (term + 1 < count && (cuts >> term & 1) == 0) continue;
        for (const std::size_t at : round) note(tree.push(at));
        if (term + 1 == count) note(tree.finish());
        for (const auto& [to, from] : additions) places[to] = "(" + places[to] + "+" + places[from] + ")";
        additions.clear();
        round.clear();
        in_round = 0;
      }
      CHECK(places[tree.root()] == definition(0, count));
    }
}

TEST_CASE("tree_sum: a place is held from its first sum until it is added to another") {
  TreeSum tree;
  std::set<std::size_t> waiting;
  for (std::size_t place = 0; place < 70; ++place) {
    waiting.insert(place);
    for (const auto& [to, from] : tree.push(place)) {
      CHECK(waiting.count(to) == 1);
      CHECK(waiting.erase(from) == 1);
    }
    for (std::size_t at = 0; at < 70; ++at) CHECK(tree.holds(at) == (waiting.count(at) == 1));
  }
  for (const auto& [to, from] : tree.finish()) {
    CHECK(waiting.count(to) == 1);
    CHECK(waiting.erase(from) == 1);
  }
  CHECK(waiting == std::set<std::size_t>{tree.root()});
}

TEST_CASE("tree_sum: another order of additions is seen") {
  CHECK(summed<Chain>(2) == definition(0, 2));
  CHECK(summed<Chain>(4) != definition(0, 4));
  CHECK(summed<FromTheLeft>(3) == definition(0, 3));
  CHECK(summed<FromTheLeft>(7) == "((((0+1)+(2+3))+(4+5))+6)");
  CHECK(summed<FromTheLeft>(7) != definition(0, 7));
}
