// The equation of one axis and the sizes that follow from it.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <set>

#include "support/geometries.hpp"

using namespace fsconv;

TEST_CASE("axis: transposing swaps the sides of every tap and twice gives the axis back") {
  Random random(1);
  for (int trial = 0; trial < 300; ++trial)
    for (const Axis& axis : test::random_geometry(random).axes) {
      const Axis t = axis.transposed();
      CHECK(t.transposed() == axis);
      CHECK(t.pad_end() == axis.extent() - 1 - axis.pad_end());
      for (Index o = 0; o < axis.out; ++o)
        for (Index k = 0; k < axis.taps; ++k)
          if (const auto i = image_at(axis, o, k)) CHECK(image_at(t, *i, axis.taps - 1 - k) == o);
    }
}

TEST_CASE("axis: image_at finds exactly the triples of the equation") {
  Random random(2);
  for (int trial = 0; trial < 200; ++trial)
    for (const Axis& a : test::random_geometry(random).axes)
      for (Index o = 0; o < a.out; ++o)
        for (Index k = 0; k < a.taps; ++k) {
          std::optional<Index> found;
          for (Index i = 0; i < a.in; ++i)
            if (a.up * i == a.down * o + a.dilation * k - a.pad) found = i;
          CHECK(image_at(a, o, k) == found);
        }
}

TEST_CASE("axis: sizes of Dumoulin and Visin's figures") {
  const auto size = [](Index in, Index k, Index s, Index p) {
    return code_size({.taps = k, .down = s}, in, p, p);
  };
  CHECK(size(4, 3, 1, 0) == 2);                                // figure 2.1
  CHECK(size(5, 4, 1, 2) == 6);                                // 2.2
  CHECK(size(5, 3, 1, 1) == 5);                                // 2.3, half
  CHECK(size(5, 3, 1, 2) == 7);                                // 2.4, full
  CHECK(size(5, 3, 2, 0) == 2);                                // 2.5
  CHECK(size(5, 3, 2, 1) == 3);                                // 2.6
  CHECK(size(6, 3, 2, 1) == 3);                                // 2.7: the same code as 2.6
  CHECK(code_size({.taps = 3, .dilation = 2}, 7, 0, 0) == 3);  // 5.1, dilated
}

TEST_CASE("axis: the image sizes of a code are those that map to it") {
  for (Index taps = 1; taps <= 4; ++taps)
    for (Index down = 1; down <= 4; ++down)
      for (Index up = 1; up <= 3; ++up) {
        for (Index begin = -1; begin <= 3; ++begin)
          for (Index end = -1; end <= 3; ++end)
            for (Index out = 0; out <= 4; ++out) {
              const Axis axis{.taps = taps, .down = down, .up = up};
              const SizeRange sizes = image_sizes(axis, out, begin, end);
              for (Index in = 1; in <= 30; ++in)
                CHECK((std::max<Index>(code_size(axis, in, begin, end), 0) == out) == sizes.contains(in));
            }
      }
}

TEST_CASE("axis: what is no axis is refused with the field's name") {
  const auto field_of = [](Axis axis) -> std::string {
    try {
      check(axis);
    } catch (const InvalidArgument& error) {
      return error.field();
    }
    return "";
  };
  CHECK(field_of({.in = -1}) == "axis image size");
  CHECK(field_of({.out = -1}) == "axis code size");
  CHECK(field_of({.in = 0, .out = 0}).empty());
  CHECK(field_of({.taps = 0}) == "axis taps");
  CHECK(field_of({.down = 0}) == "axis stride");
  CHECK(field_of({.up = 0}) == "axis stride denominator");
  CHECK(field_of({.down = 2, .up = 2}).empty());
  CHECK(field_of({.dilation = 0}) == "axis dilation");
  CHECK(field_of({1, 1, 1, 1, 1, 1, Index{1} << 40}) == "axis padding");
  CHECK(field_of({1, 1, Index{1} << 21, 1, 1, 1, 0}) == "axis taps");
  CHECK(field_of({}).empty());
  CHECK_THROWS_WITH(check(Axis{.out = 0}, "layer 3", 1),
                    Catch::Contains("layer 3 code size") && Catch::Contains("at least 1"));
  CHECK_NOTHROW(check(Axis{.out = 0}, "layer 3"));
}

