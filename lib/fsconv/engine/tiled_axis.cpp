// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/tiled_axis.hpp>
#include <map>
#include <numeric>

namespace fsconv::engine {
namespace {

// Code pixels o = o0 + code_step*q with the taps k that they have, each reading the image pixel image_step*(q +
// lag) + phase.
struct Residue {
  struct Tap {
    Index tap, phase, lag;
  };
  Index first;
  std::vector<Tap> taps;
};

// All of an axis: taps k by (pad - dilation*k) mod up, which is down*o mod up of the code pixels that have them.
class Residues {
 public:
  explicit Residues(const Axis& axis) : axis_(axis) {
    for (Index k = 0; k < axis.taps; ++k)
      taps_[positive_mod(axis.pad - axis.dilation * k, axis.up)].push_back(k);
  }

  // Those that have code pixels: their first ones are 0 ... count()-1.
  Index count() const { return std::min(axis_.code_step(), axis_.out); }
  Residue operator[](Index first) const {
    Residue residue{.first = first, .taps = {}};
    const auto found = taps_.find(positive_mod(axis_.down * first, axis_.up));
    if (found == taps_.end()) return residue;
    const Index step = axis_.image_step();
    for (const Index k : found->second) {
      const Index pixel = (axis_.down * first + axis_.dilation * k - axis_.pad) / axis_.up;
      const Index lag = floor_div(pixel, step);
      residue.taps.push_back({.tap = k, .phase = pixel - lag * step, .lag = lag});
    }
    return residue;
  }

