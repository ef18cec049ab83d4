// Drawings against the equation: what they show is what the operator does, all of it, and nothing else.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/matrix_figure.hpp>
#include <fsconv/draw/matrix_panel.hpp>
#include <fsconv/draw/svg.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <map>
#include <set>

using namespace fsconv;
using namespace fsconv::draw;

namespace {

using Tap = std::array<Index, 9>;  // o, i, k

// The taps by the definition, all triples tried, of axes padded in front to three.
std::multiset<Tap> all_taps(const Geometry& geometry) {
  std::array<std::vector<std::array<Index, 3>>, 3> of_axis;
  const auto axes = three_axes(geometry);
  for (std::size_t at = 0; at < 3; ++at)
    for (Index o = 0; o < axes[at].out; ++o)
      for (Index i = 0; i < axes[at].in; ++i)
        for (Index k = 0; k < axes[at].taps; ++k)
          if (axes[at].up * i == axes[at].down * o + axes[at].dilation * k - axes[at].pad)
            of_axis[at].push_back({o, i, k});
  std::multiset<Tap> taps;
  for (const auto& a : of_axis[0])
    for (const auto& b : of_axis[1])
      for (const auto& c : of_axis[2]) taps.insert({a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]});
  return taps;
}

Tap tap_of(const Mark& mark) {
  return {mark.o[0], mark.o[1], mark.o[2], mark.i[0], mark.i[1], mark.i[2], mark.k[0], mark.k[1], mark.k[2]};
}

std::multiset<Tap> marked(const std::vector<Element>& elements, Mark::Kind kind) {
  std::multiset<Tap> taps;
  for (const Element& element : elements)
    if (element.mark && element.mark->kind == kind) taps.insert(tap_of(*element.mark));
  return taps;
}

std::multiset<Tap> drawn_in_frames(const Scene& scene, Mark::Kind kind) {
  std::multiset<Tap> taps;
  for (const Frame& frame : scene.frames) taps.merge(marked(frame.elements, kind));
  return taps;
}

// What a drawing must pass: every product that it shows is a tap and every tap is shown once.
bool is_the_operator(const Scene& scene, const Geometry& geometry) {
  return drawn_in_frames(scene, Mark::Kind::tap) == all_taps(geometry);
}

// Strides 1/2, 2/3 and 2/2, unequal axes, dilation, asymmetric and negative padding, stride beyond the taps, one tap, groups.
const std::vector<std::string> cases{"ic1oc1i6o3k3s2p1",
                                     "ic1oc1i6o3k4s2p1",
                                     "ic1oc1i5o10k3s1/2p1",
                                     "ic1oc1i7o5k4s3/2p1",
                                     "ic1oc1i6o8k3s2/3p1",
                                     "ic1oc1i6o5k3s2/2p1",
                                     "ic1oc1i9o3k2s4",
                                     "ic1oc1i5o5k1",
                                     "ic1oc1i8o3k2s2p-1",
                                     "ic1oc1i9o4k3s2d2p2",
                                     "ic1oc1i6x5o3x2k3x2s2x3p1x0",
                                     "ic1oc1i5x6o5x3k2x4s1x2d2x1p1x1",
                                     "g2ic4oc6i4x4o2x2k3s2p1",
                                     "ic1oc1i4x4x4o2x2x2k2s2",
                                     "ic1oc1i3x4x5o2x2x3k2x3x3s2p0x1x1"};

}  // namespace

TEST_CASE("figure: every product drawn is a tap, and every tap is drawn, in all views") {
  for (const std::string& word : cases)
    for (const Direction direction : all_values<Direction>())
      for (const View view : {View::gather, View::scatter, View::zeros, View::phases, View::matrix}) {
        INFO(word << " " << name(direction) << " " << name(view));
        const Geometry geometry = parse_case(word);
        const Scene scene = figure(geometry, {.view = view, .direction = direction});
        CHECK(is_the_operator(scene, geometry));
      }
}

