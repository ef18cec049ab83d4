// The page of a drawing's steps: what is in it without a browser (in_browser.mjs has one).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/draw/player.hpp>

#include "support/count.hpp"

using namespace fsconv;
using fsconv::testing::count;
using namespace fsconv::draw;
using Catch::Contains;

namespace {

Scene steps(std::size_t frames) {
  Scene scene{
      .width = 100, .height = 50, .title = "A & B", .description = "x < y", .elements = {}, .frames = {}};
  scene.add(Rectangle{0, 0, 10, 10, 0, {.fill = {Role::code}}});
  for (std::size_t at = 0; at < frames; ++at)
    scene.frames.push_back(
        {"step </li> \"" + std::to_string(at), {{Circle{{5, 5}, 3, {.fill = {Role::step}}}, {}, {}}}});
  return scene;
}

// Nothing that a browser would fetch: no address but of the SVG's name space.
bool is_self_contained(std::string page) {
  constexpr std::string_view name_space = "xmlns=\"http://www.w3.org/2000/svg\"";
  for (std::size_t at = page.find(name_space); at != std::string::npos; at = page.find(name_space))
    page.erase(at, name_space.size());
  return page.find("http") == std::string::npos && page.find(" src=") == std::string::npos &&
         page.find("@import") == std::string::npos && page.find("url(http") == std::string::npos;
}

}  // namespace

TEST_CASE("player: a page with its drawing, all captions, and one of each control") {
  const std::string page = player(steps(3));
  CHECK(count(page, "<h1>A &amp; B</h1>") == 1);
  CHECK(count(page, "<p>x &lt; y</p>") == 1);
  CHECK(count(page, "<svg ") == 1);
  CHECK(count(page, "<g class=\"frame\"") == 3);
  CHECK(count(page, "<li>") == 3);
  CHECK(count(page, "</li>") == 3);
  CHECK_THAT(page, Contains("<li>step &lt;/li&gt; &quot;2</li>"));
  CHECK_THAT(page, Contains("lang=\"en\"") && Contains("max=\"3\"") && Contains("<title>A &amp; B</title>"));
  for (const char* id :
       {"play", "back", "forward", "slider", "speed", "keep", "caption", "all", "steps", "drawing-style"})
    CHECK(count(page, std::string(" id=\"") + id + "\"") == 1);
  CHECK(is_self_contained(page));
  CHECK_FALSE(is_self_contained(page + "<img src=\"x.png\">"));
}

TEST_CASE("player: a drawing without steps, or with one, has no controls") {
  for (const std::size_t frames : {0, 1}) {
    const std::string page = player(steps(frames));
    CHECK(count(page, "<button") == 0);
    CHECK(count(page, "<li>") == 0);
    CHECK(count(page, "id=\"caption\"") == frames);
  }
}

TEST_CASE("player: a theme decides the page's colours, too") {
  const auto page = [](Theme theme) { return player(steps(2), {.theme = theme}); };
  CHECK_THAT(page(Theme::light), Contains("color-scheme:light") && !Contains("prefers-color-scheme"));
  CHECK_THAT(page(Theme::dark), Contains("color-scheme:dark") && !Contains("prefers-color-scheme"));
  CHECK_THAT(page(Theme::automatic), Contains("color-scheme:light") && Contains("prefers-color-scheme:dark"));
}

TEST_CASE("player: impossible speeds are refused") {
  for (const double seconds : {0.0, -1.0, 1e9})
    CHECK_THROWS_WITH(player(steps(2), {.seconds_per_frame = seconds}), Contains("seconds: is"));
}
