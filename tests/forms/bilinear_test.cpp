// The form bilinear: fewer products than taps, exact on whole numbers and polynomials, and an error where they do not divide.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/bilinear.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/symbolic/polynomial.hpp>
#include <fsconv/verify/sweep.hpp>

#include "support/geometries.hpp"

using namespace fsconv;

namespace {

using Whole = std::int64_t;

constexpr engine::Cut cuts[] = {{.largest = 1}, {.largest = 2}, {.largest = 2, .smaller_at_end = false},
                                {.largest = 3}, {.largest = 4}, {.largest = 4, .smaller_at_end = false}};

template <class T>
struct Arrays {
  Tensor<T> image, code, weight;
};

template <class T>
Arrays<T> numbers(const Geometry& g, Random& random) {
  return {random_integers<T>(g.image_shape(2), 9, random), random_integers<T>(g.code_shape(2), 9, random),
          random_integers<T>(g.weight_shape(), 9, random)};
}

template <class T>
Arrays<T> by_gather(const Geometry& g, const Arrays<T>& in) {
  return {gather::conv_transpose(g, in.code, in.weight), gather::conv(g, in.image, in.weight),
          gather::weight_gradient(g, in.code, in.image)};
}

template <class T>
Arrays<T> by_tiles(const std::vector<bilinear::Kind>& kinds, const Geometry& g, const Arrays<T>& in) {
  return {bilinear::conv_transpose_by(kinds, g, in.code, in.weight),
          bilinear::conv_by(kinds, g, in.image, in.weight),
          bilinear::weight_gradient_by(kinds, g, in.code, in.image)};
}

bool same(const Tensor<Polynomial>& a, const Tensor<Polynomial>& b) {
  return a.shape() == b.shape() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) { return equal(x, y); });
}
bool same(const Tensor<Whole>& a, const Tensor<Whole>& b) { return a == b; }
template <class T>
bool same(const Arrays<T>& a, const Arrays<T>& b) {
  return same(a.image, b.image) && same(a.code, b.code) && same(a.weight, b.weight);
}

std::vector<bilinear::Kind> kinds(const Geometry& g, const bilinear::Tiling& tiling) {
  return bilinear::kinds_of(tiling, Layout(g));
}

// A number that knows whether it comes from an array, and counts the products of two such.
struct Counted {
  Counted(Index of = 0) : value(static_cast<double>(of)) {}
  double value;
  bool data = false;
  inline static Index products = 0;

  Counted& operator+=(const Counted& other) {
    value += other.value;
    data = data || other.data;
    return *this;
  }
  friend Counted operator*(const Counted& a, const Counted& b) {
    Counted product;
    product.value = a.value * b.value;
    product.data = a.data || b.data;
    products += a.data && b.data;
    return product;
  }
  friend Counted operator/(Counted a, const Counted& b) {
    a.value /= b.value;
    return a;
  }
};

Tensor<Counted> counted_ones(const Shape& shape) {
  Tensor<Counted> ones(shape);
  for (Counted& one : ones) {
    one = Counted(1);
    one.data = true;
  }
  return ones;
}

}  // namespace

TEST_CASE("bilinear form: four products of two windows are three, by hand") {
  const Geometry g = parse_case("ic1oc1i3o2k2");
  const Arrays<Whole> in{{{1, 1, 3}, {1, 2, 5}}, {{1, 1, 2}, {1, 10}}, {{1, 1, 2}, {3, 4}}};
  const Arrays<Whole> out = by_tiles(kinds(g, bilinear::tiling_of(g)), g, in);
  CHECK(out.code == Tensor<Whole>({1, 1, 2}, {11, 26}));
  CHECK(out.image == Tensor<Whole>({1, 1, 3}, {3, 34, 40}));
  CHECK(out.weight == Tensor<Whole>({1, 1, 2}, {21, 52}));
  Counted::products = 0;
  bilinear::conv(g, counted_ones({1, 1, 3}), counted_ones({1, 1, 2}));
  CHECK(Counted::products == 3);
}

TEST_CASE("bilinear form: products in all three maps, and those of taps where nothing is tiled") {
  const Geometry g = parse_case("ic1oc1i28x28o14x14k4s2p1");
  const Tensor<Counted> image = counted_ones(g.image_shape(1)), code = counted_ones(g.code_shape(1)),
                        weight = counted_ones(g.weight_shape());
  const auto products = [&](const engine::Cut& cut, Op op) {
    const auto tiles = kinds(g, bilinear::tiling_of(g, cut));
    Counted::products = 0;
    if (op == Op::conv) bilinear::conv_by(tiles, g, image, weight);
    if (op == Op::conv_transpose) bilinear::conv_transpose_by(tiles, g, code, weight);
    if (op == Op::weight_gradient) bilinear::weight_gradient_by(tiles, g, code, image);
    return Counted::products;
  };
  for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient}) {
    // Along an axis 3 F(4,2) and an F(2,2) for each of 2 phases: 36, and 7 F(2,2): 42, of 56 taps (54 with the borders).
    CHECK(products({.largest = 4}, op) == 36 * 36);
    CHECK(products({.largest = 2}, op) == 42 * 42);
    CHECK(products({.largest = 1}, op) == (op == Op::conv_transpose ? 56 * 56 : 54 * 54));
  }
}