TEST_CASE("figure: the check rejects a drawing that lacks a product, has one twice, or one that is none") {
  const Geometry geometry = parse_case("ic1oc1i6x6o3x3k3s2p1");
  const Scene right = figure(geometry, {.view = View::zeros});
  REQUIRE(is_the_operator(right, geometry));
  const auto a_tap = [](Scene& scene) -> std::pair<Frame&, std::size_t> {
    for (Frame& frame : scene.frames)
      for (std::size_t at = 0; at < frame.elements.size(); ++at)
        if (frame.elements[at].mark && frame.elements[at].mark->kind == Mark::Kind::tap) return {frame, at};
    throw std::logic_error("no tap");
  };
  Scene lacking = right;
  {
    auto [frame, at] = a_tap(lacking);
    frame.elements.erase(frame.elements.begin() + static_cast<std::ptrdiff_t>(at));
  }
  CHECK_FALSE(is_the_operator(lacking, geometry));
  Scene twice = right;
  {
    auto [frame, at] = a_tap(twice);
    frame.elements.push_back(Element(frame.elements[at]));
  }
  CHECK_FALSE(is_the_operator(twice, geometry));
  Scene wrong = right;
  {
    auto [frame, at] = a_tap(wrong);
    frame.elements[at].mark->k[2] += 1;
  }
  CHECK_FALSE(is_the_operator(wrong, geometry));
  CHECK_FALSE(is_the_operator(right, parse_case("ic1oc1i6x6o3x3k3s2p0")));
}

TEST_CASE("figure: a frame's products are those of its step, and lie where its pixels are") {
  for (const std::string& word : cases)
    for (const View view : {View::gather, View::zeros, View::matrix}) {
      const Geometry geometry = parse_case(word);
      const auto axes = three_axes(geometry);
      INFO(word << " " << name(view));
      const Scene scene = figure(geometry, {.view = view});
      const Index3 in = in_extents(axes);
      REQUIRE(static_cast<Index>(scene.frames.size()) == volume(in));
      Index at = 0;
      for_each_position(in, [&](const Index3& i) {
        for (const Tap& tap : marked(scene.frames[static_cast<std::size_t>(at)].elements, Mark::Kind::tap))
          CHECK(Index3{tap[3], tap[4], tap[5]} == i);
        ++at;
      });
    }
}

TEST_CASE("figure: one step alone is that step of all") {
  for (const std::string& word : cases)
    for (const Direction direction : all_values<Direction>())
      for (const View view : {View::gather, View::scatter, View::zeros, View::phases, View::matrix}) {
        const Geometry geometry = parse_case(word);
        FigureOptions options{.view = view, .direction = direction};
        const Scene all = figure(geometry, options);
        INFO(word << " " << name(direction) << " " << name(view));
        REQUIRE(static_cast<Index>(all.frames.size()) == step_count(geometry, options));
        options.step = static_cast<Index>(all.frames.size()) / 2;
        const Scene one = figure(geometry, options);
        REQUIRE(one.frames.size() == 1);
        CHECK(one.frames[0].caption == all.frames[static_cast<std::size_t>(*options.step)].caption);
        CHECK(marked(one.frames[0].elements, Mark::Kind::tap) ==
              marked(all.frames[static_cast<std::size_t>(*options.step)].elements, Mark::Kind::tap));
      }
}

TEST_CASE("figure: W's lit entries are the step's, and all entries are those of W") {
  for (const std::string& word :
       std::vector<std::string>{"ic1oc1i6o3k3s2p1", "ic1oc1i5x6o5x3k2x4s1x2d2x1p1x1", "ic1oc1i7o5k4s3/2p1"}) {
    const Geometry geometry = parse_case(word);
    const Scene scene = figure(geometry, {.view = View::gather});
    INFO(word);
    CHECK(marked(scene.elements, Mark::Kind::entry) == all_taps(geometry));
    CHECK(drawn_in_frames(scene, Mark::Kind::entry) == all_taps(geometry));
    for (const Frame& frame : scene.frames)
      CHECK(marked(frame.elements, Mark::Kind::entry) == marked(frame.elements, Mark::Kind::tap));
    for (const bool transpose : {false, true})
      CHECK(marked(matrix_figure(geometry, {.transpose = transpose}).elements, Mark::Kind::entry) ==
            all_taps(geometry));
  }
}

