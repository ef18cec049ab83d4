// Text from outside stays text, whatever it holds.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/report/html.hpp>
#include <string>
#include <vector>

using namespace fsconv::report;

namespace {

const std::vector<std::string> hostile = {"</script><script>alert(1)</script>",
                                          "<!--",
                                          "\"><img src=x onerror=alert(1)>",
                                          "a&lt;b",
                                          "\x1b[31mred\x07",
                                          "\u202Egpj.exe",
                                          "\xff\xfe no UTF-8",
                                          std::string("zero\0byte", 9)};

// What the escaping must leave none of.
bool holds_markup(const std::string& html) {
  for (const char* letters : {"<script", "<!--", "<img", "\"><", "\x1b", "\x07", "\u202E", "\xff"})
    if (html.find(letters) != std::string::npos) return true;
  return html.find('\0') != std::string::npos;
}

}  // namespace

TEST_CASE("html: by hand") {
  CHECK(element("p", {{"class", "a\"b"}}, {"1 < 2 & 3", element("b", {}, {"x"})}).written() ==
        "<p class=\"a&quot;b\">1 &lt; 2 &amp; 3<b>x</b></p>\n");
  CHECK(element("br").written() == "<br>");
  CHECK(element("input", {{"type", "search"}}).written() == "<input type=\"search\">");
}

TEST_CASE("html: hostile text is no markup, as text, as an attribute and as data") {
  for (const std::string& text : hostile) {
    INFO(text);
    CHECK_FALSE(holds_markup(Html(text).written()));
    CHECK_FALSE(holds_markup(element("td", {{"title", text}}, {text}).written()));
    const std::string json = json_text({{text, text}});
    CHECK_FALSE(holds_markup(json));
    CHECK(json.find('<') == std::string::npos);
  }
  // The check itself sees what was not escaped.
  for (const std::string& text :
       {hostile[0], hostile[1], hostile[2], hostile[4], hostile[5], hostile[6], hostile[7]})
    CHECK(holds_markup(text));
}

TEST_CASE("html: data comes back as it was, and what is not finite as null") {
  const nlohmann::json json = {
      {"name", "</script><!-- & \u202E"}, {"values", {1.0 / 3, 1e-300, 0.1}}, {"nan", NAN}};
  const nlohmann::json back = nlohmann::json::parse(json_text(json));
  CHECK(back["name"] == json["name"]);
  CHECK(back["values"] == json["values"]);
  CHECK(back["nan"].is_null());
}

TEST_CASE("html: long texts are shown whole, and letters of several bytes are not cut") {
  std::string text;
  for (int n = 0; n < 2000; ++n) text += "aü–\U0001F600";
  CHECK(Html(text).written() == text);
  CHECK(shown("a\nb\n") == "a\nb\n");
  CHECK(shown(std::string(10000, '\n') + "x") == std::string(10000, '\n') + "x");
}
