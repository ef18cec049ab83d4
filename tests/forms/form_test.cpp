// Every form against a dense W written down from the equation alone, bit for bit on integers.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/forms/form.hpp>
#include <fsconv/verify/tile_growth.hpp>
#include <limits>

#include "support/geometries.hpp"

using namespace fsconv;

namespace {

// W[row][column] and which weight stands there (-1: none), by trying every triple of the definition.
struct Dense {
  Index rows, columns;
  std::vector<Index> weight_at;
};

Dense dense(const Geometry& g) {
  const auto axes = three_axes(g);
  const Index3 in = in_extents(axes), out = out_extents(axes), taps = tap_extents(axes);
  Dense w{g.out_channels * volume(out), g.in_channels * volume(in), {}};
  w.weight_at.assign(static_cast<std::size_t>(w.rows * w.columns), -1);
  for_each_position(out, [&](const Index3& o) {
    for_each_position(in, [&](const Index3& i) {
      for_each_position(taps, [&](const Index3& k) {
        for (std::size_t a = 0; a < 3; ++a)
          if (axes[a].up * i[a] != axes[a].down * o[a] + axes[a].dilation * k[a] - axes[a].pad) return;
        for (Index co = 0; co < g.out_channels; ++co)
          for (Index ci = 0; ci < g.in_channels; ++ci) {
            if (co / g.out_per_group() != ci / g.in_per_group()) continue;
            const Index row = co * volume(out) + flatten(o, out), column = ci * volume(in) + flatten(i, in);
            w.weight_at[static_cast<std::size_t>(row * w.columns + column)] =
                (co * g.in_per_group() + ci % g.in_per_group()) * volume(taps) + flatten(k, taps);
          }
      });
    });
  });
  return w;
}

// Whether a form keeps the integers up to 4 exact in T: what tiles make of them is larger. Doubles always do.
template <class T>
bool is_exact(const Form<T>& form, const Geometry& g, Index batch) {
  const bool empty = element_count(g.image_shape(batch)) == 0 || element_count(g.code_shape(batch)) == 0;
  if (form.name != "bilinear" || empty) return true;
  for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient})
    if (tile_growth(g, op, {{.largest = 4}}, batch).sums * 4 * 4 >=
        std::ldexp(1.0, std::numeric_limits<T>::digits))
      return false;
  return true;
}

template <class T>
void check_all_forms(const Geometry& g, Random& random, Index batch = 2) {
  const auto x = random_integers<T>(g.image_shape(batch), 4, random);
  const auto y = random_integers<T>(g.code_shape(batch), 4, random);
  const auto weight = random_integers<T>(g.weight_shape(), 4, random);
  const Dense w = dense(g);

  Tensor<T> code(g.code_shape(batch)), image(g.image_shape(batch)), gradient(g.weight_shape());
  for (Index n = 0; n < batch; ++n)
    for (Index row = 0; row < w.rows; ++row)
      for (Index column = 0; column < w.columns; ++column) {
        const Index k = w.weight_at[static_cast<std::size_t>(row * w.columns + column)];
        if (k < 0) continue;
        code[n * w.rows + row] += weight[k] * x[n * w.columns + column];
        image[n * w.columns + column] += weight[k] * y[n * w.rows + row];
        gradient[k] += y[n * w.rows + row] * x[n * w.columns + column];
      }

  for (const Form<T>& form : forms<T>()) {
    INFO("form " << form.name);
    if (!is_exact(form, g, batch)) continue;
    if (!form.unsupported(g, Op::conv)) CHECK(conv(form, g, x, weight) == code);
    if (!form.unsupported(g, Op::conv_transpose)) CHECK(conv_transpose(form, g, y, weight) == image);
    if (!form.unsupported(g, Op::weight_gradient)) CHECK(weight_gradient(form, g, y, x) == gradient);
  }
}

std::string text(const Geometry& g) {
  std::string s = fmt::format("channels {} {} groups {}", g.in_channels, g.out_channels, g.groups);
  for (const Axis& a : g.axes)
    s += fmt::format(" | in {} out {} taps {} down {} up {} dilation {} pad {}", a.in, a.out, a.taps, a.down,
                     a.up, a.dilation, a.pad);
  return s;
}

}  // namespace

TEST_CASE("form: every form equals the definition on the corner geometries") {
  Random random(1);
  for (const Geometry& g : test::corner_geometries()) {
    INFO(text(g));
    check_all_forms<double>(g, random);
    check_all_forms<float>(g, random);
  }
}

namespace {

// Any small geometry whose strides have a common factor on every axis: 2/2, 4/2, 2/4, 6/4, 3/3, ...
Geometry with_common_factors(Random& random) {
  Geometry g = test::random_geometry(random);
  for (Axis& axis : g.axes) {
    const Index factor = random.integer(2, 3);
    axis.down = factor * random.integer(1, 3);
    axis.up = factor * random.integer(1, 3);
  }
  return g;
}

}  // namespace

