// The claim that an axis cut into tiles has the same taps, and that bilinear algorithms multiply them.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/verify/claim.hpp>
#include <set>
#include <tuple>

namespace fsconv::claim {

// A tile says that its code[t] reads image[t + j] by taps[j], and an algorithm with the identity computes just that: so W of the axis is
// the sum of its tiles if and only if these triples are the taps, each of them once.
Outcome tiles_are_taps(const Axis& axis, const engine::TiledAxis& tiled) {
  std::set<std::tuple<Index, Index, Index>> named;
  for (const engine::TiledAxis::Tile& tile : tiled.tiles) {
    const engine::TiledAxis::Kind& kind = tiled.kinds.at(static_cast<std::size_t>(tile.kind));
    const engine::Bilinear& algorithm = kind.bilinear();
    if (!is_exact(algorithm))
      return {Verdict::fails, 1,
              fmt::format("F({},{}) is not the sum of its products", algorithm.results, algorithm.taps)};
    for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
      for (std::size_t t = 0; t < tile.code.size(); ++t)
        for (std::size_t j = 0; j < kind.taps[phase].size(); ++j) {
          const Index o = tile.code[t], i = tile.image.at(phase).at(t + j), k = kind.taps[phase][j];
          if (o < 0 || i < 0 || k < 0) continue;
          const bool there = o < axis.out && i < axis.in && k < axis.taps &&
                             axis.up * i == axis.down * o + axis.dilation * k - axis.pad;
          if (!there || !named.emplace(o, i, k).second)
            return {Verdict::fails, 1,
                    fmt::format("code pixel {} reads image pixel {} by tap {}{}", o, i, k,
                                there ? " twice" : ", which it does not")};
        }
  }
  const Index taps = taps_in_range(axis);
  if (static_cast<Index>(named.size()) != taps)
    return {Verdict::fails, 1, fmt::format("the tiles have {} taps of {}", named.size(), taps)};
  return {};
}

// Of every axis, cut in every way.
Outcome tiles(const Trial<double>& t) {
  for (const Axis& axis : t.geometry.axes)
    for (Index largest = 1; largest <= 4; ++largest)
      for (const bool smaller_at_end : {true, false}) {
        const engine::Cut cut{.largest = largest, .smaller_at_end = smaller_at_end};
        if (const Outcome outcome = tiles_are_taps(axis, tiled(axis, cut)); outcome.verdict != Verdict::holds)
          return outcome;
      }
  return {};
}

}  // namespace fsconv::claim
