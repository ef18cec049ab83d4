// Phase sums, the box that divides a filter, and the projections, by hand and against the transposed convolution itself.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/scatter.hpp>

#include "support/geometries.hpp"

using namespace fsconv;
using checkerboard::Onto;

namespace {

std::vector<double> values(const Tensor<double>& array) { return {array.begin(), array.end()}; }

Geometry line(Index taps, Index down, Index dilation = 1, Index up = 1, Index pad = 0) {
  return {
      .axes = {{.in = 9, .out = 5, .taps = taps, .down = down, .up = up, .dilation = dilation, .pad = pad}}};
}

// Corners and random geometries.
std::vector<Geometry> grid() {
  std::vector<Geometry> all = test::corner_geometries();
  Random random(3);
  for (int at = 0; at < 150; ++at) all.push_back(test::random_geometry(random));
  return all;
}

Tensor<double> integers(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  return random_integers<double>(shape, 9, random);
}

Shape free_shape(const Geometry& g) {
  Shape shape{g.out_channels, g.in_per_group()};
  for (const Axis& axis : g.axes) shape.push_back(checkerboard::free_taps(axis));
  return shape;
}

double norm(const Tensor<double>& a, const Tensor<double>& b) {
  double sum = 0;
  for (Index at = 0; at < a.size(); ++at) sum += (a[at] - b[at]) * (a[at] - b[at]);
  return std::sqrt(sum);
}

double largest(const Tensor<double>& a) {
  double most = 0;
  for (const double value : a) most = std::max(most, std::abs(value));
  return most;
}

// The largest difference between sums of phases that pixels meet, of any pair of channels.
double spread_of_sums(const Geometry& g, const Tensor<double>& weight) {
  const Tensor<double> sums = checkerboard::phase_sums(g, weight);
  Index phases = 1;
  for (const Axis& axis : g.axes) phases *= axis.down;
  double most = 0;
  for (Index first = 0; first < sums.size(); first += phases) {
    double least = std::numeric_limits<double>::infinity(), top = -least;
    for (Index phase = 0; phase < phases; ++phase) {
      Index rest = phase;
      bool met = true;
      for (std::size_t axis = g.axes.size(); axis-- > 0; rest /= g.axes[axis].down)
        met = met && checkerboard::is_met(g.axes[axis], rest % g.axes[axis].down);
      if (!met) continue;
      least = std::min(least, sums[first + phase]);
      top = std::max(top, sums[first + phase]);
    }
    most = std::max(most, top - least);
  }
  return most;
}

bool is_zero(const std::vector<Tensor<double>>& remainders) {
  for (const Tensor<double>& one : remainders)
    for (const double value : one)
      if (value != 0) return false;
  return true;
}

}  // namespace

TEST_CASE("checkerboard: phase sums by hand, in the order of residues") {
  const Tensor<double> w({1, 1, 5}, {1, 2, 3, 4, 5});
  CHECK(values(checkerboard::phase_sums(line(5, 2), w)) == std::vector<double>{9, 6});
  CHECK(values(checkerboard::phase_sums(line(5, 3), w)) == std::vector<double>{5, 7, 3});
  // Dilation 2 and stride 3: taps 0 and 3 on residue 0, 2 on 1 (4 mod 3), 1 and 4 on 2.
  CHECK(values(checkerboard::phase_sums(line(5, 3, 2), w)) == std::vector<double>{5, 3, 7});
  // A common factor: every second residue has no tap.
  CHECK(values(checkerboard::phase_sums(line(5, 2, 2), w)) == std::vector<double>{15, 0});
  CHECK(values(checkerboard::phase_sums(line(5, 7), w)) == std::vector<double>{1, 2, 3, 4, 5, 0, 0});
  const Geometry plane{.axes = {{.taps = 2, .down = 2}, {.taps = 3, .down = 2}}};
  CHECK(values(checkerboard::phase_sums(plane, Tensor<double>({1, 1, 2, 3}, {1, 2, 4, 8, 16, 32}))) ==
        std::vector<double>{5, 2, 40, 16});
}

