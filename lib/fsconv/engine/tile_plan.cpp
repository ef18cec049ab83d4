// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/engine/tile_plan.hpp>
#include <map>
#include <set>

namespace fsconv::engine {
namespace {

using Pixel = TilePlan::Pixel;

// From so many rows on the register tile is full, and a gradient adds to its sums seldom enough.
constexpr Index enough_rows = 64;
constexpr Index most_tiles = 8;

// All combinations of positions of three axes, flat; absent where one of them is.
void append_flat(const std::vector<Index>& a, const std::vector<Index>& b, const std::vector<Index>& c,
                 const Index3& extents, std::vector<Pixel>& to) {
  for (const Index x : a)
    for (const Index y : b)
      for (const Index z : c)
        to.push_back(x < 0 || y < 0 || z < 0 ? TilePlan::absent
                                             : static_cast<Pixel>(flatten({x, y, z}, extents)));
}

// Tiles of an axis by kind.
std::vector<std::vector<const TiledAxis::Tile*>> by_kind(const TiledAxis& axis) {
  std::vector<std::vector<const TiledAxis::Tile*>> lists(axis.kinds.size());
  for (const TiledAxis::Tile& tile : axis.tiles) lists[static_cast<std::size_t>(tile.kind)].push_back(&tile);
  return lists;
}

// Who writes an image pixel first stores, the others add, and the last one ends it.
void mark_first_and_last(std::vector<TilePlan::Kind>& kinds, Index image_pixels,
                         std::vector<Pixel>& untouched) {
  std::vector<std::uint8_t*> last_of(static_cast<std::size_t>(image_pixels));
  for (TilePlan::Kind& kind : kinds) {
    kind.first.assign(kind.image.size(), 1);
    kind.last.assign(kind.image.size(), 1);
    for (std::size_t at = 0; at < kind.image.size(); ++at) {
      if (kind.image[at] < 0) continue;
      std::uint8_t*& last = last_of[static_cast<std::size_t>(kind.image[at])];
      if (last) kind.first[at] = *last = 0;
      last = &kind.last[at];
    }
  }
  for (std::size_t pixel = 0; pixel < last_of.size(); ++pixel)
    if (!last_of[pixel]) untouched.push_back(static_cast<Pixel>(pixel));
}

// The first kind to have a filter. Code pixels without taps have no phases, and what stands for their filters is the number
// of another's, or of none.
void mark_fresh(std::vector<TilePlan::Kind>& kinds, Index filters) {
  std::vector<std::uint8_t> fresh(static_cast<std::size_t>(filters) + 1, 1);
  for (TilePlan::Kind& kind : kinds)
    for (const Index filter : kind.filters) {
      std::uint8_t& here = fresh[static_cast<std::size_t>(filter)];
      kind.fresh.push_back(here);
      if (kind.phases > 0) here = 0;
    }
}

// What the largest tiles of a residue make of its taps.
void append_filters(const std::array<const TiledAxis::Kind*, 3>& largest, const Index3& extents,
                    TilePlan& to) {
  TilePlan::Filters filters{
      .algorithms = {largest[0]->algorithm, largest[1]->algorithm, largest[2]->algorithm}};
  for (const TiledAxis::Kind* axis : largest) {
    filters.points *= axis->bilinear().products;
    filters.filter_taps *= axis->bilinear().taps;
    filters.phases *= axis->phases();
  }
  for (const auto& x : largest[0]->taps)
    for (const auto& y : largest[1]->taps)
      for (const auto& z : largest[2]->taps) append_flat(x, y, z, extents, filters.taps);
  filters.first = to.filter_count;
  to.filter_count += filters.points * filters.phases;
  to.filters.push_back(std::move(filters));
}

// The places of a tile's points among those of the largest tile, last axis fastest.
std::vector<Index> places_of_points(const std::array<const TiledAxis::Kind*, 3>& kinds,
                                    const std::array<const TiledAxis::Kind*, 3>& largest) {
  std::vector<Index> places = {0};
  for (std::size_t axis = 0; axis < kinds.size(); ++axis) {
    const Index points = kinds[axis]->bilinear().products, all = largest[axis]->bilinear().products;
    std::vector<Index> next;
    for (const Index place : places)
      for (Index point = 0; point < points; ++point)
        next.push_back(place * all + (point + 1 < points ? point : all - 1));
    places = std::move(next);
  }
  return places;
}

// The lists of all tiles, in memory.
void require_places(const std::array<TiledAxis, 3>& axes) {
  Index image = 1, code = 1;
  for (const TiledAxis& axis : axes) {
    Index of_image = 0, of_code = 0;
    for (const TiledAxis::Tile& tile : axis.tiles) {
      const TiledAxis::Kind& kind = axis.kinds[static_cast<std::size_t>(tile.kind)];
      of_image += kind.phases() * kind.bilinear().products;
      of_code += kind.bilinear().results;
    }
    image *= of_image;
    code *= of_code;
  }
  require_memory(image, sizeof(Pixel) + 2, "tiles");
  require_memory(code, sizeof(Pixel), "tiles");
}

}  // namespace

TilePlan::TilePlan(const Geometry& geometry, const Cut& cut) {
  const std::array<Axis, 3> axes = three_axes(geometry);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  const std::array<TiledAxis, 3> on_axis = {tiled(axes[0], cut), tiled(axes[1], cut), tiled(axes[2], cut)};
  require_places(on_axis);
  scale = on_axis[0].scale * on_axis[1].scale * on_axis[2].scale;
  const std::array lists = {by_kind(on_axis[0]), by_kind(on_axis[1]), by_kind(on_axis[2])};
  std::map<std::array<Index, 3>, std::size_t> filters_of;  // by the largest kinds
  for (std::size_t a = 0; a < lists[0].size(); ++a)
    for (std::size_t b = 0; b < lists[1].size(); ++b)
      for (std::size_t c = 0; c < lists[2].size(); ++c) {
        const std::array of = {&on_axis[0].kinds[a], &on_axis[1].kinds[b], &on_axis[2].kinds[c]};
        const std::array<Index, 3> at = {of[0]->largest, of[1]->largest, of[2]->largest};
        std::array<const TiledAxis::Kind*, 3> largest;
        for (std::size_t axis = 0; axis < 3; ++axis)
          largest[axis] = &on_axis[axis].kinds[static_cast<std::size_t>(at[axis])];
        const auto [place, fresh] = filters_of.try_emplace(at, filters.size());
        if (fresh) append_filters(largest, taps, *this);
        const Filters& shared = filters[place->second];

        Kind kind{.algorithms = {of[0]->algorithm, of[1]->algorithm, of[2]->algorithm}};
        for (const TiledAxis::Kind* axis : of) {
          kind.points *= axis->bilinear().products;
          kind.results *= axis->bilinear().results;
          kind.phases *= axis->phases();
        }
        for (const Index point : places_of_points(of, largest))
          kind.filters.push_back(shared.filter(point, 0));
        for (const TiledAxis::Tile* x : lists[0][a])
          for (const TiledAxis::Tile* y : lists[1][b])
            for (const TiledAxis::Tile* z : lists[2][c]) {
              append_flat(x->code, y->code, z->code, out, kind.code);
              for (const auto& i : x->image)
                for (const auto& j : y->image)
                  for (const auto& k : z->image) append_flat(i, j, k, in, kind.image);
              ++kind.tiles;
            }
        kinds.push_back(std::move(kind));
      }
  mark_fresh(kinds, filter_count);
  mark_first_and_last(kinds, in[0] * in[1] * in[2], no_tap);
}

Index TilePlan::tiles_at_once(const Kind& kind, const Geometry& geometry, Index images) {
  const Index filters = kind.phases * geometry.in_channels * geometry.out_per_group();
  const Index one_tile = images * (kind.phases * geometry.in_channels + geometry.out_channels);
  const Index as_large = std::clamp((filters + one_tile / 2) / one_tile, Index{1}, most_tiles);
  return std::min(kind.tiles, std::max(ceil_div(enough_rows, images), as_large));
}

Index TilePlan::products() const {
  Index count = 0;
  for (const Kind& kind : kinds) count += kind.tiles * kind.phases * kind.points;
  return count;
}

std::string TilePlan::words() const {
  std::set<std::string> names;
  for (const Kind& kind : kinds)
    for (const int at : kind.algorithms)
      if (at != 0)
        names.insert(fmt::format("F({},{})", bilinear_algorithms[at].results, bilinear_algorithms[at].taps));
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace fsconv::engine
