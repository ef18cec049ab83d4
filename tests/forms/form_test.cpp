// Every form against a dense W written down from the equation alone, bit for bit on integers.
#include <catch2/catch.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/matrix.hpp>

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

template <class T>
void check_all_forms(const Geometry& g, Random& random) {
  const Index batch = 2;
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

TEST_CASE("form: every form equals the definition on random geometries") {
  Random random(2);
  for (int trial = 0; trial < 150; ++trial) {
    const Geometry g = test::random_geometry(random);
    INFO(text(g));
    check_all_forms<double>(g, random);
    check_all_forms<float>(g, random);
  }
}