TEST_CASE("axis: no pixel takes no place, with zeros between pixels or not") {
  for (Index spacing = 1; spacing <= 4; ++spacing) {
    CHECK(stretched(0, spacing) == 0);
    CHECK(stretched(1, spacing) == 1);
    CHECK(stretched(5, spacing) == 4 * spacing + 1);
  }
  // 3 positions of padding hold two windows of 2, whatever would stand between pixels.
  CHECK(code_size({.in = 0, .out = 0, .taps = 2, .up = 3}, 0, 1, 2) == 2);
  CHECK(code_size({.in = 0, .out = 0, .taps = 2}, 0, 0, 0) == -1);  // no window fits
  CHECK(same_code_size({.in = 0, .out = 0, .taps = 3, .down = 2}, 0) == 0);
  CHECK(same_image_sizes({.in = 0, .out = 0, .taps = 3, .down = 2}, 0).smallest == 0);
  CHECK(same_image_sizes({.in = 0, .out = 0, .taps = 3, .down = 2}, 0).largest == 0);
  CHECK(image_sizes({.in = 0, .out = 0, .taps = 3}, 0, 0, 0).largest ==
        2);  // no window of 3 fits 1 or 2 pixels
}

TEST_CASE("axis: the padding behind gives the code back and mirrors, on empty sides, too") {
  Random random(5);
  for (int trial = 0; trial < 300; ++trial)
    for (Axis axis : test::random_geometry(random).axes) {
      if (random.integer(0, 2) == 0) axis.in = 0;
      if (random.integer(0, 2) == 0) axis.out = 0;
      CHECK(code_size(axis, axis.in, axis.pad, axis.pad_end()) == axis.out);
      CHECK(axis.transposed().pad_end() == axis.extent() - 1 - axis.pad_end());
      CHECK(axis.transposed().transposed() == axis);
    }
}

TEST_CASE(
    "axis: with the same taps, pixels stand the stride's own numbers apart, without their common factor") {
  const Axis axis{.in = 9, .out = 9, .taps = 3, .down = 6, .up = 4};
  CHECK(axis.stride_factor() == 2);
  CHECK(axis.image_step() == 3);
  CHECK(axis.code_step() == 2);
  CHECK(stride_text(axis) == "6/4");
  CHECK(stride_text({.down = 2, .up = 2}) == "2/2");
  CHECK(stride_text({.down = 2}) == "2");
}

TEST_CASE("case string: strides are printed and read as they are, and so are sides without pixels") {
  Random random(6);
  std::set<std::string> names;
  std::vector<Geometry> different;
  for (int trial = 0; trial < 2000; ++trial) {
    Geometry g = test::random_geometry(random);
    if (random.integer(0, 5) == 0) g.axes.front().in = 0;
    if (random.integer(0, 5) == 0) g.axes.back().out = 0;
    if (random.integer(0, 5) == 0) g.in_channels = 0;
    CHECK(parse_case(print_case(g)) == g);
    if (std::find(different.begin(), different.end(), g) == different.end()) different.push_back(g);
    names.insert(print_case(g));
  }
  CHECK(names.size() == different.size());  // one name each
  CHECK(print_case({.axes = {{.in = 4, .out = 4, .taps = 3, .down = 2, .up = 2, .pad = 1}}}) ==
        "ic1oc1i4o4k3s2/2p1");
  CHECK(print_case({.axes = {{.in = 4, .out = 4, .taps = 3, .down = 2, .up = 2, .pad = 1},
                             {.in = 4, .out = 4, .taps = 3, .down = 4, .up = 2, .pad = 1}}}) ==
        "ic1oc1i4x4o4x4k3s2/2x4/2p1");
  CHECK(parse_case("i4o4k3s2/2p1") != parse_case("i4o4k3p1"));
  CHECK(parse_case("i0o0k3").axes[0].in == 0);
}

