// What a figure says beside its squares: the stride, zeros and equation of every axis, and all of it.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/geometry/case_string.hpp>

using namespace fsconv;
using namespace fsconv::draw;

namespace {

std::vector<Label> labels(const Scene& scene) {
  std::vector<Label> list;
  for (const Element& element : scene.elements)
    if (const auto* label = std::get_if<Label>(&element.shape)) list.push_back(*label);
  return list;
}

// All that is written, line behind line.
std::string words(const Scene& scene) {
  std::string all;
  for (const Label& label : labels(scene)) all += label.text + " ";
  return all;
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

Box box(const Label& label) {
  return {label.at.x, label.at.y - 0.75 * label.size,
          label.at.x + text_width(label.text, label.size, label.bold), label.at.y};
}

// Sentences and names, which begin at their place; not what stands in a cell.
std::vector<Label> sentences(const Scene& scene) {
  std::vector<Label> list;
  for (const Label& label : labels(scene))
    if (label.anchor == Anchor::start && label.size > 11) list.push_back(label);
  return list;
}

// Of two and three axes that have little in common, and of one.
const std::vector<std::string> unlike{"ic1oc1i8x7o5x5k4x3s1x2p0x1",
                                      "ic1oc1i8x7o5x4k4x3s2x1d1x2p2x1",
                                      "ic1oc1i6x4x4o3x2x2k3s2p1",
                                      "ic1oc1i5x5x6o2x4x2k3x2x4s2x1x3p0x0x2",
                                      "ic1oc1i6x6x6o3x3x6k3s2x2x1p1",
                                      "ic1oc1i7x5o4x8k3s3/2x1/2p1x2",
                                      "ic1oc1i8x9o3x3k2x3s2x4p-1x-2",
                                      "ic1oc1i9x7x5o3x4x2k2x3x4s4x2x3d1x2x1p-1x2x0",
                                      "ic1oc1i9o3k2s4p-1",
                                      "ic1oc1i12o5k4s3/2d2p5"};

constexpr View views[] = {View::gather, View::scatter, View::zeros,
                          View::phases, View::matrix,  View::overlap};

}  // namespace

TEST_CASE("figure words: the title says the stride of every axis") {
  const auto title = [](const char* text, Direction direction, View view = View::gather) {
    return figure(parse_case(text), {.view = view, .direction = direction}).title;
  };
  CHECK(title("i8x7o5x3k4x3s1x2", Direction::conv) == "Convolution with stride 1,2");
  for (const View view : {View::gather, View::scatter, View::zeros}) {
    CHECK(title("i8x7o5x3k4x3s1x2", Direction::conv_transpose, view) ==
          "Transposed convolution with stride 1,2 = convolution with stride 1,1/2");
    CHECK(title("i5x3x7o2x1x2k3s2x1x3", Direction::conv_transpose, view) ==
          "Transposed convolution with stride 2,1,3 = convolution with stride 1/2,1,1/3");
    CHECK(title("i6x4o3x2k3s2p1", Direction::conv_transpose, view) ==
          "Transposed convolution with stride 2 = convolution with stride 1/2");
  }
}

TEST_CASE("figure words: the footer has the equation of every axis, each once and with its axes") {
  const auto footer = [](const char* text) { return words(figure(parse_case(text), {})); };
  CHECK(footer("i8o3k2s2p-1").find(" is 1·i = 2·o + 1·k + 1 case") != std::string::npos);
  // Other sizes, but one equation.
  const std::string one = footer("i6x4x4o3x2x2k3s2p1");
  CHECK(one.find(" is 1·i = 2·o + 1·k - 1 case") != std::string::npos);
  const std::string two = footer("i6x6x6o3x3x6k3s2x2x1p1");
  CHECK(two.find(" is 1·i = 2·o + 1·k - 1 (axes 0 and 1); 1·i = 1·o + 1·k - 1 (axis 2) case") !=
        std::string::npos);
  // The first axis and the last are alike, the one between is not.
  const std::string between = footer("i6x6x4o3x6x2k3s2x1x2p1");
  CHECK(between.find("1·i = 2·o + 1·k - 1 (axes 0 and 2); 1·i = 1·o + 1·k - 1 (axis 1) case") !=
        std::string::npos);
}

TEST_CASE("figure words: zeros and overlap are said of every axis") {
  const std::string conv = words(
      figure(parse_case("i8x7o4x4k4x3s2x1d1x2p2x1"), {.view = View::gather, .direction = Direction::conv}));
  CHECK(conv.find("2 zeros in front, 0 behind (axis 0); 1 zero in front, 0 behind (axis 1) ") !=
        std::string::npos);
  const std::string zeros = words(figure(parse_case("i5x4x8o3x2x4k3s2x1x3p1x0x2"), {.view = View::zeros}));
  CHECK(
      zeros.find(
          "3 x 2 x 4 pixels: 1 zero between, 1 around (axis 0); 2 zeros around (axis 1); 2 zeros between, 0 "
          "around (axis 2) ") != std::string::npos);
  const std::string overlap = words(figure(parse_case("i6x6x6o3x3x6k3s2x2x1p1"), {.view = View::overlap}));
  CHECK(overlap.find("taps in turn: uneven (axes 0 and 1); 3 taps everywhere: even (axis 2)") !=
        std::string::npos);
}

TEST_CASE("figure words: nothing is cut, nothing runs into another sentence or out of the page") {
  for (const std::string& text : unlike)
    for (const View view : views)
      for (const Direction direction : all_values<Direction>())
        for (const Convention convention : {Convention::native, Convention::pytorch}) {
          if (view == View::overlap && direction == Direction::conv) continue;
          INFO(text << " " << name(view) << " " << name(direction) << " " << name(convention));
          FigureOptions options{.view = view, .direction = direction, .convention = convention};
          if (view != View::overlap) options.step = 0;  // it has none
          const Scene scene = figure(parse_case(text), options);
          const std::vector<Label> list = sentences(scene);
          for (std::size_t at = 0; at < list.size(); ++at) {
            INFO(list[at].text);
            CHECK(list[at].text.find("…") == std::string::npos);
            CHECK(box(list[at]).right <= scene.width);
            for (std::size_t other = 0; other < at; ++other) {
              INFO(list[other].text);
              CHECK_FALSE(box(list[at]).meets(box(list[other])));
            }
          }
        }
}
