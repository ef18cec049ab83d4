// Pictures of scenes: colours where shapes are, nothing where they are not, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/draw/raster.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/draw/theme.hpp>
#include <limits>

using namespace fsconv;
using namespace fsconv::draw;
using Catch::Contains;

namespace {

Scene page(Primitive shape, double width = 40, double height = 40) {
  Scene scene{.width = width, .height = height, .title = {}, .description = {}, .elements = {}, .frames = {}};
  scene.add(std::move(shape));
  return scene;
}

Colour at(const Picture& picture, Index x, Index y) {
  const auto* pixel = &picture.pixels.at(static_cast<std::size_t>(3 * (y * picture.width + x)));
  return {pixel[0], pixel[1], pixel[2]};
}
Colour light(Role role) { return colour_of({role}, false); }

// How many pixels are not of the paper's colour.
Index inked(const Picture& picture, bool dark = false) {
  Index count = 0;
  for (Index y = 0; y < picture.height; ++y)
    for (Index x = 0; x < picture.width; ++x) count += at(picture, x, y) != colour_of({Role::paper}, dark);
  return count;
}

// The first and last column, or row, that has ink.
std::pair<Index, Index> extent(const Picture& picture, bool across) {
  std::pair<Index, Index> found{std::numeric_limits<Index>::max(), -1};
  for (Index y = 0; y < picture.height; ++y)
    for (Index x = 0; x < picture.width; ++x)
      if (at(picture, x, y) != light(Role::paper))
        found = {std::min(found.first, across ? x : y), std::max(found.second, across ? x : y)};
  return found;
}

const Style filled{.fill = {Role::code}};

}  // namespace

TEST_CASE("raster: a rectangle on whole pixels, by hand, at every zoom and in both themes") {
  const Scene scene = page(Rectangle{1, 2, 3, 1, 0, filled}, 5, 4);
  for (const bool dark : {false, true})
    for (const Index zoom : {1, 2, 3}) {
      const Picture picture = raster(scene, {static_cast<double>(zoom), dark});
      REQUIRE(picture.width == 5 * zoom);
      REQUIRE(picture.height == 4 * zoom);
      REQUIRE(picture.channels == 3);
      for (Index y = 0; y < picture.height; ++y)
        for (Index x = 0; x < picture.width; ++x) {
          const bool inside = x / zoom >= 1 && x / zoom <= 3 && y / zoom == 2;
          CHECK(at(picture, x, y) == colour_of({inside ? Role::code : Role::paper}, dark));
        }
    }
}

TEST_CASE("raster: strokes, dashes, opacity and round corners") {
  const Picture framed = raster(page(Rectangle{10.5, 10.5, 20, 20, 0, {.stroke = {Role::ink}}}));
  CHECK(at(framed, 10, 20) == light(Role::ink));
  CHECK(at(framed, 11, 20) == light(Role::paper));
  CHECK(inked(framed) == 4 * 20);
  const Picture dashed =
      raster(page(Rectangle{10.5, 10.5, 20, 20, 0, {.stroke = {Role::ink}, .dashed = true}}));
  CHECK(inked(dashed) > 30);
  CHECK(inked(dashed) < 60);  // three of every six, and their blurred ends
  const Picture half = raster(page(Rectangle{0, 0, 40, 40, 0, {.fill = {Role::ink}, .opacity = 0.5}}));
  CHECK(std::abs(at(half, 20, 20).red - (light(Role::ink).red + 255) / 2) <= 1);
  const Picture round = raster(page(Rectangle{0, 0, 40, 40, 20, filled}));
  CHECK(at(round, 0, 0) == light(Role::paper));
  CHECK(at(round, 39, 39) == light(Role::paper));
  CHECK(at(round, 20, 1) == light(Role::code));
  CHECK(std::abs(static_cast<double>(inked(round)) - 400 * 3.14159) < 130);  // the rim is 126 pixels long
}

TEST_CASE("raster: paths, smooth ones, arrows, circles and tiles") {
  Style line{.stroke = {Role::ink}, .stroke_width = 2};
  CHECK(inked(raster(page(Path{{{5, 20}, {35, 20}}, line}))) == 60);
  CHECK(inked(raster(page(Path{{{5, 20}, {35, 20}}, line, false, false, true}))) > 80);
  // A curve at a quarter of its way: (1 - t)^3 5 + ... by hand at t = 1/2: x = 20, y = 20 - 3/4 * 16 = 8
  const Picture curve = raster(page(Path{{{5, 20}, {5, 4}, {35, 4}, {35, 20}}, line, false, true}));
  CHECK(at(curve, 20, 8) == light(Role::ink));
  CHECK(at(curve, 20, 20) == light(Role::paper));
  const Picture triangle = raster(page(Path{{{0, 0}, {40, 0}, {0, 40}}, filled, true}));
  CHECK(at(triangle, 5, 5) == light(Role::code));
  CHECK(at(triangle, 35, 35) == light(Role::paper));
  const Picture circle = raster(page(Circle{{20, 20}, 10, filled}));
  CHECK(at(circle, 20, 11) == light(Role::code));
  CHECK(at(circle, 11, 11) == light(Role::paper));
  const Picture tiles = raster(page(Tiles{{{0, 0, 2, 2}, {10, 10, 3, 1}}, filled}));
  CHECK(inked(tiles) == 7);
  CHECK(inked(raster(page(Path{{}, line}))) == 0);
  CHECK(inked(raster(page(Path{{{5, 5}, {5, 5}}, {.stroke = {Role::none}}, false, false, true}))) == 0);
}

