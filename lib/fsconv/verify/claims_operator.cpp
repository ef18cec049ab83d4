// Claims about the operator itself: every form against the definition, along every road the theory offers.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/forms/layout.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv::claim {
namespace {

// Row `row` of a column whose rows ascend, or null.
template <class T, class I>
const T* find_entry(const I* first, const I* last, const T* values, Index row) {
  const I* found = std::lower_bound(first, last, static_cast<I>(row));
  return found == last || static_cast<Index>(*found) != row ? nullptr : values + (found - first);
}

Outcome wrong_entry(const Definition::Entry& entry) {
  return {Verdict::fails, 1,
          fmt::format("W[{}, {}] is not weight {}", entry.row, entry.column, entry.weight)};
}

// The sparse W itself: as many entries as the definition, and each of them exactly its weight. Numbers look
// at the W that users get from Armadillo, symbols at the columns it is made of.
template <class T>
Outcome compare_entries(const Trial<T>& t) {
  const auto& entries = t.definition.entries();
  const auto wrong_count = [&](std::size_t count) {
    return Outcome{Verdict::fails, 1, fmt::format("W has {} entries instead of {}", count, entries.size())};
  };
  if constexpr (std::is_same_v<T, double>) {
    const arma::sp_mat w = matrix::build(t.geometry, t.weight);
    if (w.n_nonzero != entries.size()) return wrong_count(w.n_nonzero);
    for (const auto& entry : entries) {
      const auto first = w.col_ptrs[entry.column], last = w.col_ptrs[entry.column + 1];
      const T* found = find_entry(w.row_indices + first, w.row_indices + last, w.values + first, entry.row);
      if (found == nullptr || *found != t.weight[entry.weight]) return wrong_entry(entry);
    }
  } else {
    const matrix::Columns<T> w = matrix::build_columns(t.geometry, t.weight);
    if (w.values.size() != entries.size()) return wrong_count(w.values.size());
    for (const auto& entry : entries) {
      const Index* start = w.starts.data() + entry.column;
      const T* found = find_entry(w.rows.data() + start[0], w.rows.data() + start[1],
                                  w.values.data() + start[0], entry.row);
      if (found == nullptr || !equal(*found, t.weight[entry.weight])) return wrong_entry(entry);
    }
  }
  return {};
}

// y with `spacing - 1` zeros between its pixels: what people draw.
template <class T>
Tensor<T> with_zeros_between(const Tensor<T>& y, const std::vector<Axis>& axes) {
  Shape shape{y.shape()[0], y.shape()[1]};
  for (const Axis& axis : axes) shape.push_back(axis.stretched_code());
  Tensor<T> spread(shape);
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

// The filters of the transposed geometry: once for all forms.
template <class T>
const Tensor<T>& transposed_weight_of(const Trial<T>& t) {
  return t.sample.transposed_weight.get([&] { return transposed_weight(t.geometry, t.weight); });
}

// The second layer's numbers come from a stream of their own.
constexpr std::uint64_t second_layer_stream = 1000;

// A layer to put behind `first`, which always has a window: two taps, stride 2, one pixel of padding, and two
// code channels.
Geometry second_layer(const Geometry& first) {
  Geometry second{.axes = {}, .in_channels = first.out_channels, .out_channels = 2};
  for (const Axis& axis : first.axes) {
    Axis next{.in = axis.out, .taps = 2, .down = 2, .pad = 1};
    next.out = code_size(next, next.in, 1, 1);
    second.axes.push_back(next);
  }
  return second;
}

// Its arrays, and the image that comes of them: two definitions one after the other. Rounded twice: the inner
// sums' relative errors and the outer ones' add up.
SecondLayer second_layer_of(const Trial<double>& t, const Geometry& second) {
  Random random(t.sample.seed, second_layer_stream);
  const auto reals = [&](const Shape& shape) { return operand_reals(shape, t.sample.bits, random); };
  Tensor<double> y = reals(second.code_shape(t.batch())), v = reals(second.weight_shape());
  const Definition behind(second);
  Expected<double> image{.values = t.definition.conv_transpose(behind.conv_transpose(y, v), t.weight),
                         .magnitude = t.definition.conv_transpose(
                             behind.conv_transpose(absolute(y), absolute(v)), absolute(t.weight)),
                         .terms = t.definition.longest_transposed_sum() + behind.longest_transposed_sum() + 2,
                         .results_as_operands = 1};
  return {.code = std::move(y), .weight = std::move(v), .image = std::move(image)};
}

}  // namespace

template <class T>
Outcome matrix(const Trial<T>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv})) return *skipped;
  if (t.form.name == "matrix")
    if (const Outcome entries = compare_entries(t); entries.verdict != Verdict::holds) return entries;
  return t.compare_with_conv(t.conv());
}

template <class T>
Outcome transpose(const Trial<T>& t) {
  if (const auto skipped = skip_unless_supported(t, t.geometry, {Op::conv_transpose})) return *skipped;
  return t.compare_with_conv_transpose(t.conv_transpose());
}