 private:
  Axis axis_;
  std::map<Index, std::vector<Index>> taps_;
};

// The same taps phase by phase: those of one phase are `apart` from each other in q.
struct Phases {
  struct Phase {
    Index phase, first_lag;
    std::vector<Index> taps;  // of the lags first_lag, first_lag + apart, ...
  };
  std::vector<Phase> list;
  Index apart = 1, longest = 0;
};

Phases phases_of(const Residue& residue) {
  std::map<Index, std::vector<Residue::Tap>> by_phase;
  for (const Residue::Tap& tap : residue.taps) by_phase[tap.phase].push_back(tap);
  Phases phases;
  Index apart = 0;
  for (const auto& [phase, taps] : by_phase)
    for (const Residue::Tap& tap : taps) apart = std::gcd(apart, tap.lag - taps.front().lag);
  phases.apart = std::max(apart, Index{1});
  for (const auto& [phase, taps] : by_phase) {
    Phases::Phase one{.phase = phase, .first_lag = taps.front().lag, .taps = {}};
    for (const Residue::Tap& tap : taps) {
      const Index place = (tap.lag - one.first_lag) / phases.apart;
      one.taps.resize(static_cast<std::size_t>(place) + 1, TiledAxis::absent);
      one.taps.back() = tap.tap;
    }
    phases.longest = std::max(phases.longest, static_cast<Index>(one.taps.size()));
    phases.list.push_back(std::move(one));
  }
  return phases;
}

// A phase for every tap.
Phases single_taps(const Residue& residue) {
  Phases phases;
  for (const Residue::Tap& tap : residue.taps)
    phases.list.push_back({.phase = tap.phase, .first_lag = tap.lag, .taps = {tap.tap}});
  phases.longest = 1;
  return phases;
}

int algorithm_for(Index results, Index taps, Index scale) {
  for (int at = 0; at < bilinear_count; ++at) {
    const Bilinear& a = bilinear_algorithms[at];
    if (a.results == results && a.taps == taps && a.scale == scale) return at;
  }
  return -1;
}

// The least scale of an algorithm of so many results, or nothing: that of tiles of which these are the largest.
Index least_scale(Index results, Index taps) {
  Index least = 0;
  for (const Bilinear& a : bilinear_algorithms)
    if (a.results == results && a.taps == taps && (least == 0 || a.scale < least)) least = a.scale;
  return least;
}

// The results of the tiles that cover so many code pixels with the fewest products, sizes from `cut.largest`
// down to 2; one that covers more than there are has absent pixels.
std::vector<Index> cut_into(Index pixels, Index taps, const Cut& cut) {
  std::vector<Index> sizes;
  for (Index results = cut.largest; results >= 1; --results)
    if (least_scale(results, taps) > 0) sizes.push_back(results);
  if (!cut.smaller_at_end) sizes.resize(1);
  // fewest[n]: products of n pixels; size[n]: of their last tile
  const auto count = static_cast<std::size_t>(pixels);
  std::vector<Index> fewest(count + 1), size(count + 1);
  for (std::size_t n = 1; n <= count; ++n)
    for (const Index results : sizes) {
      const auto covered = std::min(static_cast<std::size_t>(results), n);
      const Index products = fewest[n - covered] + results + taps - 1;
      if (size[n] == 0 || products < fewest[n]) {
        fewest[n] = products;
        size[n] = results;
      }
    }
  std::vector<Index> tiles;
  for (Index left = pixels; left > 0; left -= tiles.back())
    tiles.push_back(size[static_cast<std::size_t>(left)]);
  return tiles;
}

// A residue with the first q and the results of its tiles.
struct CutResidue {
  struct Piece {
    Index q, results;
  };
  Index first, pixels;
  Phases phases;
  std::vector<Piece> pieces;
};

CutResidue cut_residue(const Axis& axis, const Residue& residue, Index taps, const Cut& cut, bool by_tiles) {
  const Index first = residue.first;
  CutResidue result{.first = first,
                    .pixels = ceil_div(axis.out - first, axis.code_step()),
                    .phases = by_tiles ? phases_of(residue) : single_taps(residue),
                    .pieces = {}};
  const Index apart = result.phases.apart;
  // Code pixels `apart` from each other are neighbours to the taps.
  for (Index start = 0; start < std::min(apart, result.pixels); ++start) {
    const Index neighbours = ceil_div(result.pixels - start, apart);
    Index q = start;
    for (const Index results : cut_into(neighbours, taps, by_tiles ? cut : Cut{.largest = 1})) {
      result.pieces.push_back({.q = q, .results = results});
      q += apart * results;
    }
  }
  std::stable_sort(result.pieces.begin(), result.pieces.end(),
                   [](const auto& a, const auto& b) { return a.results < b.results; });
  return result;
}

// The tiles of a residue, and a kind for each size of them.
void append_tiles(const Axis& axis, const CutResidue& residue, Index taps, TiledAxis& to) {
  const Phases& phases = residue.phases;
  const auto first_kind = static_cast<Index>(to.kinds.size());
  for (const CutResidue::Piece& piece : residue.pieces) {
    const int algorithm = algorithm_for(piece.results, taps, to.scale);
    if (static_cast<Index>(to.kinds.size()) == first_kind || to.kinds.back().algorithm != algorithm) {
      TiledAxis::Kind kind{.algorithm = algorithm, .taps = {}, .largest = 0};
      for (const Phases::Phase& phase : phases.list) {
        kind.taps.push_back(phase.taps);
        kind.taps.back().resize(static_cast<std::size_t>(taps), TiledAxis::absent);
      }
      to.kinds.push_back(std::move(kind));
    }
    TiledAxis::Tile tile{.kind = static_cast<Index>(to.kinds.size()) - 1, .code = {}, .image = {}};
    for (Index t = 0; t < piece.results; ++t) {
      const Index pixel = piece.q + phases.apart * t;
      tile.code.push_back(pixel < residue.pixels ? residue.first + axis.code_step() * pixel
                                                 : TiledAxis::absent);
    }
    for (const Phases::Phase& phase : phases.list) {
      std::vector<Index> image;
      for (Index p = 0; p < piece.results + taps - 1; ++p) {
        const Index pixel = axis.image_step() * (piece.q + phases.apart * p + phase.first_lag) + phase.phase;
        image.push_back(pixel >= 0 && pixel < axis.in ? pixel : TiledAxis::absent);
      }
      tile.image.push_back(std::move(image));
    }
    to.tiles.push_back(std::move(tile));
  }
  // Sorted by size, so that the last kind is the largest.
  for (auto kind = to.kinds.begin() + first_kind; kind != to.kinds.end(); ++kind)
    kind->largest = static_cast<Index>(to.kinds.size()) - 1;
}

}  // namespace

Index taps_of_phases(const Axis& axis) {
  const Residues all(axis);
  Index longest = 0;
  for (Index first = 0; first < all.count(); ++first)
    longest = std::max(longest, phases_of(all[first]).longest);
  return longest;
}

TiledAxis tiled(const Axis& axis, const Cut& cut) {
  const Residues all(axis);
  const Index taps = taps_of_phases(axis);
  bool by_tiles = false;
  for (Index results = 2; results <= cut.largest; ++results) by_tiles |= least_scale(results, taps) > 0;
  std::vector<CutResidue> residues;
  Index largest = 1;
  for (Index first = 0; first < all.count(); ++first) {
    residues.push_back(cut_residue(axis, all[first], by_tiles ? taps : 1, cut, by_tiles));
    for (const CutResidue::Piece& piece : residues.back().pieces) largest = std::max(largest, piece.results);
  }
  TiledAxis result;
  result.scale = least_scale(largest, by_tiles ? taps : 1);
  for (const CutResidue& residue : residues) append_tiles(axis, residue, by_tiles ? taps : 1, result);
  return result;
}

}  // namespace fsconv::engine