TEST_CASE("figure: the transpose of W is W in a mirror") {
  const Geometry geometry = parse_case("ic2oc3i5x4o3x2k3x3s2p1");
  std::map<Tap, std::multiset<std::pair<double, double>>> places[2];
  double corner[2][2] = {{1e9, 1e9}, {1e9, 1e9}};
  for (const bool transpose : {false, true})
    for (const Element& element : matrix_figure(geometry, {.transpose = transpose, .largest = 200}).elements)
      if (element.mark && element.mark->kind == Mark::Kind::entry) {
        const auto& square = std::get<Rectangle>(element.shape);
        places[transpose][tap_of(*element.mark)].insert({square.x, square.y});
        corner[transpose][0] = std::min(corner[transpose][0], square.x);
        corner[transpose][1] = std::min(corner[transpose][1], square.y);
      }
  REQUIRE(places[0].size() == places[1].size());
  for (const auto& [tap, list] : places[0]) {
    std::multiset<std::pair<long, long>> here, mirrored;
    for (const auto& [x, y] : list)
      here.insert({std::lround(100 * (x - corner[0][0])), std::lround(100 * (y - corner[0][1]))});
    for (const auto& [x, y] : places[1][tap])
      mirrored.insert({std::lround(100 * (y - corner[1][1])), std::lround(100 * (x - corner[1][0]))});
    CHECK(here == mirrored);
  }
}

TEST_CASE("figure: a large W is drawn as counts of its blocks, and says so") {
  const Geometry geometry = parse_case("ic3oc8i32x32o16x16k4s2p1");
  const Scene scene = matrix_figure(geometry);
  CHECK(scene.description.find("entries") != std::string::npos);
  CHECK(marked(scene.elements, Mark::Kind::entry).empty());
  double filled = 0;
  for (const Element& element : scene.elements)
    if (const auto* tiles = std::get_if<Tiles>(&element.shape);
        tiles && tiles->style.fill.role == Role::shade)
      for (const auto& tile : tiles->tiles) filled += tile.width * tile.height;
  CHECK(filled > 0);
  CHECK_THROWS_AS(matrix_figure(parse_case("ic256oc512i64x64o32x32k4s2p1")), InvalidArgument);
}

TEST_CASE("figure: numbers are those of the form gather") {
  for (const std::string& word :
       std::vector<std::string>{"ic1oc1i5x5o3x3k3s2p1", "ic1oc1i5o10k3s1/2p1", "ic1oc1i9o4k3s2d2p2"}) {
    const Geometry geometry = parse_case(word);
    Tensor<double> weight(geometry.weight_shape()), code(geometry.code_shape());
    for (Index at = 0; at < weight.size(); ++at) weight[at] = static_cast<double>(at + 1);
    for (Index at = 0; at < code.size(); ++at) code[at] = static_cast<double>(at + 1);
    const Tensor<double> image = gather::conv_transpose(geometry, code, weight);
    const Scene scene = figure(geometry, {.view = View::gather, .text = CellText::numbers});
    REQUIRE(static_cast<Index>(scene.frames.size()) == image.size());
    for (Index at = 0; at < image.size(); ++at) {
      const std::string& caption = scene.frames[static_cast<std::size_t>(at)].caption;
      INFO(word << ": " << caption);
      CHECK(std::stod(caption.substr(caption.rfind('=') + 1)) == image[at]);
    }
  }
}

TEST_CASE("figure: the overlap is how many taps meet a pixel") {
  for (const std::string& word : cases) {
    const Geometry geometry = parse_case(word);
    std::map<Index3, Index> counts;
    for (const Tap& tap : all_taps(geometry)) ++counts[{tap[3], tap[4], tap[5]}];
    Index pixels = 0;
    for (const Element& element : figure(geometry, {.view = View::overlap}).elements)
      if (element.mark) {
        ++pixels;
        CHECK(element.title == counted(counts[element.mark->i], "tap"));
      }
    CHECK(pixels == volume(in_extents(three_axes(geometry))));
  }
}

