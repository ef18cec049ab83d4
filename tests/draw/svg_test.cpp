// SVG documents, the colours of both themes, and the widths of texts.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/draw/svg.hpp>
#include <fsconv/draw/text_size.hpp>
#include <limits>

#include "support/count.hpp"

using namespace fsconv;
using fsconv::testing::count;
using namespace fsconv::draw;

namespace {

Scene two_frames() {
  Scene scene{.width = 100, .height = 50, .title = "a <title> & more", .description = "what \"it\" shows"};
  scene.add(Rectangle{.x = 1.256, .y = 2, .width = 30, .height = 4, .style = {.fill = {Role::code}}},
            Mark{.kind = Mark::Kind::tap, .o = {0, 1, 2}, .i = {0, 3, 4}, .k = {0, 5, 6}}, "w<0>");
  scene.add(Label{.at = {5, 5}, .text = "a<b\x01&\"c\""});
  scene.frames.push_back(
      {"first", {{Circle{.centre = {1, 1}, .radius = 2, .style = {.fill = {Role::step}}}, {}, {}}}});
  scene.frames.push_back({"second", {{Path{.points = {{0, 0}, {10, 0}}, .arrow = true}, {}, {}}}});
  return scene;
}

}  // namespace

TEST_CASE(
    "svg: texts are escaped, control characters written as numbers, lengths short, marks as many axes as asked for") {
  const std::string text = svg(two_frames());
  CHECK(text.find("<title id=\"title\">a &lt;title&gt; &amp; more</title>") != std::string::npos);
  CHECK(text.find("<desc id=\"desc\">what &quot;it&quot; shows</desc>") != std::string::npos);
  CHECK(text.find(">a&lt;b\\x01&amp;&quot;c&quot;</text>") != std::string::npos);
  CHECK(text.find("x=\"1.26\" y=\"2\" width=\"30\"") != std::string::npos);
  CHECK(text.find("data-mark=\"tap\" data-o=\"1 2\" data-i=\"3 4\" data-k=\"5 6\"") != std::string::npos);
  Scene flat = two_frames();
  flat.axes = 1;
  CHECK(svg(flat).find("data-mark=\"tap\" data-o=\"2\" data-i=\"4\" data-k=\"6\"") != std::string::npos);
  CHECK(text.find("<title>w&lt;0&gt;</title>") != std::string::npos);
  CHECK(text.find("http://") == text.rfind("http://"));  // the namespace: nothing is fetched
}

TEST_CASE("svg: a theme that follows the reader has both palettes, the others one") {
  CHECK(count(svg(two_frames()), "prefers-color-scheme:dark") == 1);
  for (const Theme theme : {Theme::light, Theme::dark})
    CHECK(count(svg(two_frames(), {.theme = theme}), "prefers-color-scheme") == 0);
  CHECK(svg(two_frames(), {.theme = Theme::light}) != svg(two_frames(), {.theme = Theme::dark}));
}

TEST_CASE("svg: frames are groups to step through, or follow each other") {
  const std::string stepped = svg(two_frames());
  CHECK(count(stepped, "<g class=\"frame\"") == 2);
  CHECK(count(stepped, "visibility=\"hidden\"") == 1);
  const std::string moving = svg(two_frames(), {.seconds_per_frame = 0.5});
  CHECK(moving.find("animation:turn 1s step-end infinite") != std::string::npos);
  CHECK(moving.find(".frame0{animation-delay:-1s}") != std::string::npos);
  CHECK(moving.find(".frame1{animation-delay:-0.5s}") != std::string::npos);
  for (const double seconds : {0.0, -1.0, 0.01, 1e300, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(svg(two_frames(), {.seconds_per_frame = seconds}),
                      Catch::Contains("seconds: is") && Catch::Contains("0.02 to 600 for each step"));
  const Scene second = still(two_frames(), 1);
  CHECK(second.frames.empty());
  CHECK(second.elements.size() == 3);
  CHECK(second.description.ends_with("second"));
}

TEST_CASE("theme: what is read has a contrast of 4.5 to what it stands on, light and dark") {
  CHECK(contrast({0, 0, 0}, {255, 255, 255}) == Approx(21));
  CHECK(contrast({118, 118, 118}, {255, 255, 255}) == Approx(4.54).margin(0.01));  // the grey that WCAG names
  for (const bool dark : {false, true}) {
    const auto check = [&](Paint text, Paint ground, double least) {
      INFO(static_cast<int>(text.role) << " on " << static_cast<int>(ground.role) << " " << ground.index);
      CHECK(contrast(colour_of(text, dark), colour_of(ground, dark)) >= least);
    };
    for (const Role text : {Role::ink, Role::quiet})
      for (const Role ground : {Role::paper, Role::cell}) check({text}, {ground}, 4.5);
    for (const Role ground : {Role::code, Role::image, Role::step, Role::crop}) {
      check({Role::on}, {ground}, 4.5);
      check({ground}, {Role::paper}, 3);  // lines and areas beside the paper
    }
    for (int index = 0; index < series_colours; ++index) {
      check({Role::on}, {Role::series, index}, 4.5);
      check({Role::series, index}, {Role::paper}, 4.5);  // labels in the colour of their line
    }
  }
}

TEST_CASE("theme: series are colours of their own and come again after the last") {
  for (const bool dark : {false, true})
    for (int a = 0; a < series_colours; ++a) {
      CHECK(colour_of({Role::series, a}, dark) == colour_of({Role::series, a + series_colours}, dark));
      for (int b = 0; b < a; ++b)
        CHECK_FALSE(colour_of({Role::series, a}, dark) == colour_of({Role::series, b}, dark));
    }
}

TEST_CASE("text size: widths, lines and what does not fit") {
  CHECK(text_width("", 10) == 0);
  CHECK(text_width("  ", 10) == Approx(6.36));
  CHECK(text_width("ab", 10, true) > text_width("ab", 10));
  CHECK(text_width("\u00e9", 10) == text_width("\u6f22", 10));  // one character each, whatever its bytes
  CHECK(text_lines("one two three", 1000, 12) == std::vector<std::string>{"one two three"});
  CHECK(text_lines("one two three", text_width("one two", 12), 12) ==
        std::vector<std::string>{"one two", "three"});
  CHECK(text_lines("unbreakable word", 5, 12) == std::vector<std::string>{"unbreakable", "word"});
  CHECK(text_lines("", 5, 12).empty());
  CHECK(text_that_fits("short", 1000, 12) == "short");
  const std::string cut = text_that_fits("a longer text with \u00e9\u00e9\u00e9\u00e9", 60, 12);
  CHECK(cut.ends_with("\u2026"));
  CHECK(text_width(cut, 12) <= 60);
}
