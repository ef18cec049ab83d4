// Beliefs about sizes and padding.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/beliefs/demonstration.hpp>
#include <fsconv/conventions/axis_rules.hpp>
#include <fsconv/forms/gather.hpp>

namespace fsconv::belief {
namespace {

// The axis that goes back to the smallest image under these pads, plus `extra` pixels.
Axis returning(const Values& v, Index out, Index extra) {
  Axis axis = with(filter_of(v), 1, out, v["pad"]);
  check(axis, "axis", 1);
  return with(axis, axis.down * (out - 1) + axis.extent() - axis.pad - v["pad_end"] + extra, out, axis.pad);
}

Demonstration output_padding_of_the_stride(const Values& v) {
  presuppose(v["output_padding"] <= v["down"], "output_padding <= down");
  const Axis axis = returning(v, v["out"], v["output_padding"]);
  const Geometry g = line(axis);
  const Tensor<double> image = transposed(axis), weight = weights(axis.taps);
  const Index code = code_size(axis, axis.in, axis.pad, v["pad_end"]);
  presuppose(code >= 1, "the image has a code");
  return {.setting = fmt::format("{}, conv of the image {}", code_setting(axis), numbers(image)),
          .believed_label = of_pixels("as long as the code", axis.out),
          .true_label = of_pixels("as many as windows fit", code),
          .believed = gather::conv(g, image, weight),
          .actual = gather::conv(line(with(axis, axis.in, code, axis.pad)), image, weight),
          .lesson = "output_padding must be smaller than the stride."};
}

Demonstration output_padding_is_zeros(const Values& v) {
  const Index extra = v["output_padding"];
  presuppose(0 <= extra && extra < v["down"], "0 <= output_padding < down");
  const Axis axis = returning(v, v["out"], extra);
  // The image without output_padding, then zeros.
  Tensor<double> believed = array(std::vector<double>(static_cast<std::size_t>(line(axis).axes[0].in)));
  presuppose(axis.in >= extra, "pixels are left without output_padding");
  if (axis.in > extra) {
    const Tensor<double> image = transposed(with(axis, axis.in - extra, axis.out, axis.pad));
    std::copy(image.begin(), image.end(), believed.begin());
  }
  return {.setting = code_setting(axis),
          .believed_label = "zeros appended",
          .true_label = "conv_transpose",
          .believed = believed,
          .actual = transposed(axis),
          .lesson = "output_padding cuts less at the end: its pixels are computed like all others."};
}

Demonstration code_size_determines_image_size(const Values& v) {
  const Axis axis = line(with(filter_of(v), v["in"], 1, v["pad"])).axes[0];
  const Axis other = line(with(axis, v["other_in"], 1, axis.pad)).axes[0];
  const Index code = code_size(axis, axis.in, axis.pad, v["pad_end"]);
  presuppose(code == code_size(axis, other.in, axis.pad, v["pad_end"]),
             "both images have the same code size");
  const Axis first = with(axis, axis.in, code, axis.pad), second = with(axis, other.in, code, axis.pad);
  return {.setting = code_setting(first),
          .believed_label = of_pixels("the image", first.in),
          .true_label = of_pixels("and another", second.in),
          .believed = transposed(first),
          .actual = transposed(second),
          .lesson = "As many image sizes as the stride share a code size: store both."};
}

Demonstration output_padding_is_n_mod_s(const Values& v) {
  Axis axis = line(with(filter_of(v), v["in"], 1, v["pad"])).axes[0];
  axis.out = code_size(axis, axis.in, axis.pad, v["pad_end"]);
  const Axis believed = returning(v, axis.out, axis.in % axis.down);
  return {.setting = code_setting(axis),
          .believed_label = of_pixels(fmt::format("output_padding {}", axis.in % axis.down), believed.in),
          .true_label = of_pixels("the image", axis.in),
          .believed = transposed(believed),
          .actual = transposed(axis),
          .lesson = "output_padding = (in + pad + pad_end - extent) mod stride."};
}

Demonstration division_truncates(const Values& v) {
  const Axis axis = line(with(filter_of(v), v["in"], 1, v["pad"])).axes[0];
  const Index room = axis.in + axis.pad + v["pad_end"] - axis.extent();
  const Index believed = room / axis.down + 1, actual = code_size(axis, axis.in, axis.pad, v["pad_end"]);
  return {.setting = image_setting(axis),
          .believed_label =
              of_pixels(fmt::format("{}/{} = {} truncated", room, axis.down, room / axis.down), believed),
          .true_label = of_pixels(
              fmt::format("floor({}/{}) = {}", room, axis.down, floor_div(room, axis.down)), actual),
          .believed = convolved(axis, believed),
          .actual = convolved(axis, actual),
          .lesson = "The size formula needs the floor: no window fits, and the code size is 0 or less."};
}

Demonstration even_half_keeps_size(const Values& v) {
  Axis axis{.in = v["in"], .out = v["in"], .taps = v["taps"], .dilation = v["dilation"]};
  check(axis, "axis", 1);
  const Pads half = pads_of(PaddingRule::half, axis, axis.in);
  axis.pad = half.begin;
  const Index code = code_size(axis, axis.in, half.begin, half.end);
  return {.setting = image_setting(axis),
          .believed_label = of_pixels("the image's size", axis.in),
          .true_label = of_pixels("as many as windows fit", code),
          .believed = convolved(axis, axis.in),
          .actual = convolved(axis, code),
          .lesson = "Half padding keeps the size where the kernel is odd; an even one gains a pixel."};
}

// The axis that SAME gives an image, padded by `rule` for an image of `measured` pixels.
Axis same_axis(const Values& v, PaddingRule rule, Index measured) {
  const Axis axis = line(with(filter_of(v), v["in"], 1, 0)).axes[0];
  return with(axis, axis.in, same_code_size(axis, axis.in), pads_of(rule, axis, measured).begin);
}

Demonstration same_pads_swapped(const Values& v) {
  const Axis axis = same_axis(v, PaddingRule::same, v["in"]);
  const Axis lower = same_axis(v, PaddingRule::same_lower, v["in"]);
  return {.setting = code_setting(axis),
          .believed_label = "the odd pixel in front",
          .true_label = "SAME: behind",
          .believed = transposed(lower),
          .actual = transposed(axis),
          .lesson = "SAME puts the odd pixel of padding behind the image (ONNX: SAME_UPPER)."};
}

Demonstration same_pads_from_code(const Values& v) {
  const Axis axis = same_axis(v, PaddingRule::same, v["in"]);
  const Index assumed = axis.down * axis.out;
  return {.setting = code_setting(axis),
          .believed_label = fmt::format("padding for an image of {}", assumed),
          .true_label = fmt::format("padding for the image of {}", axis.in),
          .believed = transposed(same_axis(v, PaddingRule::same, assumed)),
          .actual = transposed(axis),
          .lesson = "SAME's padding depends on the size of the image, not only on the size of its code."};
}

Demonstration same_returns_to_stride_times_code(const Values& v) {
  const Axis axis = same_axis(v, PaddingRule::same, v["in"]);
  const Index back = axis.down * axis.out;
  const Axis believed = with(axis, back, axis.out, pads_of(PaddingRule::same, axis, back).begin);
  return {.setting = code_setting(axis),
          .believed_label = of_pixels("stride * code", back),
          .true_label = of_pixels("the image", axis.in),
          .believed = transposed(believed),
          .actual = transposed(axis),
          .lesson = "SAME rounds up: several image sizes share a code size; name the one you started from."};
}

// The axis of a transposed convolution as a framework is told: stride, kernel, dilation and code size from
// the counterexample, the rest from `words`.
Axis framework_axis(Convention convention, const Values& v, Settings words) {
  words.stride = {{v["down"], 1}};
  const ArraySizes sizes{.source = {v["out"]}, .kernel = {v["taps"]}};
  return geometry_of(convention, Direction::conv_transpose, sizes, words).axes[0];
}

Settings same_words() {
  Settings words;
  words.padding = Padding{PaddingRule::same, {}, {}};
  return words;
}

Demonstration right_size_is_enough(const Values& v) {
  Settings torch, same = same_words();
  torch.padding = Padding{PaddingRule::listed, {v["padding"]}, {v["padding"]}};
  torch.output_padding = {v["output_padding"]};
  torch.dilation = same.dilation = {v["dilation"]};
  const Axis believed = framework_axis(Convention::pytorch, v, torch);
  same.size = {believed.in};
  const Axis axis = framework_axis(Convention::tensorflow, v, same);
  return {.setting = code_setting(axis),
          .believed_label = fmt::format("padding {}, output_padding {}", v["padding"], v["output_padding"]),
          .true_label = "SAME",
          .believed = transposed(believed),
          .actual = transposed(axis),
          .lesson = "The shape is right and every value is shifted: compare values, not shapes."};
}

Demonstration output_shape_means_the_same(const Values& v) {
  Settings onnx, same = same_words();
  onnx.dilation = same.dilation = {v["dilation"]};
  onnx.size = same.size = {v["in"]};
  const Axis axis = framework_axis(Convention::tensorflow, v, same);
  return {
      .setting = code_setting(axis),
      .believed_label = "ONNX, output_shape alone",
      .true_label = "TensorFlow, SAME",
      .believed = transposed(framework_axis(Convention::onnx, v, onnx)),
      .actual = transposed(axis),
      .lesson = "TensorFlow cuts the smaller half in front; ONNX the larger, unless auto_pad is SAME_UPPER."};
}

Demonstration keras_none_is_zero(const Values& v) {
  Settings told = same_words();
  told.output_padding = {0};
  const Axis zero = framework_axis(Convention::keras, v, told);
  const Axis none = framework_axis(Convention::keras, v, same_words());
  return {.setting = code_setting(none),
          .believed_label = of_pixels("output_padding=0", zero.in),
          .true_label = of_pixels("output_padding=None", none.in),
          .believed = transposed(zero),
          .actual = transposed(none),
          .lesson = "None returns to stride*code, 0 to stride*(code-1) + (taps mod 2)."};
}

constexpr Belief beliefs[] = {
    {"output_padding_of_the_stride", output_padding_of_the_stride},
    {"output_padding_is_zeros", output_padding_is_zeros},
    {"code_size_determines_image_size", code_size_determines_image_size},
    {"output_padding_is_n_mod_s", output_padding_is_n_mod_s},
    {"division_truncates", division_truncates},
    {"even_half_keeps_size", even_half_keeps_size},
    {"same_pads_swapped", same_pads_swapped},
    {"same_pads_from_code", same_pads_from_code},
    {"same_returns_to_stride_times_code", same_returns_to_stride_times_code},
    {"right_size_is_enough", right_size_is_enough},
    {"output_shape_means_the_same", output_shape_means_the_same},
    {"keras_none_is_zero", keras_none_is_zero},
};

}  // namespace

std::span<const Belief> about_sizes() { return beliefs; }

}  // namespace fsconv::belief
