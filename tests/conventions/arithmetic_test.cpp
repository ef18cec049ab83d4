// The arithmetic of an axis in numbers and words.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/convention.hpp>
#include <fsconv/geometry/case_string.hpp>

#include "conventions/words.hpp"

using namespace fsconv;
using test::settings;

namespace {

// The code of an image in a system's words, found by asking it; nothing where it refuses.
std::optional<Index> code_of(Convention convention, Index image, Index kernel, const Settings& words) {
  try {
    return geometry_of(convention, Direction::conv, {.source = {image}, .kernel = {kernel}}, words)
        .axes[0]
        .out;
  } catch (const InvalidArgument&) {
    return std::nullopt;
  }
}

SizeRange images_under(Convention convention, Direction direction, const Geometry& geometry,
                       const Settings& words) {
  return arithmetic(geometry.axes[0], said_padding(convention, direction, geometry, words)[0]).images;
}

}  // namespace

TEST_CASE(
    "arithmetic: the images that share a code are those that have it under the padding as it was said") {
  // floor((n + 4 - 5) / 3) + 1 = 5 for n = 13, 14 and 15.
  const Settings by_hand = settings("3", "0:4");
  const Geometry geometry = geometry_of(Convention::native, Direction::conv, {{15}, {5}}, by_hand);
  const SizeRange images = images_under(Convention::native, Direction::conv, geometry, by_hand);
  CHECK(images.smallest == 13);
  CHECK(images.largest == 15);

  Index asked = 0;
  for (const Convention convention : all_values<Convention>())
    for (const char* stride : {"1", "2", "3", "2/3"})
      for (const char* padding :
           {"0", "1", "0:4", "1:2", "3:0", "-1:2", "valid", "same", "same_lower", "causal", "full"})
        for (const Index kernel : {2, 5})
          for (const Index image : {7, 15, 16}) {
            const Settings words = settings(stride, padding);
            const auto code = code_of(convention, image, kernel, words);
            if (!code || *code == 0) continue;
            // Keras has no numbers: where a rule means them for this image, it need not for others.
            if (convention == Convention::keras && words.padding->rule == PaddingRule::listed) continue;
            INFO(name(convention) << " i" << image << " k" << kernel << " s" << stride << " p" << padding);
            const Geometry here = geometry_of(convention, Direction::conv, {{image}, {kernel}}, words);
            const SizeRange said = images_under(convention, Direction::conv, here, words);
            for (Index other = 1; other < 40; ++other)
              CHECK(said.contains(other) == (code_of(convention, other, kernel, words) == code));
            ++asked;
          }
  CHECK(asked > 300);
}

TEST_CASE("arithmetic: a transposed convolution's images are those that its convolution maps to the code") {
  for (const Convention convention : {Convention::native, Convention::pytorch, Convention::onnx})
    for (const char* padding : {"0", "1", "1:3", "0:4", "causal", "same"})
      for (const Index kernel : {3, 5}) {
        const Settings words = settings("3", padding);
        Geometry geometry;
        try {
          geometry = geometry_of(convention, Direction::conv_transpose, {{6}, {kernel}}, words);
        } catch (const InvalidArgument&) {
          continue;
        }
        INFO(name(convention) << " k" << kernel << " p" << padding);
        const SizeRange said = images_under(convention, Direction::conv_transpose, geometry, words);
        CHECK(said.contains(geometry.axes[0].in));
        for (Index image = 1; image < 30; ++image)
          CHECK(said.contains(image) == (code_of(convention, image, kernel, words) == 6));
      }
  // JAX pads the code: 1:2 of 5 taps are 4-1 : 4-2 of the image.
  const Settings of_code = settings("2", "1:2");
  const Geometry jax = geometry_of(Convention::jax, Direction::conv_transpose, {{6}, {5}}, of_code);
  CHECK(said_padding(Convention::jax, Direction::conv_transpose, jax, of_code)[0] ==
        SaidPadding{.behind = 2});
  // An output padding of a stride: the image is too large for its code under any padding of 1 behind.
  Settings enlarged = settings("2", "1");
  enlarged.dilation = {4};
  enlarged.output_padding = {3};
  const Geometry torch = geometry_of(Convention::pytorch, Direction::conv_transpose, {{6}, {3}}, enlarged);
  CHECK(said_padding(Convention::pytorch, Direction::conv_transpose, torch, enlarged)[0] == SaidPadding{});
}

TEST_CASE("arithmetic: what an axis is padded with is what was said") {
  const auto first_line = [](const char* padding) {
    const Settings words = settings("2", padding);
    const Geometry geometry = geometry_of(Convention::native, Direction::conv, {{14}, {3}}, words);
    return explain(geometry.axes[0], said_padding(Convention::native, Direction::conv, geometry, words)[0])
        .front();
  };
  CHECK(first_line("same").find("padded 0:1, window 3: floor((14 +0 +1 -3) / 2) + 1 = 7") !=
        std::string::npos);
  CHECK(first_line("same_lower").find("padded 1:0, ") != std::string::npos);
  CHECK(first_line("causal").find("padded 2:0, ") != std::string::npos);
  CHECK(first_line("0:2").find("padded 0:2, ") != std::string::npos);
}

