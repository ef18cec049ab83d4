// An axis cut into tiles: every tap of it in one small convolution of stride 1, for which there is a bilinear
// algorithm.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/bilinear.hpp>
#include <fsconv/geometry/axis.hpp>
#include <vector>

namespace fsconv::engine {

// How the code pixels of an axis are cut: into tiles of at most `largest` results (1: the axis is not tiled; up
// to 4) that make the fewest products, or all of one size, the last one with pixels that are not there: more
// products, but fewer points.
struct Cut {
  Index largest = 1;
  bool smaller_at_end = true;

  bool operator==(const Cut&) const = default;
};

// Code pixels o = o0 + s*t of one residue read image pixels that advance with them: for every residue of the
// image pixels (a *phase*)
//     code[t]  +=  sum over j:  w[taps[j]] * image[t + j],
// a convolution of stride 1 of the taps of that phase. A stride 2 with 4 taps has two phases of 2 taps, 5 taps
// have phases of 3 and 2. A tile is `results` neighbouring t; what it names and is not there (a border, a
// shorter phase) is `absent`: a column of zeros.
struct TiledAxis {
  static constexpr Index absent = -1;

  // What tiles of one size and residue of their code pixels have in common.
  struct Kind {
    int algorithm;                         // its place in bilinear_algorithms
    std::vector<std::vector<Index>> taps;  // [phase][Bilinear::taps]
    // The largest kind of the residue: it has the same taps, and all points that this one has. Points come in
    // the same order, but for the last one, infinity, which is the last of both.
    Index largest;

    const Bilinear& bilinear() const { return bilinear_algorithms[algorithm]; }
    Index phases() const { return static_cast<Index>(taps.size()); }
  };
  struct Tile {
    Index kind;
    std::vector<Index> code;                // [Bilinear::results]
    std::vector<std::vector<Index>> image;  // [phase][Bilinear::products]
  };

  std::vector<Kind> kinds;
  std::vector<Tile> tiles;  // by kind
  Index scale = 1;          // of all kinds
};

// Every triple (o, i, k) of the axis is in exactly one tile and phase, as (code[t], image[t + j], taps[j]). An
// axis whose phases have other than 2 or 3 taps, or that is not to be tiled, gets tiles of one pixel with a
// phase for every tap. Any stride, dilation and padding.
TiledAxis tiled(const Axis& axis, const Cut& cut);

// The taps of its longest phase: there are tiles of several results for 2 and 3.
Index taps_of_phases(const Axis& axis);

}  // namespace fsconv::engine
