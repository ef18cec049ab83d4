// The matrices and tiles that Coq proves something about are the engine's.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fsconv/engine/tiled_axis.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace fsconv;
using engine::Bilinear;
using engine::SmallMatrix;
using engine::TiledAxis;

namespace {

std::string coq(const SmallMatrix& matrix) {
  std::string rows;
  for (int r = 0; r < matrix.rows; ++r) {
    std::string row;
    for (int c = 0; c < matrix.columns; ++c) row += fmt::format("{}{}", c == 0 ? "" : "; ", matrix.at[r][c]);
    rows += fmt::format("{}[{}]", r == 0 ? "" : "; ", row);
  }
  return "[" + rows + "]";
}

std::string name_of(const Bilinear& a) { return fmt::format("F_{}_{}_{}", a.results, a.taps, a.scale); }

std::string coq(const Bilinear& a) {
  return fmt::format("Definition {} : Bilinear Z := F {} {} {}\n  {}\n  {}\n  {}.\n", name_of(a), a.results,
                     a.taps, a.scale, coq(a.code), coq(a.filter), coq(a.image));
}

std::string coq(const std::vector<Bilinear>& algorithms) {
  std::string text, names;
  for (const Bilinear& a : algorithms) {
    text += coq(a);
    names += (names.empty() ? "" : "; ") + name_of(a);
  }
  return text + fmt::format("Definition algorithms : list (Bilinear Z) :=\n  [{}].\n", names);
}

std::string coq(const std::vector<Index>& indices) { return fmt::format("[{}]", fmt::join(indices, "; ")); }

// An axis and its tiles.
std::string coq(const std::string& name, const Axis& axis, const TiledAxis& tiled) {
  std::string tiles;
  for (const TiledAxis::Tile& tile : tiled.tiles) {
    const TiledAxis::Kind& kind = tiled.kinds.at(static_cast<std::size_t>(tile.kind));
    for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
      tiles +=
          fmt::format("{}tile {} {} {} {} {}", tiles.empty() ? "" : ";\n   ", name, name_of(kind.bilinear()),
                      coq(tile.code), coq(kind.taps[phase]), coq(tile.image[phase]));
  }
  return fmt::format(
      "Definition {0} : Axis :=\n  {{| in_ := {1}; out := {2}; taps := {3}; down := {4}; up := {5}; dilation := {6}; "
      "pad := {7} |}}.\nDefinition {0}_tiles : list (Bilinear Z) :=\n  [{8}].\n",
      name, axis.in, axis.out, axis.taps, axis.down, axis.up, axis.dilation, axis.pad, tiles);
}

struct NamedAxis {
  std::string name;
  Axis axis;
};

// Phases of two taps in tiles of two sizes; phases of three and two; a rational stride.
std::vector<NamedAxis> axes_in_tiles() {
  Axis even, odd, rational;
  even.in = 14, even.out = 7, even.taps = 4, even.down = 2, even.pad = 1;
  odd.in = 8, odd.out = 4, odd.taps = 5, odd.down = 2, odd.pad = 2;
  rational.in = 10, rational.out = 4, rational.taps = 12, rational.down = 3, rational.up = 2,
  rational.pad = 1;
  return {{"k4s2p1", even}, {"k5s2p2", odd}, {"k12s3_2p1", rational}};
}

std::string coq(const std::vector<NamedAxis>& axes) {
  std::string text, names;
  for (const auto& [name, axis] : axes) {
    text += coq(name, axis, engine::tiled(axis, {.largest = 3}));
    names += fmt::format("{0}({1}, {1}_tiles)", names.empty() ? "" : "; ", name);
  }
  return text + fmt::format("Definition tiled_axes : list (Axis * list (Bilinear Z)) :=\n  [{}].\n", names);
}

// What ToomCook.v has between the words Begin and End.
std::string stated(const std::string& what) {
  std::ifstream file(std::string(FSCONV_SOURCE_DIR) + "/proofs/coq/ToomCook.v");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string begin = fmt::format("(* Begin {} *)\n", what), end = fmt::format("(* End {} *)\n", what);
  const std::size_t from = text.find(begin), to = text.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  return text.substr(from + begin.size(), to - from - begin.size());
}

// Where it fails, it prints what ToomCook.v is to say.
void check_stated(const std::string& what, const std::string& text) {
  const bool same = stated(what) == text;
  if (!same) fmt::print("between (* Begin {0} *) and (* End {0} *):\n{1}", what, text);
  CHECK(same);
}

const std::vector<Bilinear> engines(std::begin(engine::bilinear_algorithms),
                                    std::end(engine::bilinear_algorithms));

}  // namespace

TEST_CASE("proofs: Coq's matrices of bilinear algorithms are the engine's") {
  check_stated("matrices", coq(engines));
}

TEST_CASE("proofs: Coq's tiles are the engine's") { check_stated("tiles", coq(axes_in_tiles())); }

TEST_CASE("proofs: no number of the engine's matrices could change unseen") {
  const std::string text = stated("matrices");
  for (std::size_t at = 0; at < engines.size(); ++at) {
    std::vector<Bilinear> other = engines;
    other[at].scale += 1;
    CHECK(text != coq(other));
    for (SmallMatrix Bilinear::*matrix : {&Bilinear::code, &Bilinear::filter, &Bilinear::image})
      for (int r = 0; r < (engines[at].*matrix).rows; ++r)
        for (int c = 0; c < (engines[at].*matrix).columns; ++c) {
          other = engines;
          (other[at].*matrix).at[r][c] += 1;
          CHECK(text != coq(other));
        }
  }
}

TEST_CASE("proofs: no tile of the engine's could change unseen") {
  const auto [name, axis] = axes_in_tiles().front();
  const std::string text = stated("tiles");
  const TiledAxis tiled = engine::tiled(axis, {.largest = 3});
  CHECK(text.find(coq(name, axis, tiled)) != std::string::npos);
  for (std::size_t at = 0; at < tiled.tiles.size(); ++at) {
    TiledAxis other = tiled;
    other.tiles[at].code.front() += 1;
    CHECK(text.find(coq(name, axis, other)) == std::string::npos);
    other = tiled;
    other.tiles[at].image.back().front() += 1;
    CHECK(text.find(coq(name, axis, other)) == std::string::npos);
  }
}