TEST_CASE("bilinear form: whole numbers give gather's, for every cut") {
  Random random(1);
  std::vector<Geometry> geometries = test::corner_geometries();
  for (const Geometry& g : default_sweep(120, 3)) geometries.push_back(g);
  for (const Geometry& g : geometries) {
    INFO(print_case(g));
    const Arrays<Whole> in = numbers<Whole>(g, random), expected = by_gather(g, in);
    for (const engine::Cut& cut : cuts) {
      INFO("cut " << cut.largest << cut.smaller_at_end);
      CHECK(same(by_tiles(kinds(g, bilinear::tiling_of(g, cut)), g, in), expected));
    }
    // Axes may be cut each in its own way.
    bilinear::Tiling mixed = bilinear::tiling_of(g, cuts[5]);
    mixed.axes[2] = bilinear::tiling_of(g, cuts[1]).axes[2];
    CHECK(same(by_tiles(kinds(g, mixed), g, in), expected));
  }
}

TEST_CASE("bilinear form: polynomials are gather's, for every cut") {
  for (const char* word : {"i9o9k3p1", "ic2oc2i8o4k4s2p1", "i7o4k5s2p2", "i5x6o5x3k3x4s1x2p1", "i4o6k5s2/3p2",
                           "g2ic2oc4i6x5o6x5k3x2d1x2p1"}) {
    INFO(word);
    const Geometry g = parse_case(word);
    const Arrays<Polynomial> in{symbols(Symbol::image, g.image_shape(2)),
                                symbols(Symbol::code, g.code_shape(2)),
                                symbols(Symbol::weight, g.weight_shape())};
    const Arrays<Polynomial> expected = by_gather(g, in);
    for (const engine::Cut& cut : cuts)
      CHECK(same(by_tiles(kinds(g, bilinear::tiling_of(g, cut)), g, in), expected));
  }
}

TEST_CASE("bilinear form: every coefficient that a tile uses counts") {
  // 10 pixels of three taps and 9 of two fill their tiles: each algorithm that they take, one number of one matrix wrong.
  Random random(2);
  for (const char* word : {"ic1oc1i12o10k3", "ic1oc1i10o9k2"})
    for (const engine::Cut& cut : {cuts[1], cuts[4]}) {
      const Geometry g = parse_case(word);
      const Arrays<Whole> in = numbers<Whole>(g, random), expected = by_gather(g, in);
      const bilinear::Tiling right = bilinear::tiling_of(g, cut);
      std::vector<bool> used(right.algorithms.size(), false);
      for (const auto& kind : right.axes[2].kinds) used[static_cast<std::size_t>(kind.algorithm)] = true;
      Index tried = 0;
      for (std::size_t at = 0; at < used.size(); ++at)
        for (engine::SmallMatrix engine::Bilinear::*which :
             {&engine::Bilinear::code, &engine::Bilinear::filter, &engine::Bilinear::image})
          for (int r = 0; used[at] && r < (right.algorithms[at].*which).rows; ++r)
            for (int c = 0; c < (right.algorithms[at].*which).columns; ++c, ++tried) {
              INFO(word << " algorithm " << at << " row " << r << " column " << c);
              bilinear::Tiling wrong = right;
              ++(wrong.algorithms[at].*which).at[r][c];
              bool refused = false;
              try {
                refused = !same(by_tiles(kinds(g, wrong), g, in), expected);
              } catch (const std::logic_error&) {  // no multiple of the scale
                refused = true;
              }
              CHECK(refused);
            }
      CHECK(tried > 15);
    }
}

TEST_CASE(
    "bilinear form: a result that is no multiple of the scale is an error, of numbers and of polynomials") {
  const Geometry g = parse_case("ic1oc1i6o5k2");
  bilinear::Tiling wrong = bilinear::tiling_of(g);
  for (engine::Bilinear& algorithm : wrong.algorithms) algorithm.scale *= 7;
  const auto tiles = kinds(g, wrong);
  const Tensor<Whole> image({1, 1, 6}, {1, 0, 0, 0, 0, 0}), weight({1, 1, 2}, {1, 1});
  CHECK_THROWS_AS(bilinear::conv_by(tiles, g, image, weight), std::logic_error);
  CHECK_THROWS_AS(
      bilinear::conv_by(tiles, g, symbols(Symbol::image, {1, 1, 6}), symbols(Symbol::weight, {1, 1, 2})),
      std::logic_error);
  CHECK(bilinear::divided(Whole{-42}, 7) == -6);
  CHECK_THROWS_AS(bilinear::divided(Whole{43}, 7), std::logic_error);
  CHECK(bilinear::divided(1.0, 4) == 0.25);
}
