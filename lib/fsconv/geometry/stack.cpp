#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/stack.hpp>

namespace fsconv {
namespace {

Axis plan_axis(const std::string& layer, Index size, const LayerSpec& spec) {
  Axis axis{.in = size,
            .out = 1,
            .taps = spec.kernel,
            .down = spec.stride.down,
            .up = spec.stride.up,
            .dilation = spec.dilation};
  if (spec.kernel < 1)
    throw InvalidArgument(layer + " kernel", fmt::format("is {}", spec.kernel), "must be at least 1");
  check(axis, layer, 1);
  if (!spec.padding) {
    axis.pad = std::max<Index>(floor_div(axis.extent() + axis.up - axis.down, 2), 0);
    axis.out = same_code_size(axis, size);
    check(axis, layer, 1);
    return axis;
  }
  axis.pad = *spec.padding;
  if (axis.pad < 0)
    throw InvalidArgument(layer + " padding", fmt::format("is {}", axis.pad), "must be at least 0");
  check(axis, layer, 1);
  axis.out = code_size(axis, size, axis.pad, axis.pad);
  if (axis.out < 1)
    throw InvalidArgument(layer + " kernel",
                          fmt::format("covers {} pixels, more than its padded image has: {}", axis.extent(),
                                      stretched(size, axis.up) + 2 * axis.pad),
                          "make the kernel smaller or the padding larger");
  check(axis, layer, 1);
  return axis;
}

void require_groups(const std::string& layer, Index image_channels, const LayerSpec& spec) {
  if (spec.groups < 1)
    throw InvalidArgument(layer + " groups", fmt::format("is {}", spec.groups), "must be at least 1");
  if (image_channels % spec.groups != 0 || spec.channels % spec.groups != 0)
    throw InvalidArgument(layer + " groups", fmt::format("is {}", spec.groups),
                          fmt::format("must divide its image channels {} and its code channels {}",
                                      image_channels, spec.channels));
}

LayerSpec parse_layer(const std::string& word) {
  constexpr auto legal =
      "write layers like c32k4s2p1,c64k3s3/2: channels, kernel, stride, padding, d for dilation, g for "
      "groups";
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
      default:
        throw InvalidArgument("stack", fmt::format("'{}' cannot be read", word), legal);
    }
  }
  if (seen.find('c') == std::string::npos || seen.find('k') == std::string::npos)
    throw InvalidArgument("stack", fmt::format("'{}' lacks c or k", word), legal);
  return layer;
}

}  // namespace

std::vector<LayerSpec> parse_layers(std::string_view text) {
  std::vector<LayerSpec> layers;
  for (const std::string& word : split(text, ',')) layers.push_back(parse_layer(word));
  return layers;
}

std::vector<Geometry> plan_stack(Index image_channels, const Shape& image_size,
                                 const std::vector<LayerSpec>& layers) {
  if (layers.empty()) throw InvalidArgument("layers", "there are none", "give at least one");
  std::vector<Geometry> stack;
  Index channels = image_channels;
  Shape sizes = image_size;
  for (const LayerSpec& spec : layers) {
    const std::string layer = fmt::format("layer {}", stack.size() + 1);
    if (spec.channels < 1)
      throw InvalidArgument(layer + " channels", fmt::format("is {}", spec.channels), "must be at least 1");
    require_groups(layer, channels, spec);
    Geometry geometry{
        .axes = {}, .in_channels = channels, .out_channels = spec.channels, .groups = spec.groups};
    for (Index& size : sizes) {
      geometry.axes.push_back(plan_axis(layer, size, spec));
      size = geometry.axes.back().out;
    }
    check_filled(geometry);
    channels = spec.channels;
    stack.push_back(std::move(geometry));
  }
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
