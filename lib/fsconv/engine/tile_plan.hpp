// A geometry cut into tiles: the products of those of its axes, with flat pixels and taps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <fsconv/engine/tiled_axis.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <string>
#include <vector>

namespace fsconv::engine {

// Matrices of several axes are applied one after the other, which is their Kronecker product: points, results,
// taps and phases are all combinations of those of the axes, last axis fastest.
struct TilePlan {
  using Pixel = std::int32_t;
  static constexpr Pixel absent = -1;

  // The values of the filters of one residue of code pixels at all points of its largest tiles; smaller tiles
  // use some of them. The one of a point and a phase is number first + point*phases + phase of all.
  struct Filters {
    std::array<int, 3> algorithms;
    Index points = 1, filter_taps = 1, phases = 1, first = 0;
    std::vector<Pixel> taps = {};  // [phase][filter_taps]

    const Pixel* taps_of(Index phase) const { return taps.data() + phase * filter_taps; }
    Index filter(Index point, Index phase) const { return first + point * phases + phase; }
  };

  // Tiles of one size and residue.
  struct Kind {
    std::array<int, 3> algorithms;
    Index points = 1, results = 1, phases = 1, tiles = 0;
    std::vector<Index> filters =
        {};  // [point]: the number of the filter of phase 0; those of the other phases follow
    std::vector<std::uint8_t> fresh = {};  // [point]: whether no kind before this one has that filter
    std::vector<Pixel> code = {};          // [tile][results]
    std::vector<Pixel> image = {};         // [tile][phase][points]
    // Tiles share image pixels. Whether nobody before this one, in this order, adds to the pixel, and nobody
    // after it.
    std::vector<std::uint8_t> first = {}, last = {};  // like image

    Index filter(Index point) const { return filters[static_cast<std::size_t>(point)]; }
    const Pixel* code_of(Index tile) const { return code.data() + tile * results; }
    Index place(Index tile, Index phase) const { return (tile * phases + phase) * points; }
  };

  // The geometry is one that TapLists can be made of: at most 2^31-1 pixels and taps. Throws InvalidArgument where
  // the lists do not fit the memory.
  TilePlan(const Geometry& geometry, const Cut& cut);

  // So many tiles of a kind go through at a time, of so many images and channels: a chunk reads the filters of
  // its points once, and is as large as they are, so that neither side passes by more often than the other.
  static Index tiles_at_once(const Kind& kind, const Geometry& geometry, Index images);

  // Products of matrices [images x image channels] and [image channels x code channels], in any of the maps.
  Index products() const;
  std::string words() const;  // "F(2,2) F(3,2)": the different algorithms of its axes

  std::vector<Kind> kinds;
  std::vector<Filters> filters;
  Index filter_count = 0;     // of all of them
  Index scale = 1;            // of all tiles
  std::vector<Pixel> no_tap;  // image pixels that no tile has
};

}  // namespace fsconv::engine
