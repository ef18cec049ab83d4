// The lists of taps against the equation itself.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/engine/tap_lists.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/sweep.hpp>
#include <tuple>
#include <utility>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

using Triple = std::tuple<Index, Index, Index>;  // image pixel, code pixel, tap
using Triples = std::vector<Triple>;

// All triples of the definition, by trying every one.
Triples by_definition(const Geometry& g) {
  const auto axes = three_axes(g);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  Triples list;
  for_each_position(in, [&](const Index3& i) {
    for_each_position(out, [&](const Index3& o) {
      for_each_position(taps, [&](const Index3& k) {
        for (std::size_t a = 0; a < 3; ++a)
          if (axes[a].up * i[a] != axes[a].down * o[a] + axes[a].dilation * k[a] - axes[a].pad) return;
        list.emplace_back(flatten(i, in), flatten(o, out), flatten(k, taps));
      });
    });
  });
  std::sort(list.begin(), list.end());
  return list;
}

// The triples that a list holds, where triple(group, factor) puts one together.
template <class F>
Triples listed(const TapList& list, F triple) {
  Triples all;
  for (Index group = 0; group < list.groups(); ++group)
    for (const Factor& factor : list[group]) all.push_back(triple(group, factor));
  std::sort(all.begin(), all.end());
  return all;
}

bool holds(const TapLists& lists, const Triples& expected) {
  return listed(lists.by_code, [](Index g, Factor f) { return Triple(f.a, g, f.b); }) == expected &&
         listed(lists.by_image, [](Index g, Factor f) { return Triple(g, f.a, f.b); }) == expected &&
         listed(lists.by_tap, [](Index g, Factor f) { return Triple(f.a, f.b, g); }) == expected;
}

// Whether every pixel is in one run, and each pixel of a run has the first one's taps, moved along.
bool are_runs(const std::vector<Run>& runs, const TapList& list, Index step, Index other_step) {
  std::vector<int> seen(static_cast<std::size_t>(list.groups()), 0);
  for (const Run& run : runs)
    for (Index j = 0; j < run.count; ++j) {
      const Index pixel = run.first + j * step;
      if (pixel >= list.groups()) return false;
      ++seen[static_cast<std::size_t>(pixel)];
      const auto first = list[run.first], here = list[pixel];
      if (first.size() != here.size()) return false;
      for (std::size_t at = 0; at < first.size(); ++at)
        if (here[at].b != first[at].b || here[at].a != first[at].a + j * other_step) return false;
    }
  return std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; });
}

bool are_runs(const TapLists& lists) {
  return are_runs(lists.code_runs, lists.by_code, lists.code_step, lists.image_step) &&
         are_runs(lists.image_runs, lists.by_image, lists.image_step, lists.code_step);
}