TEST_CASE("figure: what cannot be seen is refused") {
  for (const std::string& word :
       std::vector<std::string>{"ic1oc1i200o100k4s2p1", "ic1oc1i1000000000o500000000k2s2",
                                "ic1oc1i8o4k3s2d30p29", "ic1oc1i0o0k1"}) {
    INFO(word);
    CHECK_THROWS_AS(figure(parse_case(word)), InvalidArgument);
  }
  CHECK_THROWS_AS(figure(parse_case("ic1oc1i40x40o20x20k4s2p1"), {.view = View::matrix}), InvalidArgument);
  // Every pixel of a cube, and of a plane every step of every pixel.
  CHECK_THROWS_AS(figure(parse_case("ic1oc1i48x48x48o48x48x48k1")), InvalidArgument);
  const Geometry plane = parse_case("ic1oc1i44x44o22x22k2s2");
  CHECK_THROWS_AS(figure(plane), InvalidArgument);
  CHECK(figure(plane, {.step = 7}).frames.size() == 1);
  const Geometry geometry = parse_case("ic1oc1i6o3k3s2p1");
  for (const Index step : {Index{-1}, Index{6}})
    CHECK_THROWS_AS(figure(geometry, {.step = step}), InvalidArgument);
  CHECK_THROWS_AS(figure(geometry, {.view = View::overlap, .step = 0}), InvalidArgument);
  CHECK_THROWS_AS(figure(geometry, {.text = CellText::numbers, .weight = Tensor<double>({4})}),
                  InvalidArgument);
  CHECK_THROWS_AS(figure(geometry, {.text = CellText::numbers, .source = Tensor<double>({3, 1})}),
                  InvalidArgument);
  CHECK_THROWS_AS(still(figure(geometry), 6), InvalidArgument);
  CHECK_THROWS_AS(still(figure(geometry, {.view = View::overlap}), 0), InvalidArgument);
}

TEST_CASE("figure: all that is drawn lies on the page") {
  for (const std::string& word : cases)
    for (const View view : all_values<View>())
      for (const Convention convention : {Convention::native, Convention::pytorch}) {
        const Scene scene = figure(parse_case(word), {.view = view, .convention = convention});
        INFO(word << " " << name(view));
        const auto inside = [&](const std::vector<Element>& elements) {
          for (const Element& element : elements)
            if (const auto* square = std::get_if<Rectangle>(&element.shape)) {
              CHECK(square->x >= 0);
              CHECK(square->y >= 0);
              CHECK(square->x + square->width <= scene.width);
              CHECK(square->y + square->height <= scene.height);
            }
        };
        inside(scene.elements);
        for (const Frame& frame : scene.frames) inside(frame.elements);
      }
}

TEST_CASE("matrix: taps that are not one look different") {
  for (const Index3& taps : {Index3{1, 1, 16}, Index3{1, 1, 35}, Index3{1, 3, 16}, Index3{2, 3, 9}}) {
    std::array<Axis, 3> axes{};
    for (std::size_t axis = 0; axis < 3; ++axis) axes[axis].taps = taps[axis];
    std::set<std::tuple<int, int, double>> looks;
    for_each_position(taps, [&](const Index3& k) {
      const Style style = tap_style(k, axes);
      looks.insert({style.fill.index, static_cast<int>(style.hatch), style.opacity});
    });
    CHECK(static_cast<Index>(looks.size()) == volume(taps));
  }
}

TEST_CASE("figure: what is too large says on which axis of which side") {
  CHECK_THROWS_WITH(figure(parse_case("i4x60o4x60k1")),
                    Catch::Contains("takes 60 positions on axis 1 of the image"));
  CHECK_THROWS_WITH(figure(parse_case("i40x4o20x4k2x1s2x1d30x1p5x0")), Catch::Contains("on axis 0 of the"));
}
