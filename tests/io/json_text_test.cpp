// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/json_text.hpp>
#include <string>

using namespace fsconv;

namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("JSON text: is read as nlohmann::json reads it, brackets in its texts and all") {
  for (const std::string text :
       {R"({"a": [1, {"b": "]}[{"}]})", R"("\"[")", R"("\\")", "1.5", "[]", "null"}) {
    INFO(text);
    CHECK(parsed_json(text) == nlohmann::json::parse(text));
  }
  const std::string brackets = '"' + std::string(1000, '[') + R"(\")" + std::string(1000, '{') + '"';
  CHECK(parsed_json(brackets).is_string());
  std::string wide = "[[]";
  for (int at = 0; at < 1000; ++at) wide += ",[]";
  CHECK(parsed_json(wide + "]").size() == 1001);
}

TEST_CASE("JSON text: what is none, or is nested without end, is discarded") {
  for (const std::string text : {"", "{", "]", "[1,]", "{\"a\"}", "\"\\", "\xff", "1 2"}) {
    INFO(text);
    CHECK(parsed_json(text).is_discarded());
  }
  // a zero byte is no end of it
  for (const char* behind : {"", " ", "garbage", ",\"b\":1}"}) {
    INFO(behind);
    CHECK(parsed_json("{\"a\":1}" + std::string(1, '\0') + behind).is_discarded());
  }
  CHECK(parsed_json(nested(100)).is_array());
  CHECK(parsed_json(nested(101)).is_discarded());
  CHECK(parsed_json(nested(1'000'000)).is_discarded());
  CHECK(parsed_json(std::string(1'000'000, '[')).is_discarded());
  CHECK(parsed_json("]]]" + nested(100)).is_discarded());
}