TEST_CASE("geometry: channels and groups that do not fit are refused") {
  CHECK_THROWS_AS(check(Geometry{.axes = {}}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{.axes = {{}, {}, {}, {}}}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{.axes = {{}}, .in_channels = 3, .out_channels = 4, .groups = 2}),
                  InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{.axes = {{}}, .in_channels = 4, .out_channels = 3, .groups = 2}),
                  InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{.axes = {{}}, .groups = 0}), InvalidArgument);
  CHECK_NOTHROW(check(Geometry{.axes = {{}}, .in_channels = 4, .out_channels = 6, .groups = 2}));
  CHECK_THROWS_WITH(check(Geometry{.axes = {{}}, .in_channels = -1}), Catch::Contains("image channels"));
  CHECK_NOTHROW(check(Geometry{.axes = {{}}, .in_channels = 0, .out_channels = 6, .groups = 2}));
  CHECK_THROWS_WITH(check_filled(Geometry{.axes = {{}}, .in_channels = 0, .out_channels = 6, .groups = 2}),
                    Catch::Contains("image channels"));
  CHECK_THROWS_WITH(check_filled(Geometry{.axes = {{}}, .in_channels = 2, .out_channels = 0, .groups = 2}),
                    Catch::Contains("code channels"));
  CHECK_THROWS_WITH(
      check_filled(Geometry{.axes = {{}, Axis{.in = 0}}, .in_channels = 2, .out_channels = 2, .groups = 2}),
      Catch::Contains("axis 1 image size"));
}

TEST_CASE("geometry: where a side is empty, W has no nonzero and the transposed weight its shape") {
  for (const Geometry& g : {Geometry{.axes = {{.in = 0, .out = 3, .taps = 3, .down = 2, .up = 2, .pad = 1}},
                           .in_channels = 2,
                           .out_channels = 2},
                            Geometry{.axes = {{.in = 3, .out = 0, .taps = 3, .down = 2, .pad = 1}},
                            .in_channels = 2,
                            .out_channels = 2},
                            Geometry{.axes = {{.in = 3, .out = 2, .taps = 3, .down = 2, .pad = 1}},
                            .in_channels = 0,
                            .out_channels = 2},
                            Geometry{.axes = {{.in = 3, .out = 2, .taps = 3, .down = 2, .pad = 1}},
                            .in_channels = 2,
                            .out_channels = 0,
                            .groups = 2}}) {
    CHECK(nonzeros(g) == 0);
    CHECK(transposed_weight(g, Tensor<int>(g.weight_shape())).shape() == g.transposed().weight_shape());
  }
}

TEST_CASE("geometry: nonzeros counts the taps in range") {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const Geometry g = test::random_geometry(random);
    Index expected = g.out_channels * g.in_per_group();
    for (const Axis& axis : g.axes) {
      Index count = 0;
      for (Index o = 0; o < axis.out; ++o)
        for (Index k = 0; k < axis.taps; ++k) count += image_at(axis, o, k).has_value();
      expected *= count;
    }
    CHECK(nonzeros(g) == expected);
  }
}

TEST_CASE("geometry: the transposed weight swaps channels and reverses taps, twice gives it back") {
  const Geometry g{
      .axes = {{.in = 4, .out = 2, .taps = 3}}, .in_channels = 2, .out_channels = 4, .groups = 2};
  Tensor<int> w({4, 1, 3});
  for (Index at = 0; at < w.size(); ++at) w[at] = static_cast<int>(at);
  CHECK(transposed_weight(g, w) == Tensor<int>({2, 2, 3}, {2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9}));
  CHECK(transposed_weight(g.transposed(), transposed_weight(g, w)) == w);
}

TEST_CASE("arithmetic: overlap of k3 s2 is 2, 1 and of k4 s2 even ([ODO16])") {
  CHECK(overlap_by_phase({.in = 7, .out = 3, .taps = 3, .down = 2}) == std::vector<Index>{2, 1});
  CHECK(overlap_by_phase({.in = 8, .out = 3, .taps = 4, .down = 2}) == std::vector<Index>{2, 2});
  CHECK(arithmetic({.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1}).natural == 30);
  CHECK(arithmetic({.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1}).relation == 13);
  CHECK(arithmetic({.in = 6, .out = 3, .taps = 3, .down = 2, .pad = 1}).relation == 14);
  CHECK(arithmetic({.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1}).images.smallest == 28);
  CHECK(arithmetic({.in = 28, .out = 14, .taps = 4, .down = 2, .pad = 1}).images.largest == 29);
}
