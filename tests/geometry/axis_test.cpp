// The equation of one axis and the sizes that follow from it.
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
    return code_size({1, 1, k, s, 1, 1, 0}, in, p, p);
  };
  CHECK(size(4, 3, 1, 0) == 2);                           // figure 2.1
  CHECK(size(5, 4, 1, 2) == 6);                           // 2.2
  CHECK(size(5, 3, 1, 1) == 5);                           // 2.3, half
  CHECK(size(5, 3, 1, 2) == 7);                           // 2.4, full
  CHECK(size(5, 3, 2, 0) == 2);                           // 2.5
  CHECK(size(5, 3, 2, 1) == 3);                           // 2.6
  CHECK(size(6, 3, 2, 1) == 3);                           // 2.7: the same code as 2.6
  CHECK(code_size({1, 1, 3, 1, 1, 2, 0}, 7, 0, 0) == 3);  // 5.1, dilated
}

TEST_CASE("axis: the image sizes of a code are those that map to it") {
  for (Index taps = 1; taps <= 4; ++taps)
    for (Index down = 1; down <= 4; ++down)
      for (Index up = 1; up <= 3; ++up) {
        for (Index begin = -1; begin <= 3; ++begin)
          for (Index end = -1; end <= 3; ++end)
            for (Index out = 0; out <= 4; ++out) {
              const Axis axis{1, 1, taps, down, up, 1, 0};
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
  CHECK(field_of({-1, 1, 1, 1, 1, 1, 0}) == "axis image size");
  CHECK(field_of({1, -1, 1, 1, 1, 1, 0}) == "axis code size");
  CHECK(field_of({0, 0, 1, 1, 1, 1, 0}).empty());
  CHECK(field_of({1, 1, 0, 1, 1, 1, 0}) == "axis taps");
  CHECK(field_of({1, 1, 1, 0, 1, 1, 0}) == "axis stride");
  CHECK(field_of({1, 1, 1, 1, 0, 1, 0}) == "axis stride denominator");
  CHECK(field_of({1, 1, 1, 2, 2, 1, 0}).empty());
  CHECK(field_of({1, 1, 1, 1, 1, 0, 0}) == "axis dilation");
  CHECK(field_of({1, 1, 1, 1, 1, 1, Index{1} << 40}) == "axis padding");
  CHECK(field_of({1, 1, Index{1} << 21, 1, 1, 1, 0}) == "axis taps");
  CHECK(field_of({1, 1, 1, 1, 1, 1, 0}).empty());
  CHECK_THROWS_WITH(check(Axis{1, 0, 1, 1, 1, 1, 0}, "layer 3", 1),
                    Catch::Contains("layer 3 code size") && Catch::Contains("at least 1"));
  CHECK_NOTHROW(check(Axis{1, 0, 1, 1, 1, 1, 0}, "layer 3"));
}

TEST_CASE("axis: no pixel takes no place, with zeros between pixels or not") {
  for (Index spacing = 1; spacing <= 4; ++spacing) {
    CHECK(stretched(0, spacing) == 0);
    CHECK(stretched(1, spacing) == 1);
    CHECK(stretched(5, spacing) == 4 * spacing + 1);
  }
  // 3 positions of padding hold two windows of 2, whatever would stand between pixels.
  CHECK(code_size({0, 0, 2, 1, 3, 1, 0}, 0, 1, 2) == 2);
  CHECK(code_size({0, 0, 2, 1, 1, 1, 0}, 0, 0, 0) == -1);  // no window fits
  CHECK(same_code_size({0, 0, 3, 2, 1, 1, 0}, 0) == 0);
  CHECK(same_image_sizes({0, 0, 3, 2, 1, 1, 0}, 0).smallest == 0);
  CHECK(same_image_sizes({0, 0, 3, 2, 1, 1, 0}, 0).largest == 0);
  CHECK(image_sizes({0, 0, 3, 1, 1, 1, 0}, 0, 0, 0).largest == 2);  // no window of 3 fits 1 or 2 pixels
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
  const Axis axis{9, 9, 3, 6, 4, 1, 0};
  CHECK(axis.stride_factor() == 2);
  CHECK(axis.image_step() == 3);
  CHECK(axis.code_step() == 2);
  CHECK(stride_text(axis) == "6/4");
  CHECK(stride_text({1, 1, 1, 2, 2, 1, 0}) == "2/2");
  CHECK(stride_text({1, 1, 1, 2, 1, 1, 0}) == "2");
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
  CHECK(print_case({{{4, 4, 3, 2, 2, 1, 1}}, 1, 1, 1}) == "ic1oc1i4o4k3s2/2p1");
  CHECK(print_case({{{4, 4, 3, 2, 2, 1, 1}, {4, 4, 3, 4, 2, 1, 1}}, 1, 1, 1}) ==
        "ic1oc1i4x4o4x4k3s2/2x4/2p1");
  CHECK(parse_case("i4o4k3s2/2p1") != parse_case("i4o4k3p1"));
  CHECK(parse_case("i0o0k3").axes[0].in == 0);
}

TEST_CASE("geometry: channels and groups that do not fit are refused") {
  CHECK_THROWS_AS(check(Geometry{{}, 1, 1, 1}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}, {}, {}, {}}, 1, 1, 1}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 3, 4, 2}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 4, 3, 2}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 1, 1, 0}), InvalidArgument);
  CHECK_NOTHROW(check(Geometry{{{}}, 4, 6, 2}));
  CHECK_THROWS_WITH(check(Geometry{{{}}, -1, 1, 1}), Catch::Contains("image channels"));
  CHECK_NOTHROW(check(Geometry{{{}}, 0, 6, 2}));
  CHECK_THROWS_WITH(check_filled(Geometry{{{}}, 0, 6, 2}), Catch::Contains("image channels"));
  CHECK_THROWS_WITH(check_filled(Geometry{{{}}, 2, 0, 2}), Catch::Contains("code channels"));
  CHECK_THROWS_WITH(check_filled(Geometry{{{}, Axis{0, 1, 1, 1, 1, 1, 0}}, 2, 2, 2}),
                    Catch::Contains("axis 1 image size"));
}

