// The equation of one axis and the sizes that follow from it.
#include <catch2/catch.hpp>
#include <fsconv/geometry/arithmetic.hpp>
#include <fsconv/geometry/geometry.hpp>

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
        if (std::gcd(down, up) != 1) continue;
        for (Index begin = -1; begin <= 3; ++begin)
          for (Index end = -1; end <= 3; ++end)
            for (Index out = 1; out <= 4; ++out) {
              const Axis axis{1, 1, taps, down, up, 1, 0};
              const SizeRange sizes = image_sizes(axis, out, begin, end);
              for (Index in = 1; in <= 30; ++in)
                CHECK((code_size(axis, in, begin, end) == out) == sizes.contains(in));
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
  CHECK(field_of({0, 1, 1, 1, 1, 1, 0}) == "axis image size");
  CHECK(field_of({1, 0, 1, 1, 1, 1, 0}) == "axis code size");
  CHECK(field_of({1, 1, 0, 1, 1, 1, 0}) == "axis taps");
  CHECK(field_of({1, 1, 1, 0, 1, 1, 0}) == "axis stride");
  CHECK(field_of({1, 1, 1, 2, 2, 1, 0}) == "axis stride");
  CHECK(field_of({1, 1, 1, 1, 1, 0, 0}) == "axis dilation");
  CHECK(field_of({1, 1, 1, 1, 1, 1, Index{1} << 40}) == "axis padding");
  CHECK(field_of({1, 1, Index{1} << 21, 1, 1, 1, 0}) == "axis taps");
  CHECK(field_of({1, 1, 1, 1, 1, 1, 0}).empty());
}

TEST_CASE("geometry: channels and groups that do not fit are refused") {
  CHECK_THROWS_AS(check(Geometry{{}, 1, 1, 1}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}, {}, {}, {}}, 1, 1, 1}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 3, 4, 2}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 4, 3, 2}), InvalidArgument);
  CHECK_THROWS_AS(check(Geometry{{{}}, 1, 1, 0}), InvalidArgument);
  CHECK_NOTHROW(check(Geometry{{{}}, 4, 6, 2}));
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
