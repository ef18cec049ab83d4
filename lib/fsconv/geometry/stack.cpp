// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/stack.hpp>

namespace fsconv {
namespace {

// Stride, kernel, dilation and padding; one pixel on either side.
Axis axis_of(const std::string& layer, const LayerSpec& spec) {
  Axis axis{.taps = spec.kernel, .down = spec.stride.down, .up = spec.stride.up, .dilation = spec.dilation};
  if (spec.kernel < 1)
    throw InvalidArgument(layer + " kernel", fmt::format("is {}", spec.kernel), "must be at least 1");
  check(axis, layer, 1);
  axis.pad = spec.padding.value_or(std::max<Index>(floor_div(axis.extent() + axis.up - axis.down, 2), 0));
  if (axis.pad < 0)
    throw InvalidArgument(layer + " padding", fmt::format("is {}", axis.pad), "must be at least 0");
  check(axis, layer, 1);
  return axis;
}

Axis plan_conv(const std::string& layer, Index size, const LayerSpec& spec) {
  Axis axis = axis_of(layer, spec);
  axis.in = size;
  check(axis, layer, 1);
  axis.out = spec.padding ? code_size(axis, size, axis.pad, axis.pad) : same_code_size(axis, size);
  if (axis.out < 1)
    throw InvalidArgument(layer + " kernel",
                          fmt::format("covers {} pixels, more than its padded image has: {}", axis.extent(),
                                      stretched(size, axis.up) + 2 * axis.pad),
                          "make the kernel smaller or the padding larger");
  check(axis, layer, 1);
  return axis;
}

Axis plan_conv_transpose(const std::string& layer, Index size, const LayerSpec& spec) {
  Axis axis = axis_of(layer, spec);
  axis.out = size;
  check(axis, layer, 1);
  const SizeRange sizes =
      spec.padding ? image_sizes(axis, size, axis.pad, axis.pad) : same_image_sizes(axis, size);
  if (sizes.empty())
    throw InvalidArgument(layer + " size",
                          fmt::format("no image has {} pixels after a convolution of stride {}{}", size,
                                      stride_text(axis), spec.padding ? " with this padding" : ""),
                          axis.pad > 0 ? "pad less or change the stride" : "use another size or stride");
  const Index room = sizes.largest - sizes.smallest;
  if (spec.output_padding < 0 || spec.output_padding > (spec.padding ? room : 0))
    throw InvalidArgument(
        layer + " output padding", fmt::format("is {}", spec.output_padding),
        spec.padding ? fmt::format("must be from 0 to {}", room) : std::string("say the padding, too"));
  axis.in = spec.padding ? sizes.smallest + spec.output_padding : sizes.largest;
  check(axis, layer, 1);
  return axis;
}

void require_groups(const std::string& layer, Index channels, const LayerSpec& spec) {
  if (spec.groups < 1)
    throw InvalidArgument(layer + " groups", fmt::format("is {}", spec.groups), "must be at least 1");
  const bool reads_image = spec.direction == Direction::conv;
  if (channels % spec.groups != 0 || spec.channels % spec.groups != 0)
    throw InvalidArgument(
        layer + " groups", fmt::format("is {}", spec.groups),
        fmt::format("must divide its image channels {} and its code channels {}",
                    reads_image ? channels : spec.channels, reads_image ? spec.channels : channels));
}

LayerSpec parse_layer(const std::string& word) {
  constexpr auto legal =
      "write layers like c32k4s2p1,c64k3s3/2: channels, kernel, stride, padding, d for dilation, g for "
      "groups; t32k4s2p1 is a transposed convolution, o its output padding";
  LayerSpec layer;
  std::string seen;
  for (std::size_t at = 0; at < word.size();) {
    const char key = word[at++];
    const std::size_t end = std::min(word.find_first_not_of("0123456789/", at), word.size());
    const std::string text = word.substr(at, end - at);
    at = end;
    if (seen.find(key) != std::string::npos)
      throw InvalidArgument("stack", fmt::format("'{}' says {} twice", word, key), legal);
    seen += key;
    if (key == 's' && !text.empty()) {
      layer.stride = parse_stride(text).front();
      continue;
    }
    const auto value = to_integer(text);
    if (!value) throw InvalidArgument("stack", fmt::format("'{}': {}", word, not_an_integer(text)), legal);
    switch (key) {
      case 't':
        layer.direction = Direction::conv_transpose;
        [[fallthrough]];
      case 'c':
        layer.channels = *value;
        break;
      case 'k':
        layer.kernel = *value;
        break;
      case 'p':
        layer.padding = *value;
        break;
      case 'd':
        layer.dilation = *value;
        break;
      case 'g':
        layer.groups = *value;
        break;
      case 'o':
        layer.output_padding = *value;
        break;
      default:
        throw InvalidArgument("stack", fmt::format("'{}' cannot be read", word), legal);
    }
  }
  const auto says = [&](char key) { return seen.find(key) != std::string::npos; };
  if (says('c') && says('t'))
    throw InvalidArgument("stack", fmt::format("'{}' says both c and t", word), legal);
  if (!(says('c') || says('t')) || !says('k'))
    throw InvalidArgument("stack", fmt::format("'{}' lacks c or k", word), legal);
  if (says('o') && !says('t'))
    throw InvalidArgument("stack", fmt::format("'{}': only a transposed convolution has o", word), legal);
  return layer;
}

}  // namespace

std::vector<LayerSpec> parse_layers(std::string_view text) {
  std::vector<LayerSpec> layers;
  for (const std::string& word : split(text, ',')) layers.push_back(parse_layer(word));
  return layers;
}

std::vector<StackLayer> plan_layers(Index channels, const Shape& size, const std::vector<LayerSpec>& layers) {
  if (layers.empty()) throw InvalidArgument("layers", "there are none", "give at least one");
  std::vector<StackLayer> stack;
  Shape sizes = size;
  for (const LayerSpec& spec : layers) {
    const std::string layer = fmt::format("layer {}", stack.size() + 1);
    const bool transposed = spec.direction == Direction::conv_transpose;
    if (spec.channels < 1)
      throw InvalidArgument(layer + " channels", fmt::format("is {}", spec.channels), "must be at least 1");
    require_groups(layer, channels, spec);
    Geometry geometry{
        .axes = {}, .in_channels = channels, .out_channels = spec.channels, .groups = spec.groups};
    if (transposed) std::swap(geometry.in_channels, geometry.out_channels);
    for (Index& length : sizes) {
      const Axis axis =
          transposed ? plan_conv_transpose(layer, length, spec) : plan_conv(layer, length, spec);
      length = transposed ? axis.in : axis.out;
      geometry.axes.push_back(axis);
    }
    check_filled(geometry);
    channels = spec.channels;
    stack.push_back({std::move(geometry), spec.direction});
  }
  return stack;
}

std::vector<Geometry> plan_stack(Index image_channels, const Shape& image_size,
                                 const std::vector<LayerSpec>& layers) {
  std::vector<Geometry> stack;
  for (std::size_t at = 0; at < layers.size(); ++at)
    if (layers[at].direction == Direction::conv_transpose)
      throw InvalidArgument(fmt::format("layer {}", at + 1), "is a transposed convolution",
                            "an encoder has none; its decoder transposes its layers");
  for (StackLayer& layer : plan_layers(image_channels, image_size, layers))
    stack.push_back(std::move(layer.geometry));
  return stack;
}

Geometry linear_geometry(Index image_channels, const Shape& image_size, Index latent) {
  if (latent < 1) throw InvalidArgument("latent", fmt::format("is {}", latent), "must be at least 1");
  Geometry geometry{.axes = {}, .in_channels = image_channels, .out_channels = latent};
  for (Index size : image_size) geometry.axes.push_back({.in = size, .out = 1, .taps = size});
  check_filled(geometry);
  return geometry;
}

bool is_linear(const Geometry& geometry) {
  return geometry.groups == 1 &&
         std::all_of(geometry.axes.begin(), geometry.axes.end(), [](const Axis& axis) {
           return axis.out == 1 && axis.taps == axis.in && axis.pad == 0 && axis.up == 1 &&
                  axis.dilation == 1;
         });
}

}  // namespace fsconv
