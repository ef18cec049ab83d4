// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/verify/shrink.hpp>

namespace fsconv {
namespace {

// Geometries one step smaller than `g`, the largest steps first.
std::vector<Geometry> smaller(const Geometry& g) {
  std::vector<Geometry> list;
  const auto with_channels = [&](Index in, Index out, Index groups) {
    list.push_back({.axes = g.axes, .in_channels = in, .out_channels = out, .groups = groups});
  };
  if (g.axes.size() > 1)
    for (std::size_t axis = 0; axis < g.axes.size(); ++axis) {
      list.push_back(g);
      list.back().axes.erase(list.back().axes.begin() + static_cast<std::ptrdiff_t>(axis));
    }
  if (g.groups > 1) {
    with_channels(g.in_per_group(), g.out_per_group(), 1);
    with_channels(g.in_channels - g.in_per_group(), g.out_channels - g.out_per_group(), g.groups - 1);
  }
  if (g.in_per_group() > 1) with_channels(g.groups, g.out_channels, g.groups);
  if (g.out_per_group() > 1) with_channels(g.in_channels, g.groups, g.groups);
  for (std::size_t axis = 0; axis < g.axes.size(); ++axis) {
    const auto with = [&](auto change) {
      Geometry next = g;
      Axis& a = next.axes[axis];
      change(a);
      if (next != g) list.push_back(next);
    };
    const auto halved = [](Index value) { return std::max<Index>(1, value / 2); };
    const auto less = [](Index value) { return std::max<Index>(1, value - 1); };
    with([&](Axis& a) { a.in = halved(a.in); });
    with([&](Axis& a) { a.out = halved(a.out); });
    with([&](Axis& a) { a.taps = halved(a.taps); });
    with([&](Axis& a) { a.in = less(a.in); });
    with([&](Axis& a) { a.out = less(a.out); });
    with([&](Axis& a) { a.taps = less(a.taps); });
    with([&](Axis& a) {  // 4/2 is another operator than 2, and a smaller one where that fails as well
      const Index factor = a.stride_factor();
      a.down /= factor;
      a.up /= factor;
    });
    with([&](Axis& a) { a.up = less(a.up); });
    with([&](Axis& a) { a.down = less(a.down); });
    with([&](Axis& a) { a.dilation = less(a.dilation); });
    with([&](Axis& a) { a.pad -= a.pad > 0 ? 1 : a.pad < 0 ? -1 : 0; });
  }
  return list;
}

}  // namespace

Geometry shrink(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                std::uint64_t seed, double miss_bits) {
  const auto still_fails = [&](const Geometry& candidate) {
    stop_if_interrupted();
    return !is_good(claim, check_one(claim, form, method, candidate, seed, miss_bits).verdict);
  };
  Geometry smallest = geometry;
  for (bool found = true; found;) {
    found = false;
    for (const Geometry& candidate : smaller(smallest))
      if (still_fails(candidate)) {
        smallest = candidate;
        found = true;
        break;
      }
  }
  return smallest;
}

}  // namespace fsconv