// Zeros inserted here, by hand; then the form's plain conv with an integer stride and the transposed filter.
template <class T>
Outcome fractional(const Trial<T>& t) {
  Geometry plain = t.geometry.transposed();
  for (Axis& axis : plain.axes) {
    axis.in = axis.stretched_image();
    axis.up = 1;
  }
  if (const auto skipped = skip_unless_supported(t, plain, {Op::conv})) return *skipped;
  const Tensor<T>& spread =
      t.sample.spread_code.get([&] { return with_zeros_between(t.code, t.geometry.axes); });
  return t.compare_with_conv_transpose(t.maps.conv(plain, spread, transposed_weight_of(t)));
}

// conv of the transposed geometry is conv_transpose, and conv_transpose of it is conv.
template <class T>
Outcome rational(const Trial<T>& t) {
  const Geometry inverse = t.geometry.transposed();
  if (inverse.transposed() != t.geometry)
    return {Verdict::fails, 1, "transposing the geometry twice does not give it back"};
  if (const auto skipped = skip_unless_supported(t, inverse, {Op::conv, Op::conv_transpose})) return *skipped;
  const Tensor<T>& weight = transposed_weight_of(t);
  const Outcome up = t.compare_with_conv_transpose(t.maps.conv(inverse, t.code, weight));
  if (up.verdict != Verdict::holds) return up;
  Outcome down = t.compare_with_conv(t.maps.conv_transpose(inverse, t.image, weight));
  down.error = std::max(down.error, up.error);
  return down;
}

// [SHI16]: one convolution of stride 1 with s^N times the channels, w_phi[a] = w[s*a + phi], and then a
// shuffle of pixels.
template <class T>
Outcome sub_pixel(const Trial<T>& t) {
  for (const Axis& axis : t.geometry.axes)
    if (axis.up != 1 || axis.dilation != 1 || axis.pad < 0)
      return {Verdict::skipped, 0, "stated for whole strides, dense filters and no cropping"};

  const Layout at(t.geometry);
  Index3 phases, low;  // s per axis; size of the low-resolution result
  Geometry small{.axes = {}, .in_channels = t.geometry.out_channels, .groups = t.geometry.groups};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& a = at.axes[axis];
    phases[axis] = a.down;
    low[axis] = (a.in - 1 + a.pad) / a.down + 1;
    const Index taps = ceil_div(a.taps, a.down);
    small.axes.push_back({.in = a.out, .out = low[axis], .taps = taps, .pad = taps - 1});
  }
  const Index count = volume(phases);
  small.out_channels = t.geometry.in_channels * count;
  small.axes.erase(small.axes.begin(),
                   small.axes.end() - static_cast<std::ptrdiff_t>(t.geometry.axes.size()));
  if (const auto skipped = skip_unless_supported(t, small, {Op::conv})) return *skipped;

  const Layout sub(small);
  Tensor<T> filters(small.weight_shape());
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
  const Tensor<T> planes = t.maps.conv(small, t.code, filters);

  Tensor<T> image(t.geometry.image_shape(t.batch()));
  for (Index n = 0; n < t.batch(); ++n)
    for (Index ci = 0; ci < at.in_channels; ++ci)
      for_each_position(at.in, [&](const Index3& i) {
        Index3 phi, m;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          phi[axis] = (i[axis] + at.axes[axis].pad) % phases[axis];
          m[axis] = (i[axis] + at.axes[axis].pad) / phases[axis];
        }
        image[at.image(n, ci, i)] = planes[sub.code(n, ci * count + flatten(phi, phases), m)];
      });
  return t.compare_with_conv_transpose(image);
}

// y -> W^T (V^T y), computed by the form, against the derivative of <V (W x), y> with respect to x. Symbols:
// the form's own two convs, multiplied out and differentiated. Numbers: two definitions one after the other.
template <class T>
Outcome composition(const Trial<T>& t) {
  const Geometry second = second_layer(t.geometry);
  for (const Geometry& layer : {t.geometry, second})
    if (const auto skipped = skip_unless_supported(t, layer, {Op::conv, Op::conv_transpose})) return *skipped;
  if constexpr (std::is_same_v<T, double>) {
    if (t.sample.method == Method::exact)
      return {Verdict::skipped, 0,
              "products of three factors leave room for small integers only; see numeric"};
    const SecondLayer& behind = t.sample.second_layer.get([&] { return second_layer_of(t, second); });
    const Tensor<T> between = t.maps.conv_transpose(second, behind.code, behind.weight);
    return t.compare(t.maps.conv_transpose(t.geometry, between, t.weight), behind.image);
  } else {
    const Tensor<T> y = symbols(Symbol::code, second.code_shape(t.batch()));
    const Tensor<T> v = symbols(Symbol::second_weight, second.weight_shape());
    const Polynomial loss = dot(t.maps.conv(second, t.conv(), v), y);
    return t.compare(t.maps.conv_transpose(t.geometry, t.maps.conv_transpose(second, y, v), t.weight),
                     {.values = gradient_of(loss, Symbol::image, t.image.shape())});
  }
}

#define FSCONV_INSTANTIATE(T)                   \
  template Outcome matrix(const Trial<T>&);     \
  template Outcome transpose(const Trial<T>&);  \
  template Outcome fractional(const Trial<T>&); \
  template Outcome rational(const Trial<T>&);   \
  template Outcome sub_pixel(const Trial<T>&);  \
  template Outcome composition(const Trial<T>&);
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(Polynomial)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::claim