// Whether the lines of every group are its taps, in their order.
bool are_lines(const TapLines& lines, const TapList& list) {
  if (lines.starts.groups() != list.groups()) return false;
  for (Index group = 0; group < list.groups(); ++group) {
    const auto at = static_cast<std::size_t>(group);
    std::vector<std::pair<Index, Index>> taps, along;
    for (const Factor& tap : list[group]) taps.emplace_back(tap.a, tap.b);
    for (const Factor& start : lines.starts[group])
      for (Index j = 0; j < lines.length[at]; ++j)
        along.emplace_back(start.a + j * lines.step[at], start.b + j);
    if (along != taps) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("tap lists: one axis by hand") {
  // i = 2o + k - 1: code pixel 0 reads (0,1) with taps (1,2), pixel 1 reads (1,2,3), pixel 2 reads (3,4)
  const TapLists lists(parse_case("i5o3k3s2p1"));
  CHECK(holds(lists, {{0, 0, 1}, {1, 0, 2}, {1, 1, 0}, {2, 1, 1}, {3, 1, 2}, {3, 2, 0}, {4, 2, 1}}));
  CHECK(lists.image_pixels == 5);
  CHECK(lists.code_pixels == 3);
  CHECK(lists.taps == 3);
  CHECK(lists.code_runs.size() == 3);   // each has taps of its own: none is whole at both ends
  CHECK(lists.image_runs.size() == 2);  // 0, 2 and 4 by tap 1; 1 and 3 by taps 0 and 2
}

TEST_CASE("tap lists: the inside of an image is one run per line and phase") {
  const TapLists lists(parse_case("i14x14o7x7k4s2p1"));
  CHECK(lists.code_runs.size() == 7 * 3);    // the first, the inner five, the last
  CHECK(lists.image_runs.size() == 14 * 4);  // two phases, each with an end of its own
}

TEST_CASE("tap lists: under stride 2/2 the inside is one run, not one for every second pixel") {
  const TapLists lists(parse_case("i9o9k4s2/2p3"));  // i = o - 1 by tap 1, i = o by tap 3
  CHECK(lists.code_step == 1);
  CHECK(lists.image_step == 1);
  CHECK(lists.code_runs.size() == 2);   // pixel 0 has tap 3 alone
  CHECK(lists.image_runs.size() == 2);  // so has pixel 8
  REQUIRE(are_runs(lists));
  const TapLists four_halves(parse_case("i20o10k4s4/2p1"));
  CHECK(four_halves.code_step == 1);
  CHECK(four_halves.image_step == 2);
  REQUIRE(are_runs(four_halves));
}

TEST_CASE("tap lists: hold the triples of the equation, three times") {
  for (const Geometry& g : default_sweep(150, 11)) {
    INFO(print_case(g));
    const TapLists lists(g);
    REQUIRE(holds(lists, by_definition(g)));
    REQUIRE(are_runs(lists));
  }
}

TEST_CASE("tap lists: a tap's pixels ascend on both sides") {
  for (const Geometry& g : default_sweep(40, 12)) {
    INFO(print_case(g));
    const TapLists lists(g);
    for (Index tap = 0; tap < lists.taps; ++tap) {
      const auto factors = lists.by_tap[tap];
      for (std::size_t at = 1; at < factors.size(); ++at)
        REQUIRE((factors[at - 1].a < factors[at].a && factors[at - 1].b < factors[at].b));
    }
  }
}

TEST_CASE("tap lists: more positions than the lists count to are rejected") {
  const Axis longer{.in = Index{1} << 30}, three{.in = 3};
  CHECK_THROWS_WITH(TapLists({{longer, three}, 1, 1, 1}), Catch::Matchers::Contains("image"));
  CHECK_THROWS_WITH(TapLists(parse_case("i0o3k3p3")), Catch::Matchers::Contains("image size"));
  CHECK_THROWS_WITH(TapLists(parse_case("ic0i3o3k3p1")), Catch::Matchers::Contains("image channels"));
}

TEST_CASE("tap lists: a dropped tap and a wrong run are noticed") {
  const Geometry g = parse_case("i14x14o7x7k4s2p1");
  const Triples expected = by_definition(g);
  TapLists dropped(g), moved(g), longer(g);
  REQUIRE(holds(dropped, expected));
  dropped.by_image.factors.pop_back();
  --dropped.by_image.start.back();
  CHECK_FALSE(holds(dropped, expected));
  ++moved.by_tap.factors[7].a;
  CHECK_FALSE(holds(moved, expected));
  ++longer.code_runs[0].count;
  CHECK_FALSE(are_runs(longer));
}

TEST_CASE("tap lists: lines of taps by hand") {
  const TapLists lists(parse_case("i6x6o3x3k4s2p1"));
  const TapLines lines(lists.by_code);
  CHECK(lines.length == std::vector<Index>{3, 4, 3, 3, 4, 3, 3, 4, 3});
  CHECK(lines.step == std::vector<Index>(9, 1));
  REQUIRE(lines.starts[1].size() == 3);
  CHECK(lines.starts[1][0].a == 1);  // image pixels 1 to 4 of line 0, taps 4 to 7
  CHECK(lines.starts[1][0].b == 4);
  CHECK(TapLines(TapLists(parse_case("i9o3k3s2d3")).by_code).step.front() == 3);
  CHECK(TapLines(TapLists(parse_case("i4o2k1s2")).by_code).length == std::vector<Index>{1, 1});
}

TEST_CASE("tap lists: lines are the taps in their order, and a wrong one is noticed") {
  for (const Geometry& g : default_sweep(150, 13)) {
    INFO(print_case(g));
    const TapLists lists(g);
    REQUIRE(are_lines(TapLines(lists.by_code), lists.by_code));
    REQUIRE(are_lines(TapLines(lists.by_image), lists.by_image));
  }
  const TapLists lists(parse_case("i14x14o7x7k4s2p1"));
  TapLines longer(lists.by_code), farther(lists.by_code), moved(lists.by_code);
  ++longer.length[3];
  CHECK_FALSE(are_lines(longer, lists.by_code));
  ++farther.step[3];
  CHECK_FALSE(are_lines(farther, lists.by_code));
  ++moved.starts.factors[5].b;
  CHECK_FALSE(are_lines(moved, lists.by_code));
}
