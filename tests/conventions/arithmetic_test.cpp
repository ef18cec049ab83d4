// The arithmetic of an axis in numbers and words.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/geometry/case_string.hpp>

using namespace fsconv;

TEST_CASE("arithmetic: under SAME the padding moves with the image, and other sizes share a code") {
  const Axis axis = parse_case("i14o7k3s2").axes[0];
  CHECK(arithmetic(axis, PaddingRule::same).images.smallest == 13);
  CHECK(arithmetic(axis, PaddingRule::same).images.largest == 14);
  CHECK(arithmetic(axis).images.largest == 15);  // with the padding 0:1 of the 14-pixel image kept
  CHECK(arithmetic(parse_case("i6o3k3s2").axes[0]).has_interior);
  CHECK_FALSE(arithmetic(parse_case("i7o1k7").axes[0]).has_interior);
}

TEST_CASE("arithmetic: a stride that could be cancelled says what its zeros do") {
  const auto lines = explain(parse_case("i5o4k3s2/2").axes[0]);
  CHECK(lines.front().find("2/2 is not 1") != std::string::npos);
  CHECK(explain(parse_case("i5o3k3").axes[0]).front().find("is not") == std::string::npos);
  // Every pixel of a far interior: even taps meet pixel (i even or odd alike), odd ones fall on zeros.
  CHECK(overlap_by_phase(parse_case("i50o49k3s2/2").axes[0]) == std::vector<Index>{2});
  CHECK(overlap_by_phase(parse_case("i50o24k3s4/2p1").axes[0]).size() == 2);
}

TEST_CASE("arithmetic: the overlap is what counting the taps of pixels in the interior gives") {
  for (const char* text :
       {"i60o29k4s2", "i60o59k3s2/2", "i60o29k5s4/2", "i60o38k5s3/2d2", "i60o60k4s6/6d3p2"}) {
    INFO(text);
    const Axis axis = parse_case(text).axes[0];
    const auto overlap = overlap_by_phase(axis);
    for (Index i = 25; i < 35; ++i) {
      Index reached = 0;
      for (Index o = 0; o < axis.out; ++o)
        for (Index k = 0; k < axis.taps; ++k) reached += image_at(axis, o, k) == i;
      CHECK(reached == overlap[static_cast<std::size_t>(i % static_cast<Index>(overlap.size()))]);
    }
  }
}

TEST_CASE("arithmetic: an axis without pixels has words, too") {
  for (const char* text : {"i0o0k3", "i2o0k3", "i0o2k3p2"}) {
    INFO(text);
    CHECK_FALSE(explain(parse_case(text).axes[0]).empty());
  }
}