TEST_CASE("arithmetic: under SAME the padding moves with the image, and other sizes share a code") {
  const Axis axis = parse_case("i14o7k3s2").axes[0];
  CHECK(arithmetic(axis, {.rule = PaddingRule::same}).images.smallest == 13);
  CHECK(arithmetic(axis, {.rule = PaddingRule::same}).images.largest == 14);
  CHECK(arithmetic(axis).images.largest == 15);  // with the padding 0:1 of the 14-pixel image kept
}

TEST_CASE("arithmetic: the interior is where every tap of a pixel's phase finds a code pixel") {
  CHECK(interior_overlap(parse_case("i6o3k3s2").axes[0]) == std::vector<Index>{2, 1});
  CHECK(interior_overlap(parse_case("i7o1k7").axes[0]).empty());
  CHECK(interior_overlap(parse_case("i2o1k2s2").axes[0]) == std::vector<Index>{1, 1});  // windows that touch
  CHECK(interior_overlap(parse_case("i1o1k3s7p1").axes[0]) == std::vector<Index>{1});
  CHECK(interior_overlap(parse_case("i9o1k5s5d2p1").axes[0]) ==
        std::vector<Index>{1, 1, 1, 1});  // not pixel 4
  // By hand: every pixel, every tap.
  Index some = 0, none = 0;
  for (const Index down : {1, 2, 3, 5})
    for (const Index up : {1, 2, 3})
      for (const Index dilation : {1, 2, 3})
        for (const Index taps : {1, 2, 3, 4})
          for (const Index pad : {-1, 0, 2})
            for (const Index in : {0, 1, 2, 5, 8})
              for (const Index out : {0, 1, 2, 4}) {
                const Axis axis{.in = in,
                                .out = out,
                                .taps = taps,
                                .down = down,
                                .up = up,
                                .dilation = dilation,
                                .pad = pad};
                const std::vector<Index> of_phase = overlap_by_phase(axis);
                std::vector<bool> inside(of_phase.size(), false);
                for (Index i = 0; i < in; ++i) {
                  Index reached = 0;
                  for (Index o = 0; o < out; ++o)
                    for (Index k = 0; k < taps; ++k) reached += image_at(axis, o, k) == i;
                  const std::size_t phase = static_cast<std::size_t>(i) % of_phase.size();
                  if (out > 0 && reached == of_phase[phase]) inside[phase] = true;
                }
                std::vector<Index> expected;
                for (std::size_t phase = 0; phase < inside.size(); ++phase)
                  if (inside[phase]) expected.push_back(of_phase[phase]);
                INFO(in << " " << out << " " << taps << " " << down << "/" << up << " " << dilation << " "
                        << pad);
                REQUIRE(interior_overlap(axis) == expected);
                ++(expected.empty() ? none : some);
              }
  CHECK(some > 1000);
  CHECK(none > 1000);
}

TEST_CASE("arithmetic: phases that are near a border everywhere make no image even") {
  const auto overlap = [](const char* name) { return explain(parse_case(name).axes[0]).back(); };
  // The pixels are reached by 1, 0, 2, 0, 2, 0 and 1 taps of 3.
  CHECK_THAT(overlap("i7o2k3s2d2"),
             Catch::Contains("1 of 2 phases has image pixels far enough inside, reached by 0 taps") &&
                 !Catch::Contains(": even"));
  CHECK_THAT(overlap("i9o1k5s5d2p1"), Catch::Contains("4 of 5 phases have") && Catch::Contains("by 1 tap;"));
  CHECK_THAT(overlap("i2o1k2s2"), Catch::Contains("every interior image pixel is reached by 1 tap: even"));
  CHECK_THAT(overlap("i14o7k3s2"), Catch::Contains("2, 1 taps: uneven"));
}

TEST_CASE("arithmetic: of a filter that is known the sums are said, not the number of taps alone") {
  const auto last_line = [](const char* name, const std::vector<double>& weights) {
    return explain(parse_case(name).axes[0], {}, weights).back();
  };
  // bilinear by 3: two taps, one, two, and each time they add up to 1
  CHECK(
      last_line("i12o4k5s3p1", {1 / 3., 2 / 3., 1, 2 / 3., 1 / 3.}) ==
      "overlap         interior image pixels in turn are reached by 2, 1, 2 taps, which add up to 1 each: even");
  CHECK(
      last_line("i12o6k4s2p1", {1, 1, 1, 2}) ==
      "overlap         every interior image pixel is reached by 2 taps, which add up to 2 to 3: uneven, expect a "
      "checkerboard");
  CHECK(last_line("i12o6k4s2p1", {}) ==
        "overlap         every interior image pixel is reached by 2 taps: even");
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
  const auto has = [](const char* name, const char* line) {
    const auto lines = explain(parse_case(name).axes[0]);
    INFO(name);
    CHECK(std::any_of(lines.begin(), lines.end(),
                      [&](const std::string& one) { return one.starts_with(line); }));
  };
  // A code without pixels stretches to none, and what the filter covers around it is cut.
  has("i1o0k5s2", "conv_transpose  0 + 5-1 = 4 pixels, 0 cut in front and 3 cut behind: 1");
  has("i0o0k3s3", "conv_transpose  0 + 3-1 = 2 pixels, 0 cut in front and 2 cut behind: 0");
  has("i0o0k5s2", "image sizes     that hold no window under padding 0:0: 0 to 4");
  CHECK(arithmetic(parse_case("i0o0k3s3").axes[0]).relation == 0);
}