TEST_CASE("form: every form equals the definition where the stride's numbers have a common factor") {
  Random random(3);
  for (int trial = 0; trial < 250; ++trial) {
    const Geometry g = with_common_factors(random);
    INFO(text(g));
    check_all_forms<double>(g, random);
    check_all_forms<float>(g, random);
  }
}

TEST_CASE("form: stride 2/2, by hand") {
  // 2*i = 2*o + k - 1: taps 1 and 3 meet pixels, o + 0 and o + 1; taps 0 and 2 meet inserted zeros.
  const Geometry g{.axes = {{.in = 4, .out = 4, .taps = 4, .down = 2, .up = 2, .pad = 1}}};
  const Tensor<double> x({1, 1, 4}, {1, 10, 100, 1000}), weight({1, 1, 4}, {7, 2, 9, 3});
  for (const Form<double>& form : forms<double>()) {
    INFO(form.name);
    CHECK(conv(form, g, x, weight) == Tensor<double>({1, 1, 4}, {32, 320, 3200, 2000}));
    CHECK(conv_transpose(form, g, x, weight) == Tensor<double>({1, 1, 4}, {2, 23, 230, 2300}));
    CHECK(weight_gradient(form, g, x, x) == Tensor<double>({1, 1, 4}, {0, 1010101, 0, 101010}));
  }
}

TEST_CASE("form: a form that cancels the stride is another operator") {
  Random random(4);
  int different = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const Geometry g = with_common_factors(random);
    Geometry cancelled = g;
    for (Axis& axis : cancelled.axes) {
      const Index factor = axis.stride_factor();
      axis.down /= factor;
      axis.up /= factor;
    }
    const auto x = random_integers<double>(g.image_shape(), 4, random);
    const auto weight = random_integers<double>(g.weight_shape(), 4, random);
    const Form<double>& gather = form_named<double>("gather");
    different += conv(gather, g, x, weight) != conv(gather, cancelled, x, weight);
  }
  CHECK(different > 50);
}

namespace {

// A geometry in which something is empty: an image or code side, on one axis, or channels.
Geometry with_nothing(Geometry g, Index where) {
  Axis& axis = g.axes[static_cast<std::size_t>(where) % g.axes.size()];
  switch (where % 5) {
    case 0:
      axis.in = 0;
      break;
    case 1:
      axis.out = 0;
      break;
    case 2:
      axis.in = axis.out = 0;
      break;
    case 3:
      g.in_channels = 0;
      break;
    default:
      g.out_channels = 0;
  }
  return g;
}

}  // namespace

TEST_CASE("form: an empty sum is 0 and what has no elements stays empty, in every form") {
  Random random(5);
  const auto corners = test::corner_geometries();
  for (Index trial = 0; trial < 200; ++trial) {
    const Geometry g = trial < static_cast<Index>(corners.size()) * 5
                           ? with_nothing(corners[static_cast<std::size_t>(trial) / 5], trial)
                           : with_nothing(test::random_geometry(random), random.integer(0, 14));
    INFO(text(g));
    for (const Index batch : {0, 1, 3}) {
      check_all_forms<double>(g, random, batch);
      check_all_forms<float>(g, random, batch);
    }
  }
  for (const Geometry& g : corners) {  // no images
    INFO(text(g));
    check_all_forms<double>(g, random, 0);
    check_all_forms<float>(g, random, 0);
  }
}

TEST_CASE("form: no image gives a gradient of zeros, an image without pixels a code of zeros") {
  const Geometry usual{
      .axes = {{.in = 5, .out = 3, .taps = 3, .down = 2, .pad = 1}}, .in_channels = 2, .out_channels = 3},
      padding_only{.axes = {{.in = 0, .out = 2, .taps = 3, .pad = 2}}};
  const auto zeros = [](const Tensor<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
  };
  for (const Form<double>& form : forms<double>()) {
    INFO(form.name);
    const auto gradient = weight_gradient(form, usual, Tensor<double>({0, 3, 3}), Tensor<double>({0, 2, 5}));
    CHECK(gradient.shape() == Shape{3, 2, 3});
    CHECK(zeros(gradient));
    const auto code =
        conv(form, padding_only, Tensor<double>({2, 1, 0}), Tensor<double>({1, 1, 3}, {1, 2, 3}));
    CHECK(code.shape() == Shape{2, 1, 2});
    CHECK(zeros(code));
    CHECK(conv_transpose(form, padding_only, code, Tensor<double>({1, 1, 3})).shape() == Shape{2, 1, 0});
    CHECK_THROWS_AS(conv(form, usual, Tensor<double>({0, 2, 4}), Tensor<double>({3, 2, 3})), InvalidArgument);
  }
}

TEST_CASE("form: every form equals the definition on random geometries") {
  Random random(2);
  for (int trial = 0; trial < 150; ++trial) {
    const Geometry g = test::random_geometry(random);
    INFO(text(g));
    check_all_forms<double>(g, random);
    check_all_forms<float>(g, random);
  }
}
