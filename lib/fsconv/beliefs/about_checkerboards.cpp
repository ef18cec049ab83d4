// Beliefs about checkerboards: what keeps a flat code's image flat, and an edge's.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/beliefs/demonstration.hpp>
#include <fsconv/forms/gather.hpp>

namespace fsconv::belief {
namespace {

// The axis of an image of `in` pixels that all have every tap of their phase: with a window wherever one touches.
Axis interior(Axis filter, Index in) {
  Axis axis = with(filter, in, 1, filter.extent() - 1);
  axis.out = code_size(axis, axis.in, axis.pad, axis.pad);
  return axis;
}

// What a code of ones gives two periods of pixels, by a filter on one axis.
Tensor<double> of_flat_code(const Axis& filter, const Tensor<double>& weight) {
  const Axis axis = interior(filter, 2 * filter.down);
  return gather::conv_transpose(line(axis), ones(axis.out), weight);
}

// As many pixels that share all weights evenly.
Tensor<double> even_share(const Tensor<double>& image) {
  double sum = 0;
  for (const double pixel : image) sum += pixel / static_cast<double>(image.size());
  Tensor<double> share(image.shape());
  std::fill(share.begin(), share.end(), sum);
  return share;
}

Tensor<double> numbered(const Values& v, std::string_view letter, Index count) {
  std::vector<double> values;
  for (Index k = 0; k < count; ++k) values.push_back(static_cast<double>(v[fmt::format("{}{}", letter, k)]));
  return array(std::move(values));
}

Demonstration divisible_kernel_is_even(const Values& v) {
  const Axis filter{.taps = v["taps"], .down = v["down"]};
  check(filter);
  presuppose(filter.taps % filter.down == 0, "the stride divides the kernel");
  constexpr Index most = 4;
  presuppose(filter.taps <= most, "at most 4 taps");
  const Tensor<double> all = numbered(v, "w", most);
  const Tensor<double> weight = array({all.begin(), all.begin() + filter.taps});
  presuppose(std::all_of(weight.begin(), weight.end(), [](double w) { return w > 0; }), "taps are positive");
  const Axis axis = interior(filter, 2 * filter.down);
  const Tensor<double> image = of_flat_code(filter, weight);
  return {.setting = setting(line(axis), "code", ones(axis.out), weight),
          .believed_label = "an even share",
          .true_label = "conv_transpose",
          .believed = even_share(image),
          .actual = image,
          .lesson = "Every phase has as many taps; what counts are their sums: w0 and w1 here."};
}

// Nearest upsampling at first, as ICNR begins: two equal taps, stride 2. Then one step of gradient descent.
Demonstration icnr_stays_even(const Values& v) {
  const Axis filter{.in = 2, .out = 1, .taps = 2, .down = 2};
  const Tensor<double> code = array({static_cast<double>(v["y"])}), target = numbered(v, "t", 2);
  Tensor<double> weight = array({static_cast<double>(v["w"]), static_cast<double>(v["w"])});
  presuppose(v["w"] >= 1 && v["y"] >= 1, "w and y are positive");
  const Geometry g = line(filter);
  // dL/dx = x - t of the loss |x - t|^2/2; the rate is 1.
  Tensor<double> error = gather::conv_transpose(g, code, weight);
  for (Index i = 0; i < error.size(); ++i) error[i] -= target[i];
  const Tensor<double> gradient = gather::weight_gradient(g, code, error);
  const std::string start = setting(g, "code", code, weight);
  for (Index k = 0; k < weight.size(); ++k) weight[k] -= gradient[k];
  const Tensor<double> image = of_flat_code(filter, weight);
  return {
      .setting = fmt::format("{}; a step towards {}: weights {}", start, numbers(target), numbers(weight)),
      .believed_label = "an even share",
      .true_label = "ones, transposed",
      .believed = even_share(image),
      .actual = image,
      .lesson = "Equal taps are a start: each phase has a gradient of its own, and training goes on."};
}

// A code that is flat along one axis and a single pixel along the other: a line. A resize-convolution repeats the same
// pixels all along it.
Demonstration equal_sums_are_resize(const Values& v) {
  constexpr Index most = 3, stride = 2;
  const Index taps[] = {v["taps_0"], v["taps_1"]};
  std::vector<double> weights, sums(stride * stride);
  for (const Index count : taps) presuppose(count >= 1 && count <= most, "1 to 3 taps");
  for (Index k = 0; k < most; ++k)
    for (Index l = 0; l < most; ++l) {
      const auto tap = static_cast<double>(v[fmt::format("w{}{}", k, l)]);
      if (k >= taps[0] || l >= taps[1]) continue;
      weights.push_back(tap);
      sums[static_cast<std::size_t>(k % stride * stride + l % stride)] += weights.back();
    }
  presuppose(std::equal(sums.begin() + 1, sums.end(), sums.begin()), "the four phase sums are equal");
  const Tensor<double> weight({1, 1, taps[0], taps[1]}, weights);

  Demonstration shown;
  for (const std::size_t flat : {std::size_t{0}, std::size_t{1}}) {
    Geometry g;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const Axis filter{.taps = taps[axis], .down = stride};
      g.axes.push_back(axis == flat ? interior(filter, stride) : with(filter, taps[axis], 1, 0));
    }
    Tensor<double> code(g.code_shape());
    std::fill(code.begin(), code.end(), 1.0);
    const Tensor<double> image = gather::conv_transpose(g, code, weight);
    // Along the line every pixel of a row or column is the mean of the period.
    Tensor<double> repeated(image.shape());
    const Index columns = g.axes[1].in;
    for (Index at = 0; at < image.size(); ++at) {
      const Index row = at / columns, column = at % columns;
      for (Index step = 0; step < stride; ++step)
        repeated[at] += image[flat == 0 ? step * columns + column : row * columns + step] / stride;
    }
    shown = {.setting = setting(g, "code", code, weight),
             .believed_label = "the same all along",
             .true_label = "conv_transpose",
             .believed = repeated,
             .actual = image,
             .lesson = "Flat codes stay flat, edges do not: rows and columns need equal sums by themselves."};
    if (shown.believed != shown.actual) break;
  }
  return shown;
}

constexpr Belief beliefs[] = {
    {"divisible_kernel_is_even", divisible_kernel_is_even},
    {"icnr_stays_even", icnr_stays_even},
    {"equal_sums_are_resize", equal_sums_are_resize},
};

}  // namespace

std::span<const Belief> about_checkerboards() { return beliefs; }

}  // namespace fsconv::belief
