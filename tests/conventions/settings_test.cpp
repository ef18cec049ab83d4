// What a user writes of strides and paddings, read strictly.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/settings.hpp>

using namespace fsconv;

TEST_CASE("settings: strides are read as they are written, and nothing is cancelled") {
  CHECK(parse_stride("4/6") == std::vector<Stride>{{4, 6}});
  CHECK(parse_stride("2/2,2") == std::vector<Stride>{{2, 2}, {2, 1}});
  CHECK(text(Stride{2, 2}) == "2/2");
  CHECK(text(Stride{3, 1}) == "3");
  for (const char* bad : {"0", "1/0", "a", "1/2/3", "", "-1", "2,", "/2", "2/"})
    CHECK_THROWS_AS(parse_stride(bad), InvalidArgument);
}

TEST_CASE("settings: paddings are numbers or a rule, in capitals or not") {
  CHECK(parse_padding("-1:2,3").begin == std::vector<Index>{-1, 3});
  CHECK(parse_padding("-1:2,3").end == std::vector<Index>{2, 3});
  for (const char* same : {"same", "SAME", "Same", "SAME_UPPER", "same_upper"})
    CHECK(parse_padding(same).rule == PaddingRule::same);
  CHECK(parse_padding("SAME_LOWER").rule == PaddingRule::same_lower);
  CHECK(parse_padding("VALID").rule == PaddingRule::valid);
  CHECK(parse_padding("causal").rule == PaddingRule::causal);
  CHECK(parse_padding("NOTSET") == Padding{PaddingRule::listed, {0}, {0}});
  for (const char* bad : {"", "SAM", "1:2:3", "x", "1:", ":1", "same,valid"})
    CHECK_THROWS_AS(parse_padding(bad), InvalidArgument);
}

TEST_CASE("settings: a rule is for all axes, and an unknown word is none") {
  for (const char* bad : {"same,valid", "EXPLICIT", "reflect", "1,same"}) {
    INFO(bad);
    CHECK_THROWS_WITH(parse_padding(bad), Catch::Matchers::Contains("no rule for all axes"));
  }
}

TEST_CASE("settings: a padding's name is read as that padding") {
  using enum PaddingRule;
  for (PaddingRule rule : {valid, same, same_lower, half, full, causal})
    CHECK(parse_padding(name(rule)).rule == rule);
}