TEST_CASE("geometry: where a side is empty, W has no nonzero and the transposed weight its shape") {
  for (const Geometry& g :
       {Geometry{{{0, 3, 3, 2, 2, 1, 1}}, 2, 2, 1}, Geometry{{{3, 0, 3, 2, 1, 1, 1}}, 2, 2, 1},
        Geometry{{{3, 2, 3, 2, 1, 1, 1}}, 0, 2, 1}, Geometry{{{3, 2, 3, 2, 1, 1, 1}}, 2, 0, 2}}) {
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
  const Geometry g{{{4, 2, 3, 1, 1, 1, 0}}, 2, 4, 2};
  Tensor<int> w({4, 1, 3});
  for (Index at = 0; at < w.size(); ++at) w[at] = static_cast<int>(at);
  CHECK(transposed_weight(g, w) == Tensor<int>({2, 2, 3}, {2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9}));
  CHECK(transposed_weight(g.transposed(), transposed_weight(g, w)) == w);
}

TEST_CASE("arithmetic: overlap of k3 s2 is 2, 1 and of k4 s2 even ([ODO16])") {
  CHECK(overlap_by_phase({7, 3, 3, 2, 1, 1, 0}) == std::vector<Index>{2, 1});
  CHECK(overlap_by_phase({8, 3, 4, 2, 1, 1, 0}) == std::vector<Index>{2, 2});
  CHECK(arithmetic({28, 14, 4, 2, 1, 1, 1}).natural == 30);
  CHECK(arithmetic({28, 14, 4, 2, 1, 1, 1}).relation == 13);
  CHECK(arithmetic({6, 3, 3, 2, 1, 1, 1}).relation == 14);
  CHECK(arithmetic({28, 14, 4, 2, 1, 1, 1}).images.smallest == 28);
  CHECK(arithmetic({28, 14, 4, 2, 1, 1, 1}).images.largest == 29);
}
