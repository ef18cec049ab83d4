// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {

void Dialect::refuse(std::string_view field, std::string_view problem, std::string_view legal) const {
  throw InvalidArgument(field, fmt::format("{} {}", name(convention_), problem), legal);
}

void Dialect::refuse_rational_stride(Direction direction, const Settings& settings) const {
  for (const Stride& stride : settings.stride) {
    if (stride.up == 1) continue;
    std::string legal = "use a whole number, or convention native or jax (conv)";
    if (stride.down == 1)
      legal += fmt::format("; {} with stride {} is {} with stride {}", name(direction), text(stride),
                           name(opposite(direction)), stride.up);
    refuse("stride", fmt::format("has no rational stride {}", text(stride)), legal);
  }
}

void Dialect::refuse_data_format(std::size_t rank, const Settings& settings) const {
  if (!settings.data_format.empty() && settings.data_format != channels_first(rank))
    refuse("data_format",
           fmt::format("has one order of axes only, {}, and no '{}'", channels_first(rank),
                       settings.data_format),
           "leave --data-format away, or transpose the array");
}

void Dialect::refuse_jax_words(const Settings& settings) const {
  constexpr auto why = "has no such argument; it belongs to JAX's conv_transpose";
  if (settings.transpose_kernel) refuse("transpose_kernel", why);
  if (settings.consistent_padding) refuse("use_consistent_padding", why);
}

void Dialect::refuse_size(const Settings& settings) const {
  if (settings.size) refuse("size", "has no way to name the output's size");
}

void Dialect::refuse_output_padding(const Settings& settings) const {
  if (settings.output_padding) refuse("output_padding", "has none", "give the size of the image instead");
}

void Dialect::refuse_output_words_of_conv(Direction direction, const Settings& settings) const {
  if (direction == Direction::conv_transpose) return;
  if (settings.output_padding) refuse("output_padding", "has it for the transposed convolution only");
  if (settings.size)
    refuse("size", "names the output of a transposed convolution; a convolution's follows from its input");
}

Padding Dialect::default_padding(Direction, std::size_t) const {
  return {.rule = PaddingRule::listed, .begin = {0}, .end = {0}};
}

void Dialect::check_numbers(const AxisWords& words) const {
  if (words.begin < 0 || words.end < 0)
    refuse("padding", fmt::format("has no negative padding {}:{}", words.begin, words.end));
}

Axis Dialect::conv(const AxisWords& words) const {
  Axis axis = words.axis;
  axis.in = words.source;
  axis.pad = pads_of(words, axis.in).begin;
  axis.out = windows(words);
  require_window(words, axis.out);
  return axis;
}

void Dialect::check_geometry(Direction, const Geometry& geometry, const ArraySizes&, const Settings&) const {
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis)
    for (const auto& [size, side] :
         {std::pair{geometry.axes[axis].in, "image"}, {geometry.axes[axis].out, "code"}})
      if (size == 0)
        refuse(fmt::format("axis {} {} size", axis, side), "has no arrays without pixels, and it is 0",
               "must be at least 1");
  for (const auto& [count, side] :
       {std::pair{geometry.in_channels, "image"}, {geometry.out_channels, "code"}})
    if (count == 0)
      refuse(fmt::format("{} channels", side), "has no arrays without channels, and there are 0",
             "must be at least 1");
}

bool Dialect::accepts_batch_axes(Direction, Index count) const { return count == 1; }

Index Dialect::result_channels(Direction direction, const Geometry& geometry) const {
  return direction == Direction::conv ? geometry.out_channels : geometry.in_channels;
}

std::string Dialect::gpu_only(const Geometry& geometry) {
  const bool dilated = is_dilated(geometry), grouped = geometry.groups != 1;
  if (!dilated && !grouped) return {};
  return fmt::format("{} here on a GPU only", dilated && grouped ? "groups and dilation"
                                              : grouped          ? "groups"
                                                                 : "dilation");
}

std::string Dialect::limits(Direction, const Geometry&, const Settings&) const { return {}; }
std::string Dialect::remark(Direction, const Geometry&, const Settings&) const { return {}; }

const Dialect& dialect(Convention convention) {
  switch (convention) {
    case Convention::native:
      return native_dialect();
    case Convention::pytorch:
      return pytorch_dialect();
    case Convention::tensorflow:
      return tensorflow_dialect();
    case Convention::keras:
      return keras_dialect();
    case Convention::theano:
      return theano_dialect();
    case Convention::onnx:
      return onnx_dialect();
    case Convention::onnx_reference:
      return onnx_reference_dialect();
    case Convention::jax:
      return jax_dialect();
  }
  return native_dialect();
}

}  // namespace fsconv