TEST_CASE("checkerboard: division by the box by hand; the remainder is the differences of the phase sums") {
  const auto divided = checkerboard::divided_by_box(std::vector<double>{1, 3, 2}, 2);
  CHECK(divided.filter == std::vector<double>{1, 2});  // (1 + 2z)(1 + z)
  CHECK(divided.remainder == std::vector<double>{0});
  CHECK(checkerboard::divided_by_box(std::vector<double>{1, 3, 4}, 2).remainder == std::vector<double>{2});
  CHECK(checkerboard::divided_by_box(std::vector<double>{5, 7}, 3).filter.empty());
  CHECK(checkerboard::divided_by_box(std::vector<double>{5, 7}, 3).remainder == std::vector<double>{5, 7});
  CHECK(checkerboard::divided_by_box(std::vector<double>{5, 7}, 1).filter == std::vector<double>{5, 7});
  for (const Geometry& g : grid()) {
    if (g.axes.size() != 1) continue;
    INFO(print_case(g));
    const Tensor<double> w = integers(g.weight_shape(), 1), sums = checkerboard::phase_sums(g, w);
    const Index s = g.axes[0].down;
    const Tensor<double> remainder = checkerboard::remainders(g, w)[0];
    for (Index pair = 0; pair < sums.size() / s; ++pair)
      for (Index r = 0; r + 1 < s; ++r)
        CHECK(remainder[pair * (s - 1) + r] == sums[pair * s + r] - sums[pair * s + s - 1]);
  }
}

TEST_CASE("checkerboard: a flat code gives every pixel away from the borders the sum of its phase") {
  for (const Geometry& given : grid()) {
    if (given.axes.size() != 1) continue;
    Geometry g = given;
    Axis& axis = g.axes[0];
    axis.out = 3 * axis.extent() + 4 * axis.down * axis.up;
    axis.pad = std::max<Index>(axis.pad, 0);
    axis.in = axis.down * axis.out / axis.up;
    INFO(print_case(g));
    Tensor<double> code(g.code_shape());
    std::fill(code.begin(), code.end(), 1.0);
    const Tensor<double> w = integers(g.weight_shape(), 2), sums = checkerboard::phase_sums(g, w);
    const Tensor<double> image = scatter::conv_transpose(g, code, w);
    const Index first = ceil_div(axis.extent(), axis.up);
    const Index last = (axis.down * (axis.out - 1) - axis.pad - 1) / axis.up;
    REQUIRE(last - first > axis.image_step());
    for (Index ci = 0; ci < g.in_channels; ++ci)
      for (Index i = first; i < last; ++i) {
        double sum = 0;
        const Index group = ci / g.in_per_group();
        for (Index co = group * g.out_per_group(); co < (group + 1) * g.out_per_group(); ++co)
          sum += sums[(co * g.in_per_group() + ci % g.in_per_group()) * axis.down +
                      checkerboard::phase_of(axis, i)];
        CHECK(image[ci * axis.in + i] == sum);
        if (i + axis.image_step() < last)
          CHECK(image[ci * axis.in + i] == image[ci * axis.in + i + axis.image_step()]);
      }
  }
}

TEST_CASE(
    "checkerboard: chosen numbers give all filters with equal sums, and these are resize-convolutions") {
  Index tried = 0;
  for (const Geometry& g : grid()) {
    if (element_count(free_shape(g)) == 0) continue;
    INFO(print_case(g));
    ++tried;
    const Tensor<double> w = checkerboard::with_equal_sums(g, integers(free_shape(g), 4));
    REQUIRE(w.shape() == g.weight_shape());
    CHECK(spread_of_sums(g, w) == 0);
    CHECK(is_zero(checkerboard::remainders(g, w)));
    const Tensor<double> y = integers(g.code_shape(2), 5);
    const Geometry plain = checkerboard::plain_conv(g);
    const Tensor<double> q = checkerboard::plain_weight(g, checkerboard::resize_filter(g, w));
    CHECK(gather::conv(plain, checkerboard::nearest(g, y), q) == gather::conv_transpose(g, y, w));
  }
  CHECK(tried > 40);
}

