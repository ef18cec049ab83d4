// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/engine/tap_lists.hpp>
#include <limits>

namespace fsconv::engine {
namespace {

struct Tap {
  Index image, code, tap;
};

// The taps of one axis, by code pixel and then tap.
std::vector<Tap> taps_of(const Axis& axis) {
  std::vector<Tap> list;
  for (Index o = 0; o < axis.out; ++o) {
    // i >= 0 and i < in bound the taps that are worth a look
    const Index least = std::max(Index{0}, ceil_div(axis.pad - axis.down * o, axis.dilation));
    const Index reach = axis.up * (axis.in - 1) + axis.pad - axis.down * o;
    const Index last = std::min(axis.taps - 1, floor_div(reach, axis.dilation));
    for (Index k = least; k <= last; ++k)
      if (const auto i = image_at(axis, o, k)) list.push_back({.image = *i, .code = o, .tap = k});
  }
  return list;
}

// The taps of several axes are all combinations of theirs.
template <class F>
void for_each_tap(const Geometry& geometry, F&& f) {
  const std::array<Axis, 3> axes = three_axes(geometry);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  const std::array<std::vector<Tap>, 3> lists = {taps_of(axes[0]), taps_of(axes[1]), taps_of(axes[2])};
  for (const Tap& a : lists[0])
    for (const Tap& b : lists[1])
      for (const Tap& c : lists[2])
        f(Tap{.image = flatten({a.image, b.image, c.image}, in),
              .code = flatten({a.code, b.code, c.code}, out),
              .tap = flatten({a.tap, b.tap, c.tap}, taps)});
}

Index checked_extent(const Index3& extents, const char* what) {
  const Index positions = element_count({extents[0], extents[1], extents[2]}, what);
  if (positions > std::numeric_limits<std::int32_t>::max())
    throw InvalidArgument(what, fmt::format("has {} positions", positions),
                          "the batched form counts to 2^31-1");
  return positions;
}

// Sorts the taps into groups by counting: group(tap) says which one, factor(tap) what is listed there.
template <class GroupOf, class FactorOf>
TapList grouped(const Geometry& geometry, Index groups, GroupOf group, FactorOf factor) {
  TapList list;
  list.start.assign(static_cast<std::size_t>(groups) + 1, 0);
  auto start = [&](Index at) -> Index& { return list.start[static_cast<std::size_t>(at)]; };
  for_each_tap(geometry, [&](const Tap& tap) { ++start(group(tap) + 1); });
  for (Index at = 0; at < groups; ++at) start(at + 1) += start(at);
  list.factors.resize(static_cast<std::size_t>(start(groups)));
  std::vector<Index> next(list.start.begin(), list.start.end() - 1);
  for_each_tap(geometry, [&](const Tap& tap) {
    list.factors[static_cast<std::size_t>(next[static_cast<std::size_t>(group(tap))]++)] = factor(tap);
  });
  return list;
}

Factor factor_of(Index a, Index b) { return {static_cast<std::int32_t>(a), static_cast<std::int32_t>(b)}; }

// Whether `later` is `earlier` moved by `shift` on the other side, tap by tap.
bool same_taps(std::span<const Factor> earlier, std::span<const Factor> later, Index shift) {
  return std::equal(earlier.begin(), earlier.end(), later.begin(), later.end(),
                    [&](const Factor& e, const Factor& l) { return e.b == l.b && e.a + shift == l.a; });
}

// Each pixel that continues no run starts one. `row` pixels are a line along the last axis, which no run leaves.
std::vector<Run> runs_of(const TapList& list, Index row, Index step, Index other_step) {
  std::vector<Run> runs;
  for (Index line = 0; line < list.groups(); line += row)
    for (Index at = 0; at < row; ++at) {
      auto continues = [&](Index pixel) {
        return pixel >= step && pixel < row &&
               same_taps(list[line + pixel - step], list[line + pixel], other_step);
      };
      if (continues(at)) continue;
      Index count = 1;
      while (continues(at + count * step)) ++count;
      runs.push_back({static_cast<std::int32_t>(line + at), static_cast<std::int32_t>(count)});
    }
  return runs;
}

}  // namespace

TapLists::TapLists(const Geometry& geometry) {
  check_filled(geometry);
  const std::array<Axis, 3> axes = three_axes(geometry);
  image_pixels = checked_extent(in_extents(axes), "image");
  code_pixels = checked_extent(out_extents(axes), "code");
  taps = checked_extent(tap_extents(axes), "filter");
  Index all = 1;
  for (const Axis& axis : axes) all *= taps_in_range(axis);
  require_memory(all, 3 * sizeof(Factor), "tap lists");
  require_memory(image_pixels + code_pixels + taps, 2 * sizeof(Index), "tap lists");

  by_code = grouped(
      geometry, code_pixels, [](const Tap& t) { return t.code; },
      [](const Tap& t) { return factor_of(t.image, t.tap); });
  by_image = grouped(
      geometry, image_pixels, [](const Tap& t) { return t.image; },
      [](const Tap& t) { return factor_of(t.code, t.tap); });
  by_tap = grouped(
      geometry, taps, [](const Tap& t) { return t.tap; },
      [](const Tap& t) { return factor_of(t.image, t.code); });

  image_step = axes[2].image_step();
  code_step = axes[2].code_step();
  code_runs = runs_of(by_code, axes[2].out, code_step, image_step);
  image_runs = runs_of(by_image, axes[2].in, image_step, code_step);
}

TapLines::TapLines(const TapList& list) {
  starts.start.push_back(0);
  for (Index group = 0; group < list.groups(); ++group) {
    const std::span<const Factor> taps = list[group];
    const Index between = taps.size() > 1 ? taps[1].a - taps[0].a : 0;
    const auto follows = [&](std::size_t at) {
      return taps[at].a - taps[at - 1].a == between && taps[at].b - taps[at - 1].b == 1;
    };
    std::size_t taps_of_line = 1;
    while (taps_of_line < taps.size() && follows(taps_of_line)) ++taps_of_line;
    for (std::size_t at = taps_of_line; at < taps.size(); ++at)
      if (taps.size() % taps_of_line != 0 || (at % taps_of_line != 0 && !follows(at))) taps_of_line = 1;
    for (std::size_t at = 0; at < taps.size(); at += taps_of_line) starts.factors.push_back(taps[at]);
    starts.start.push_back(static_cast<Index>(starts.factors.size()));
    length.push_back(static_cast<Index>(taps_of_line));
    step.push_back(between);
  }
}

}  // namespace fsconv::engine
