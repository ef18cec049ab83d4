// A drawing as data: shapes that say what they mean, from which SVG, PNG, GIF and pages are made.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fsconv::draw {

// Lengths are in pixels of a page at its natural size, x to the right, y down.
struct Point {
  double x = 0, y = 0;
};

// What a colour means. The theme (theme.hpp) says how it looks, on light and on dark paper.
enum class Role {
  none,
  paper,   // behind everything
  cell,    // an empty cell of a grid
  line,    // the border of a cell, an axis, a leader
  ink,     // text that is read first
  quiet,   // text that is read second; what is absent
  code,    // the code side
  image,   // the image side
  step,    // what is computed now
  crop,    // pixels that are computed and cut off, or never read
  on,      // text on code, image, step, crop and series
  series,  // one of several, by `index`: taps, phases, runs; 8 colours, then again from the first
  shade    // a share, by `index` from 0 (nothing) to 255 (all): a density
};
struct Paint {
  Role role = Role::none;
  int index = 0;  // of series and shade
  bool operator==(const Paint&) const = default;
};

// What tells two areas apart where colours do not: lines over the filling, in the stroke's colour.
enum class Hatch { none, rising, falling, crossed, dotted };

struct Style {
  Paint fill = {};
  Paint stroke = {};
  double stroke_width = 1;
  double opacity = 1;  // of the filling
  bool dashed = false;
  Hatch hatch = Hatch::none;
};

struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
  double corner = 0;  // the radius of its corners
  Style style = {};
};

// Through all points; smooth: a cubic Bezier curve, 1 + 3n points.
struct Path {
  std::vector<Point> points;
  Style style = {};
  bool closed = false;
  bool smooth = false;
  bool arrow = false;  // a head at the last point
};

// The three corners of the head of a path with an arrow; none where its last two points are one.
std::vector<Point> arrow_head(const Path& path);

struct Circle {
  Point centre;
  double radius = 0;
  Style style = {};
};

// Many rectangles of one style: the entries of a sparse matrix, the cells of a grid.
struct Tiles {
  struct Tile {
    double x = 0, y = 0, width = 0, height = 0;
  };
  std::vector<Tile> tiles;
  Style style = {};
};

enum class Anchor { start, middle, end };
struct Label {
  Point at;  // on the baseline
  std::string text;
  double size = 13;
  Paint colour = {Role::ink};
  Anchor anchor = Anchor::start;
  bool bold = false;
  bool italic = false;
  double turned = 0;  // degrees, clockwise around `at`
};

// A picture of pixels, as the bytes of a PNG file, stretched over an area; its pixels stay squares.
struct Pixels {
  double x = 0, y = 0, width = 0, height = 0;
  std::vector<std::uint8_t> png;
};

using Primitive = std::variant<Rectangle, Tiles, Path, Circle, Label, Pixels>;

// What a shape shows of the operator, so that whoever reads the drawing (a test, a script on a page) can tell what was
// drawn. Positions are those of the equation, unused axes 0; channels are part of the picture's words, not of a mark.
struct Mark {
  enum class Kind {
    code_pixel,   // o
    image_pixel,  // i
    weight,       // k
    tap,          // o, i, k: a product w[k] y[o] or w[k] x[i] that the drawing shows
    entry         // o, i, k: a nonzero of W
  };
  Kind kind = Kind::tap;
  Index3 o = {}, i = {}, k = {};
  bool operator==(const Mark&) const = default;
};

struct Element {
  Primitive shape;
  std::optional<Mark> mark = {};
  std::string title = {};  // what a pointer that rests on it is told
};

// One picture of several that are shown in turn; the elements lie over those of the scene.
struct Frame {
  std::string caption;  // what happens in it, in a sentence: "x[2,3] = w[1,0] y[1,1] + ..."
  std::vector<Element> elements;
};

// Drawn in their order. A scene without frames is one picture; with frames, every one of them is the scene's elements and
// over them its own.
struct Scene {
  double width = 0, height = 0;
  std::string title = {};        // what it is, in a line
  std::string description = {};  // what it shows, in sentences, for whoever cannot see it
  std::vector<Element> elements = {};
  std::vector<Frame> frames = {};
  std::size_t axes = 2;  // of the marks: their positions are those of the last so many

  void add(Primitive shape, std::optional<Mark> mark = {}, std::string element_title = {}) {
    elements.push_back({std::move(shape), mark, std::move(element_title)});
  }
};

// So long can a frame be shown, in seconds: browsers slow down what is faster. InvalidArgument names "seconds".
void require_seconds(double seconds);

// The scene with one of its frames laid over it and no others. InvalidArgument names "step".
Scene still(const Scene& scene, Index frame);

}  // namespace fsconv::draw
