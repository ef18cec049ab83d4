// Claims about the operator itself: every form against the definition, along every road the theory offers.
#include <fsconv/forms/layout.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv::claim {
namespace {

std::optional<Outcome> skip_unless_supported(const Trial& t, const Geometry& geometry, Op op) {
  if (const auto reason = t.form.unsupported(geometry, op)) return Outcome{Verdict::skipped, 0, *reason};
  return std::nullopt;
}

Outcome compare_with_wx(const Trial& t, const Tensor<double>& actual) {
  return t.compare(actual, t.definition.conv(t.image, t.weight),
                   t.definition.conv(absolute(t.image), absolute(t.weight)), t.definition.longest_conv_sum());
}

Outcome compare_with_wty(const Trial& t, const Tensor<double>& actual) {
  return t.compare(actual, t.definition.conv_transpose(t.code, t.weight),
                   t.definition.conv_transpose(absolute(t.code), absolute(t.weight)),
                   t.definition.longest_transposed_sum());
}

// The sparse W itself: as many entries as the definition, and each of them exactly its weight.
Outcome compare_entries(const Trial& t) {
  const arma::sp_mat w = matrix::build(t.geometry, t.weight);
  if (w.n_nonzero != t.definition.entries().size())
    return {Verdict::fails, 1,
            fmt::format("W has {} entries instead of {}", w.n_nonzero, t.definition.entries().size())};
  for (const auto& entry : t.definition.entries()) {
    const auto first = w.row_indices + w.col_ptrs[entry.column],
               last = w.row_indices + w.col_ptrs[entry.column + 1];
    const auto found = std::lower_bound(first, last, static_cast<arma::uword>(entry.row));
    if (found == last || *found != static_cast<arma::uword>(entry.row) ||
        w.values[found - w.row_indices] != t.weight[entry.weight])
      return {Verdict::fails, 1,
              fmt::format("W[{}, {}] is not weight {}", entry.row, entry.column, entry.weight)};
  }
  return {};
}

// y with `spacing - 1` zeros between its pixels: what people draw.
Tensor<double> with_zeros_between(const Tensor<double>& y, const std::vector<Axis>& axes) {
  Shape shape{y.shape()[0], y.shape()[1]};
  for (const Axis& axis : axes) shape.push_back(axis.down * (axis.out - 1) + 1);
  Tensor<double> spread(shape);
  for (Index from = 0; from < y.size(); ++from) {
    Index rest = from, to = 0, stride = 1;
    for (std::size_t axis = axes.size(); axis-- > 0;) {
      to += rest % axes[axis].out * axes[axis].down * stride;
      rest /= axes[axis].out;
      stride *= shape[axis + 2];
    }
    spread[to + rest * stride] = y[from];
  }
  return spread;
}

}  // namespace

Outcome matrix(const Trial& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, Op::conv)) return *skipped;
  if (t.form.name == "matrix")
    if (const Outcome entries = compare_entries(t); entries.verdict != Verdict::holds) return entries;
  return compare_with_wx(t, t.form.conv(t.geometry, t.image, t.weight));
}

Outcome transpose(const Trial& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, Op::conv_transpose)) return *skipped;
  return compare_with_wty(t, t.form.conv_transpose(t.geometry, t.code, t.weight));
}

// Zeros inserted here, by hand; then the form's plain conv with an integer stride and the transposed filter.
Outcome fractional(const Trial& t) {
  Geometry plain = t.geometry.transposed();
  for (Axis& axis : plain.axes) {
    axis.in = axis.up * (axis.in - 1) + 1;
    axis.up = 1;
  }
  if (const auto skipped = skip_unless_supported(t, plain, Op::conv)) return *skipped;
  const Tensor<double> spread = with_zeros_between(t.code, t.geometry.axes);
  return compare_with_wty(t, t.form.conv(plain, spread, transposed_weight(t.geometry, t.weight)));
}

// conv of the transposed geometry is conv_transpose, and conv_transpose of it is conv.
Outcome rational(const Trial& t) {
  const Geometry inverse = t.geometry.transposed();
  if (inverse.transposed() != t.geometry)
    return {Verdict::fails, 1, "transposing the geometry twice does not give it back"};
  if (const auto skipped = skip_unless_supported(t, inverse, Op::conv)) return *skipped;
  if (const auto skipped = skip_unless_supported(t, inverse, Op::conv_transpose)) return *skipped;
  const Tensor<double> weight = transposed_weight(t.geometry, t.weight);
  const Outcome up = compare_with_wty(t, t.form.conv(inverse, t.code, weight));
  if (up.verdict != Verdict::holds) return up;
  Outcome down = compare_with_wx(t, t.form.conv_transpose(inverse, t.image, weight));
  down.error = std::max(down.error, up.error);
  return down;
}

// [SHI16]: one stride-1 convolution with s^N times the channels, w_phi[a] = w[s*a + phi], then a shuffle of
// pixels.
Outcome sub_pixel(const Trial& t) {
  for (const Axis& axis : t.geometry.axes)
    if (axis.up != 1 || axis.dilation != 1 || axis.pad < 0)
      return {Verdict::skipped, 0, "stated for whole strides, dense filters and no cropping"};

  const Layout at(t.geometry);
  Index3 phases, low;  // s per axis; size of the low-resolution result
  Geometry small{{}, t.geometry.out_channels, 0, t.geometry.groups};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& a = at.axes[axis];
    phases[axis] = a.down;
    low[axis] = (a.in - 1 + a.pad) / a.down + 1;
    const Index taps = ceil_div(a.taps, a.down);
    small.axes.push_back({a.out, low[axis], taps, 1, 1, 1, taps - 1});
  }
  const Index count = volume(phases);
  small.out_channels = t.geometry.in_channels * count;
  small.axes.erase(small.axes.begin(),
                   small.axes.end() - static_cast<std::ptrdiff_t>(t.geometry.axes.size()));
  if (const auto skipped = skip_unless_supported(t, small, Op::conv)) return *skipped;

  const Layout sub(small);
  Tensor<double> filters(small.weight_shape());
  for_each_channel_pair(at, [&](Index co, Index ci) {
    for_each_position(phases, [&](const Index3& phi) {
      for_each_position(sub.taps, [&](const Index3& a) {
        Index3 k, reversed;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          k[axis] = phases[axis] * a[axis] + phi[axis];
          reversed[axis] = sub.taps[axis] - 1 - a[axis];
          if (k[axis] >= at.taps[axis]) return;
        }
        filters[sub.weight(ci * count + flatten(phi, phases), co, reversed)] = t.weight[at.weight(co, ci, k)];
      });
    });
  });
  const Tensor<double> planes = t.form.conv(small, t.code, filters);

  Tensor<double> image(t.geometry.image_shape(t.batch));
  for (Index n = 0; n < t.batch; ++n)
    for (Index ci = 0; ci < at.in_channels; ++ci)
      for_each_position(at.in, [&](const Index3& i) {
        Index3 phi, m;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          phi[axis] = (i[axis] + at.axes[axis].pad) % phases[axis];
          m[axis] = (i[axis] + at.axes[axis].pad) / phases[axis];
        }
        image[at.image(n, ci, i)] = planes[sub.code(n, ci * count + flatten(phi, phases), m)];
      });
  return compare_with_wty(t, image);
}

}  // namespace fsconv::claim