TEST_CASE("checkerboard: padding of the plain convolution, as people meet it") {
  const auto plain = [](Index in, Index out, Index taps, Index down, Index pad) {
    return checkerboard::plain_conv(
               {.axes = {{.in = in, .out = out, .taps = taps, .down = down, .pad = pad}}})
        .axes[0];
  };
  const Axis k4 = plain(8, 4, 4, 2, 1);  // nearest, then 3 taps that keep the size
  CHECK((k4.taps == 3 && k4.pad == 1 && k4.pad_end() == 1 && k4.in == 8 && k4.down == 1));
  const Axis k3 = plain(8, 4, 3, 2, 1);  // output_padding 1: 2 taps, one pixel behind
  CHECK((k3.taps == 2 && k3.pad == 0 && k3.pad_end() == 1));
  const Axis k2 = plain(8, 4, 2, 2, 0);
  CHECK((k2.taps == 1 && k2.pad == 0 && k2.pad_end() == 0));
  CHECK(plain(6, 4, 2, 2, 1).pad == -1);  // cropped
  CHECK_THROWS_AS(plain(8, 4, 2, 3, 0), InvalidArgument);
  CHECK(checkerboard::free_taps({.taps = 2, .down = 3}) == 0);
  CHECK(checkerboard::free_taps({.taps = 4, .down = 4, .dilation = 2}) == 2);  // 1 - z^2
}

TEST_CASE("checkerboard: two axes, equal sums and no resize-convolution: 1 1 0 over 0 1 1") {
  const Geometry g{.axes = {{.taps = 2, .down = 2}, {.taps = 3, .down = 2}}};
  const Tensor<double> w({1, 1, 2, 3}, {1, 1, 0, 0, 1, 1});
  CHECK(values(checkerboard::phase_sums(g, w)) == std::vector<double>{1, 1, 1, 1});
  CHECK(checkerboard::projected(g, w, Onto::equal_sums) == w);
  CHECK_FALSE(is_zero(checkerboard::remainders(g, w)));
  CHECK(values(checkerboard::projected(g, w, Onto::resize)) == std::vector<double>{.5, 1, .5, .5, 1, .5});
}

TEST_CASE("checkerboard: projections by hand") {
  // Sums 4 and 2 of two taps and one: the common sum is (4/2 + 2/1) / (1/2 + 1/1) = 8/3.
  const Tensor<double> three =
      checkerboard::projected(line(3, 2), Tensor<double>({1, 1, 3}, {1, 2, 3}), Onto::equal_sums);
  CHECK(three[0] == Approx(1 - 2.0 / 3));
  CHECK(three[1] == Approx(2 + 2.0 / 3));
  CHECK(three[2] == Approx(3 - 2.0 / 3));
  const Tensor<double> two({1, 1, 2}, {1, 3});
  CHECK(values(checkerboard::projected(line(2, 2), two, Onto::equal_sums)) == std::vector<double>{2, 2});
  CHECK(values(checkerboard::projected(line(2, 3), two, Onto::equal_sums)) == std::vector<double>{0, 0});
  // Stride 2/2 from pad 0: only phase 0 meets pixels, and one sum is always even.
  CHECK(checkerboard::projected(line(2, 2, 1, 2), two, Onto::equal_sums) == two);
  CHECK(values(checkerboard::projected(line(2, 2, 1, 2), two, Onto::resize)) == std::vector<double>{2, 2});
  CHECK(checkerboard::projected(line(2, 1), two, Onto::resize) == two);
}

