// Beliefs about the operator: what a transposed convolution computes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/beliefs/demonstration.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/zero_insertion.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::belief {
namespace {

Demonstration no_flip(const Values& v) {
  const Axis axis = axis_of(v);
  return {.setting = code_setting(axis),
          .believed_label = "the filter as it is",
          .true_label = "conv_transpose",
          .believed = zero_insertion::conv(line(axis.transposed()), pixels(axis.out), weights(axis.taps)),
          .actual = transposed(axis),
          .lesson = "After inserting zeros the filter must be reversed."};
}

// Zero insertion with another number of zeros before the code.
Demonstration zeros_before(const Axis& axis, Index zeros, std::string lesson) {
  const Geometry g = line(axis);
  Axis believed = axis.transposed();
  const Index right = std::exchange(believed.pad, zeros);
  return {.setting = code_setting(axis),
          .believed_label = fmt::format("pad {}", zeros),
          .true_label = fmt::format("pad {}", right),
          .believed = zero_insertion::conv(line(believed), pixels(axis.out),
                                           transposed_weight(g, weights(axis.taps))),
          .actual = transposed(axis),
          .lesson = std::move(lesson)};
}

Demonstration zero_insertion_pads_p(const Values& v) {
  const Axis axis = axis_of(v);
  return zeros_before(axis, axis.pad, "Zero insertion pads dilation*(taps-1) - pad.");
}

Demonstration zero_insertion_ignores_dilation(const Values& v) {
  const Axis axis = axis_of(v);
  return zeros_before(axis, axis.taps - 1 - axis.pad,
                      "Zero insertion pads dilation*(taps-1) - pad: the filter's holes count.");
}

Demonstration two_layers_are_one(const Values& v) {
  const auto layer = [&](Index in, const std::string& suffix) {
    Axis axis{.in = in,
              .taps = v["taps" + suffix],
              .down = v["down" + suffix],
              .dilation = v["dilation" + suffix],
              .pad = v["pad" + suffix]};
    check(axis, "axis", 1);
    axis.out = code_size(axis, in, axis.pad, axis.pad);
    return axis;
  };
  const Axis first = layer(v["in"], "_1"), second = layer(first.out, "_2");
  const Tensor<double> image = pixels(first.in), w1 = weights(first.taps), w2 = weights(second.taps);

  // The filters compose: the second one, spread by the first stride, with the first one set at each tap. That
  // is a transposed convolution.
  const Index spread = first.down * second.dilation;
  const Axis filters{.in = spread * (second.taps - 1) + first.extent(),
                     .out = second.taps,
                     .taps = first.taps,
                     .down = spread,
                     .dilation = first.dilation};
  const Tensor<double> filter = gather::conv_transpose(line(filters), w2, w1);
  const Axis one{.in = first.in,
                 .out = second.out,
                 .taps = filters.in,
                 .down = first.down * second.down,
                 .pad = first.pad + first.down * second.pad};
  return {
      .setting = fmt::format("{} then {}: image {}, weights {} and {}", print_case(line(first)),
                             print_case(line(second)), numbers(image), numbers(w1), numbers(w2)),
      .believed_label = fmt::format("one layer {}", print_case(line(one))),
      .true_label = "two layers",
      .believed = gather::conv(line(one), image, filter),
      .actual = gather::conv(line(second), gather::conv(line(first), image, w1), w2),
      .lesson =
          "Two convolutions are one only where the second does not pad: its border is zero, not computed."};
}

Demonstration stride_can_be_cancelled(const Values& v) {
  Axis axis = axis_of(v);
  axis.up = v["up"];
  const Axis cancelled = line(axis).axes[0];
  presuppose(v["factor"] >= 1, "factor >= 1");
  axis.down *= v["factor"];
  axis.up *= v["factor"];
  const Tensor<double> image = pixels(axis.in), weight = weights(axis.taps);
  return {.setting = image_setting(axis),
          .believed_label = fmt::format("stride {}", stride_text(cancelled)),
          .true_label = fmt::format("stride {}", stride_text(axis)),
          .believed = gather::conv(line(cancelled), image, weight),
          .actual = gather::conv(line(axis), image, weight),
          .lesson = "Under stride 2/2 every second tap meets an inserted zero; under stride 1 none does."};
}

Demonstration inverse(const Values& v) {
  const Geometry g = line(axis_of(v));
  Tensor<double> weight = array(std::vector<double>(static_cast<std::size_t>(g.axes[0].taps)));
  for (const auto& [tap, value] : {std::pair{v["k"], v["w_k"]}, std::pair{v["l"], v["w_l"]}}) {
    presuppose(0 <= tap && tap < weight.size(), "k and l are taps");
    weight[tap] = static_cast<double>(value);
  }
  const Tensor<double> image = pixels(g.axes[0].in);
  return {.setting = setting(g, "image x =", image, weight),
          .believed_label = "x",
          .true_label = "W^T W x",
          .believed = image,
          .actual = matrix::conv_transpose(g, matrix::conv(g, image, weight), weight),
          .lesson = "W^T is the transpose, not the inverse; undoing a convolution is least squares."};
}

// How many taps reach each pixel of two periods, far from borders: conv_transpose of ones by ones, with a
// window wherever one touches.
Demonstration uneven(const Axis& filter, std::string lesson) {
  check(filter);
  Axis axis = with(filter, 2 * filter.down, 1, filter.extent() - 1);
  axis.out = code_size(axis, axis.in, axis.pad, axis.pad);
  const Tensor<double> code = ones(axis.out), weight = ones(axis.taps);
  const Tensor<double> reached = gather::conv_transpose(line(axis), code, weight);
  Tensor<double> share = reached;
  std::fill(share.begin(), share.end(), static_cast<double>(axis.taps) / static_cast<double>(axis.down));
  return {.setting = setting(line(axis), "code", code, weight),
          .believed_label = "an even share",
          .true_label = "taps that reach each pixel",
          .believed = share,
          .actual = reached,
          .lesson = std::move(lesson)};
}

Demonstration overlap_is_even(const Values& v) {
  presuppose(v["taps"] >= v["down"], "taps >= down");
  return uneven({.taps = v["taps"], .down = v["down"]},
                "Overlap is even only where the stride divides the kernel (checkerboard).");
}

Demonstration overlap_ignores_dilation(const Values& v) {
  const Axis filter = filter_of(v);
  check(filter);
  presuppose(filter.taps % filter.down == 0, "the stride divides the kernel");
  return uneven(filter, "The stride must divide the kernel and share no factor with the dilation.");
}

constexpr Belief beliefs[] = {
    {"no_flip", no_flip},
    {"zero_insertion_pads_p", zero_insertion_pads_p},
    {"zero_insertion_ignores_dilation", zero_insertion_ignores_dilation},
    {"two_layers_are_one", two_layers_are_one},
    {"stride_can_be_cancelled", stride_can_be_cancelled},
    {"inverse", inverse},
    {"overlap_is_even", overlap_is_even},
    {"overlap_ignores_dilation", overlap_ignores_dilation},
};

}  // namespace

std::span<const Belief> about_the_operator() { return beliefs; }

}  // namespace fsconv::belief