TEST_CASE("raster: hatches differ from each other and stay inside") {
  std::vector<Picture> all;
  for (const Hatch hatch : {Hatch::none, Hatch::rising, Hatch::falling, Hatch::crossed, Hatch::dotted}) {
    const Style style{.fill = {Role::cell}, .stroke = {Role::ink}, .hatch = hatch};
    all.push_back(raster(page(Rectangle{8.5, 8.5, 23, 23, 0, style})));
    CHECK(extent(all.back(), true) == std::pair<Index, Index>{8, 31});
    CHECK(extent(all.back(), false) == std::pair<Index, Index>{8, 31});
  }
  for (std::size_t one = 0; one < all.size(); ++one)
    for (std::size_t other = 0; other < one; ++other) CHECK(all[one] != all[other]);
  // x + y a multiple of six is on a rising line, x - y on a falling one: the tile of the SVG's pattern
  CHECK(at(all[1], 17, 18).red < 130);
  CHECK(at(all[1], 17, 15).red > 200);
  CHECK(at(all[2], 18, 18).red < 130);
  CHECK(at(all[2], 21, 18).red > 200);
  CHECK(at(all[4], 20, 20).red < 130);
  CHECK(at(all[4], 17, 17).red > 200);
}

TEST_CASE("raster: text is as wide as it was laid out, and stands where its anchor says") {
  const std::string word = "transposed";
  const double width = text_width(word, 20);
  for (const auto& [anchor, left] :
       {std::pair{Anchor::start, 150.0}, std::pair{Anchor::middle, 150 - width / 2},
        std::pair{Anchor::end, 150 - width}}) {
    const Picture picture = raster(page(Label{{150, 30}, word, 20, {Role::ink}, anchor}, 300, 40));
    const auto [first, last] = extent(picture, true);
    CHECK(std::abs(static_cast<double>(first) - left) < 3);  // letters have bearings
    CHECK(std::abs(static_cast<double>(last + 1) - left - width) < 3);
  }
  const Picture turned =
      raster(page(Label{{20, 150}, word, 20, {Role::ink}, Anchor::start, false, false, -90}, 40, 300));
  const auto [top, bottom] = extent(turned, false);
  CHECK(std::abs(static_cast<double>(bottom) - 150) < 3);
  CHECK(std::abs(static_cast<double>(bottom - top) - width) < 3);
  const auto ink = [&](bool bold, bool italic) {
    return raster(page(Label{{2, 30}, word, 20, {Role::ink}, Anchor::start, bold, italic}, 300, 40));
  };
  CHECK(inked(ink(true, false)) > inked(ink(false, false)));
  CHECK(ink(false, true) != ink(false, false));
}

TEST_CASE("raster: pixels stay squares, grey and in colour") {
  const Picture small{2, 2, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9}};
  const Picture picture = raster(page(Pixels{0, 0, 40, 20, png_bytes(small)}));
  for (Index y = 0; y < 20; ++y)
    for (Index x = 0; x < 40; ++x) CHECK(at(picture, x, y) == at(small, x / 20, y / 10));
  const Picture grey = raster(page(Pixels{0, 0, 40, 40, png_bytes({1, 2, 1, {0, 128}})}));
  CHECK(at(grey, 39, 19) == Colour{0, 0, 0});
  CHECK(at(grey, 0, 20) == Colour{128, 128, 128});
}

TEST_CASE("raster: a frame is what still() makes of it, and leaves the others alone") {
  Scene scene = page(Rectangle{0, 0, 10, 10, 0, filled});
  for (int x = 0; x < 3; ++x)
    scene.frames.push_back({"", {{Rectangle{10.0 * x, 20, 10, 10, 0, {.fill = {Role::step}}}, {}, {}}}});
  const Raster all(scene, {});
  for (const Index number : {2, 0, 1, 2}) CHECK(all.frame(number) == raster(still(scene, number)));
  CHECK(all.frame(0) != all.frame(1));
  CHECK(inked(all.still()) == 100);
  CHECK_THROWS_WITH(all.frame(3), Contains("step: is 3; 0 to 2"));
  CHECK_THROWS_AS(all.frame(-1), InvalidArgument);
  CHECK_THROWS_WITH(Raster(page(Rectangle{}), {}).frame(0), Contains("no steps"));
}

TEST_CASE("raster: what cannot be drawn is refused") {
  const Scene scene = page(Rectangle{});
  for (const double zoom : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(raster(scene, {zoom}), InvalidArgument);
  CHECK(raster(page(Rectangle{}, 4, 16384)).height == 16384);
  CHECK_THROWS_WITH(raster(page(Rectangle{}, 16385, 4)), Contains("16384 pixels; at most 0.99"));
  CHECK_THROWS_WITH(raster(scene, {1e300}), Contains("zoom"));
  CHECK_THROWS_WITH(raster(page(Pixels{0, 0, 9, 9, {1, 2, 3}})), Contains("Cairo"));
  CHECK_NOTHROW(raster(page(Label{{0, 20}, "\xff\xfe broken \x1b[31m"})));  // no UTF-8
  CHECK(raster(page(Rectangle{}, 0, 0)).width == 1);
}