TEST_CASE("checkerboard: projections reach what they aim at, change nothing twice, and nothing is nearer") {
  for (const Geometry& g : grid()) {
    INFO(print_case(g));
    const Tensor<double> w = integers(g.weight_shape(), 6);
    for (const Onto onto : {Onto::equal_sums, Onto::resize}) {
      const Tensor<double> p = checkerboard::projected(g, w, onto);
      // Sums of at most 4^3 integers up to 9, each rounded a few times: far below 1e-11.
      CHECK(spread_of_sums(g, p) < 1e-11);
      if (onto == Onto::resize)
        for (const Tensor<double>& remainder : checkerboard::remainders(g, p))
          CHECK(largest(remainder) < 1e-11);
      CHECK(norm(checkerboard::projected(g, p, onto), p) < 1e-11);
      if (element_count(free_shape(g)) == 0) continue;
      // Orthogonal: Pythagoras with any other filter of the kind.
      const Tensor<double> other = checkerboard::with_equal_sums(g, integers(free_shape(g), 7));
      const double direct = norm(w, other), both = std::hypot(norm(w, p), norm(p, other));
      CHECK(direct == Approx(both).epsilon(1e-12));
    }
  }
  // What people do instead, subtracting from every tap what its phase's mean is too large, is not the nearest.
  const Tensor<double> w({1, 1, 3}, {1, 2, 3});
  const Tensor<double> p = checkerboard::projected(line(3, 2), w, Onto::equal_sums);
  const Tensor<double> naive({1, 1, 3}, {0.5, 3, 2.5});  // both sums 3, the mean of 4 and 2
  CHECK(spread_of_sums(line(3, 2), naive) == 0);
  CHECK(norm(w, p) < norm(w, naive));
}

TEST_CASE("checkerboard: the index is the deviation of the sums over their mean") {
  const checkerboard::Unevenness one =
      checkerboard::unevenness(line(2, 2), Tensor<double>({1, 1, 2}, {1, 3}));
  CHECK(one.index == Approx(0.5));  // mean 2, deviation 1
  CHECK((one.median == one.index && one.largest == one.index));
  CHECK(checkerboard::unevenness(line(2, 2), Tensor<float>({1, 1, 2}, {2, 2})).index == 0);
  // What the rounding of a float may do to equal sums, of 0 as well, is no pattern; a little more is.
  CHECK(checkerboard::unevenness(line(4, 2), Tensor<float>({1, 1, 4}, {0.1f, 0.3f, 0.2f, 0})).index == 0);
  CHECK(checkerboard::unevenness(line(4, 2), Tensor<float>({1, 1, 4}, {0.1f, 3, -0.1f, -3.0000005f})).index ==
        0);
  CHECK(checkerboard::unevenness(line(4, 2), Tensor<float>({1, 1, 4}, {0.1f, 3, -0.1f, -3.00001f})).index >
        0.5);
  CHECK(std::isinf(checkerboard::unevenness(line(2, 2), Tensor<double>({1, 1, 2}, {1, -1})).index));
  CHECK(checkerboard::unevenness(line(2, 2), Tensor<double>({1, 1, 2}, {0, 0})).index == 0);
  // Two pairs: means 2 and 4, deviations 1 and 0. Together sqrt(1/(4 + 16)).
  Geometry pairs = line(2, 2);
  pairs.out_channels = 2;
  const auto both = checkerboard::unevenness(pairs, Tensor<double>({2, 1, 2}, {1, 3, 4, 4}));
  CHECK(both.index == Approx(std::sqrt(1.0 / 20)));
  CHECK(both.median == Approx(0.25));
  CHECK(both.largest == Approx(0.5));
  // Stride 2/2: the phase that meets no pixel does not count.
  CHECK(checkerboard::unevenness(line(2, 2, 1, 2), Tensor<double>({1, 1, 2}, {1, 3})).index == 0);
}

TEST_CASE("checkerboard: arrays without elements, and strides that nobody has room for") {
  Geometry none = line(3, 2);
  none.in_channels = 0;
  CHECK(checkerboard::projected(none, Tensor<double>(none.weight_shape()), Onto::equal_sums).size() == 0);
  CHECK(checkerboard::unevenness(none, Tensor<double>(none.weight_shape())).index == 0);
  const Axis huge{.taps = 1, .down = Index{1} << 20};
  const Geometry large{.axes = {huge, huge, huge}};
  CHECK_THROWS_AS(checkerboard::projected(large, Tensor<double>({1, 1, 1, 1, 1}), Onto::equal_sums),
                  InvalidArgument);
  CHECK_THROWS_AS(checkerboard::unevenness(large, Tensor<double>({1, 1, 1, 1, 1})), InvalidArgument);
}
