// The tiles of an axis: every tap in exactly one of them, and in the place that its matrices say.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/engine/tiled_axis.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

const Cut cuts[] = {{.largest = 1}, {.largest = 2}, {.largest = 2, .smaller_at_end = false},
                    {.largest = 3}, {.largest = 4}, {.largest = 4, .smaller_at_end = false}};

// What is wrong with the tiles of an axis, or "". The taps that they name, as (code[t], image[t + j], taps[j]), against the equation.
std::string fault(const Axis& axis, const TiledAxis& tiled) {
  std::vector<Index> tap_of(static_cast<std::size_t>(axis.in * axis.out), TiledAxis::absent);
  const auto beyond = [](Index at, Index size) { return at != TiledAxis::absent && (at < 0 || at >= size); };
  Index previous = 0;
  for (const TiledAxis::Tile& tile : tiled.tiles) {
    const TiledAxis::Kind& kind = tiled.kinds.at(static_cast<std::size_t>(tile.kind));
    const Bilinear& a = kind.bilinear();
    if (tile.kind < previous) return "tiles are not sorted by kind";
    previous = tile.kind;
    if (static_cast<int>(tile.code.size()) != a.results || tile.image.size() != kind.taps.size())
      return "a tile is of another size than its kind";
    for (std::size_t phase = 0; phase < kind.taps.size(); ++phase) {
      const std::vector<Index>&taps = kind.taps[phase], &image = tile.image[phase];
      if (static_cast<int>(taps.size()) != a.taps || static_cast<int>(image.size()) != a.products)
        return "a phase is of another size than its matrices";
      for (const Index i : image)
        if (beyond(i, axis.in)) return "an image pixel that is none";
      for (std::size_t t = 0; t < tile.code.size(); ++t)
        for (std::size_t j = 0; j < taps.size(); ++j) {
          const Index o = tile.code[t], i = image[t + j], k = taps[j];
          if (beyond(o, axis.out) || beyond(k, axis.taps)) return "a code pixel or tap that is none";
          if (o < 0 || i < 0 || k < 0) continue;
          if (axis.up * i != axis.down * o + axis.dilation * k - axis.pad) return "what is no tap";
          Index& tap = tap_of[static_cast<std::size_t>(o * axis.in + i)];
          if (tap >= 0) return "a tap twice";
          tap = k;
        }
    }
  }
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k))
        if (tap_of[static_cast<std::size_t>(o * axis.in + *i)] != k) return "a tap that no tile has";
  return "";
}

// Sides to 8, taps to 5, any strides and dilations to 3, padding -2 to 3.
template <class F>
void for_each_axis(F&& f) {
  Axis axis;
  for (axis.taps = 1; axis.taps < 6; ++axis.taps)
    for (axis.down = 1; axis.down < 4; ++axis.down)
      for (axis.up = 1; axis.up < 4; ++axis.up)
        for (axis.dilation = 1; axis.dilation < 4; ++axis.dilation)
          for (axis.pad = -2; axis.pad < 4; ++axis.pad)
            for (axis.in = 1; axis.in < 9; ++axis.in)
              for (axis.out = 1; axis.out < 9; ++axis.out) f(axis);
}

// The results of the tiles, in order of the pixels.
std::vector<Index> results_of(const Axis& axis, const Cut& cut) {
  const TiledAxis t = tiled(axis, cut);
  std::vector<std::pair<Index, Index>> tiles;
  for (const TiledAxis::Tile& tile : t.tiles)
    tiles.emplace_back(tile.code.front(), static_cast<Index>(tile.code.size()));
  std::sort(tiles.begin(), tiles.end());
  std::vector<Index> results;
  for (const auto& tile : tiles) results.push_back(tile.second);
  return results;
}

using Results = std::vector<Index>;
using Change = std::function<void(TiledAxis&)>;

}  // namespace

TEST_CASE("tiled axis: four taps of stride 2 are two phases of two, by hand") {
  // i = 2 o + k - 1. Taps 1 and 3 read pixels 2(o + 0), 2(o + 1); taps 0 and 2 read 2(o - 1) + 1, 2 o + 1.
  const Axis axis{.in = 6, .out = 3, .taps = 4, .down = 2, .pad = 1};
  const TiledAxis t = tiled(axis, {.largest = 3});
  REQUIRE(t.kinds.size() == 1);
  REQUIRE(t.tiles.size() == 1);
  CHECK(t.kinds[0].bilinear().results == 3);
  CHECK(t.kinds[0].taps == std::vector<Results>{{1, 3}, {0, 2}});
  CHECK(t.tiles[0].code == Results{0, 1, 2});
  CHECK(t.tiles[0].image == std::vector<Results>{{0, 2, 4, -1}, {-1, 1, 3, 5}});
}

TEST_CASE("tiled axis: every tap of every axis is in one tile and phase") {
  Index axes = 0;
  for_each_axis([&](const Axis& axis) {
    for (const Cut& cut : cuts) {
      const std::string wrong = fault(axis, tiled(axis, cut));
      if (wrong.empty()) continue;
      INFO("in " << axis.in << " out " << axis.out << " taps " << axis.taps << " stride " << stride_text(axis)
                 << " dilation " << axis.dilation << " pad " << axis.pad << " cut " << cut.largest);
      FAIL(wrong);
    }
    ++axes;
  });
  CHECK(axes == 5 * 27 * 6 * 64);
}

TEST_CASE(
    "tiled axis: what is left over at the end gets smaller tiles, or one with pixels that are not there") {
  const auto cut_of = [](Index pixels, Index taps, const Cut& cut) {
    return results_of({.in = 2 * pixels + taps, .out = pixels, .taps = taps}, cut);
  };
  CHECK(cut_of(7, 2, {.largest = 2}) == Results{2, 2, 2, 2});
  CHECK(cut_of(7, 2, {.largest = 3}) == Results{3, 2, 2});
  CHECK(cut_of(7, 2, {.largest = 4}) == Results{4, 3});
  CHECK(cut_of(9, 2, {.largest = 4}) == Results{4, 3, 2});
  CHECK(cut_of(6, 2, {.largest = 4}) == Results{4, 2});
  CHECK(cut_of(7, 2, {.largest = 4, .smaller_at_end = false}) == Results{4, 4});
  CHECK(cut_of(7, 3, {.largest = 3}) == Results{2, 2, 2, 2});  // no F(3, 3)
  CHECK(cut_of(6, 3, {.largest = 4}) == Results{4, 2});
  CHECK(cut_of(3, 4, {.largest = 4}) == Results{1, 1, 1});  // phases of four taps: one product each
  CHECK(cut_of(3, 2, {.largest = 1}) == Results{1, 1, 1});
}

TEST_CASE("tiled axis: the longest phase") {
  CHECK(taps_of_phases({.in = 9, .out = 4, .taps = 4, .down = 2}) == 2);
  CHECK(taps_of_phases({.in = 9, .out = 4, .taps = 5, .down = 2}) == 3);
  CHECK(taps_of_phases({.in = 9, .out = 9, .taps = 3}) == 3);
  CHECK(taps_of_phases({.in = 9, .out = 9, .taps = 3, .dilation = 2}) == 3);
  CHECK(taps_of_phases({.in = 9, .out = 2, .taps = 4, .down = 4}) == 1);
  CHECK(taps_of_phases({.in = 5, .out = 9, .taps = 4, .up = 2}) == 2);
  CHECK(taps_of_phases({.in = 4, .out = 6, .taps = 3, .down = 2, .up = 2, .dilation = 2, .pad = 1}) == 0);
}

TEST_CASE("tiled axis: tiles save products where they have two results or more") {
  // 14 pixels of four taps, stride 2, are 56 products; 7 tiles of 2 phases of 3, or 4 4 4 2 of 5 and 3.
  const Axis axis{.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1};
  const auto products = [&](const Cut& cut) {
    const TiledAxis t = tiled(axis, cut);
    Index count = 0;
    for (const TiledAxis::Tile& tile : t.tiles)
      count += t.kinds[static_cast<std::size_t>(tile.kind)].phases() *
               t.kinds[static_cast<std::size_t>(tile.kind)].bilinear().products;
    return count;
  };
  CHECK(products(cuts[0]) == 56);
  CHECK(products(cuts[1]) == 42);
  CHECK(products({.largest = 4}) == 36);
  CHECK(products({.largest = 4, .smaller_at_end = false}) == 40);
}

TEST_CASE(
    "tiled axis: a tile that is shifted, a tap dropped or named twice, and pixels that are none, are found") {
  const Axis axis{.in = 12, .out = 6, .taps = 4, .down = 2, .pad = 1};
  for (const Cut& cut : cuts) {
    const TiledAxis right = tiled(axis, cut);
    CHECK(fault(axis, right).empty());
    const auto refused = [&](const Change& change) {
      TiledAxis wrong = right;
      change(wrong);
      const std::string words = fault(axis, wrong);
      CHECK_FALSE(words.empty());
      return words;
    };
    CHECK(refused([](TiledAxis& t) {
            for (Index& o : t.tiles[1].code)
              if (o >= 0) --o;
          }) == "what is no tap");
    CHECK(refused([](TiledAxis& t) {
            for (std::vector<Index>& phase : t.tiles[0].image)
              for (Index& i : phase)
                if (i >= 0) ++i;
          }) == "what is no tap");
    CHECK(refused([](TiledAxis& t) {
            std::vector<Index>& phase = t.tiles[0].image[0];
            std::rotate(phase.begin(), phase.begin() + 1, phase.end());
            if (phase.size() == 1) phase[0] += 2;
          }) == "what is no tap");
    CHECK(refused([](TiledAxis& t) { t.kinds[0].taps[0][0] = TiledAxis::absent; }) ==
          "a tap that no tile has");
    CHECK(refused([](TiledAxis& t) { t.tiles[1].code.front() = TiledAxis::absent; }) ==
          "a tap that no tile has");
    CHECK(refused([](TiledAxis& t) { t.tiles[0].image[1].back() = TiledAxis::absent; }) ==
          "a tap that no tile has");
    CHECK(refused([](TiledAxis& t) { t.tiles.pop_back(); }) == "a tap that no tile has");
    CHECK(refused([](TiledAxis& t) { t.tiles.push_back(t.tiles.back()); }) == "a tap twice");
    CHECK(refused([](TiledAxis& t) {
            t.kinds[0].taps.push_back(t.kinds[0].taps[0]);
            for (TiledAxis::Tile& tile : t.tiles)
              if (tile.kind == 0) tile.image.push_back(tile.image[0]);
          }) == "a tap twice");
    CHECK(refused([](TiledAxis& t) { t.tiles[0].image[0][0] = 12; }) == "an image pixel that is none");
    CHECK(refused([](TiledAxis& t) { t.kinds[0].taps[0][0] = 4; }) == "a code pixel or tap that is none");
    CHECK(refused([](TiledAxis& t) { t.tiles[0].code.push_back(0); }) ==
          "a tile is of another size than its kind");
    CHECK(refused([](TiledAxis& t) { t.tiles[0].image[0].pop_back(); }) ==
          "a phase is of another size than its matrices");
  }
}
