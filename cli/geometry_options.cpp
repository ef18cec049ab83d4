// SPDX-License-Identifier: Apache-2.0
#include "geometry_options.hpp"

#include <fsconv/base/text.hpp>
#include <fsconv/conventions/geometry_words.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::cli {
namespace {

// Behind those that a case says are those of arrays and of whose words they are.
constexpr const char* names[] = {"input-size",  "kernel",
                                 "channels",    "stride",
                                 "padding",     "output-padding",
                                 "dilation",    "groups",
                                 "size",        "use-consistent-padding",
                                 "convention",  "flip",
                                 "data-format", "transpose-kernel"};
constexpr std::size_t said_by_case = 10;

Said said_in(const Options& options) {
  return [&options](std::string_view name) -> std::optional<std::string> {
    const std::string option(name);
    return options.has(option) ? std::optional(options.text(option)) : std::nullopt;
  };
}

void add_words_of_conv(OptionList& list) {
  list.value("convention", "NAME",
             "native (default), pytorch, tensorflow, keras, theano, onnx, onnx-reference or jax")
      .value("stride", "S[,S...]", "whole number or fraction: 2, 1/2, 2/3 (1); 2/2 is not 1")
      .value("padding", "P[,P...]", "P or BEGIN:END per axis, or valid, same, same_lower, full, half, causal")
      .value("dilation", "D[,D...]", "distance between taps (1)")
      .value("groups", "G", "groups of channels (1)");
}

void add_sizes(OptionList& list, const char* input_size) {
  list.value("input-size", "N[,N...]", input_size)
      .value("kernel", "K[,K...]", "filter size")
      .value("channels", "IMAGE,CODE", "channels of the image side and of the code side (1,1)")
      .value("case", "STRING", "all of a geometry in one word, as reports print it: oc16i28o14k4s2p1");
}

}  // namespace

void add_geometry_options(OptionList& list) {
  add_words_of_conv(list);
  list.value("output-padding", "P[,P]", "extra pixels at the end of a transposed convolution's output")
      .value("size", "N[,N...]", "size of a transposed convolution's output, or its whole shape")
      .value(
          "data-format", "NAME",
          "order of the axes as the system names it: NCHW, channels_first, or NHWC,HWIO,NHWC in jax and native")
      .value("flip", "true|false", "reverse the filter (the convention's rule)")
      .value("transpose-kernel", "true|false", "jax's conv_transpose: the filter is the forward one (false)")
      .value("use-consistent-padding", "true|false", "jax's conv_transpose: numbers pad the image (false)");
}

void add_size_options(OptionList& list) { add_sizes(list, "size of what the operator reads"); }

void add_convolution_options(OptionList& list) {
  add_words_of_conv(list);
  add_sizes(list, "size of the image: the geometry is said as that of a convolution");
}

std::span<const char* const> geometry_option_names() { return names; }
std::span<const char* const> names_said_by_case() { return std::span(names).first(said_by_case); }

Convention convention_of(const Options& options) {
  return named<Convention>(options.text("convention", "native"));
}

Settings settings_of(const Options& options) { return read_settings(said_in(options)); }

ArrayOrder order_of(const Options& options, Direction direction, std::size_t rank) {
  return array_order(convention_of(options), direction, rank, settings_of(options));
}

FilterUse filter_use_of(const Options& options, Direction direction, std::size_t rank) {
  return filter_use(convention_of(options), direction, rank, settings_of(options));
}

Direction direction_of(const Options& options, Direction otherwise) {
  if (!options.has("op")) return otherwise;
  return named<Direction>(options.text("op"));
}

ArraySizes sizes_of(const Options& options) { return read_sizes(said_in(options)); }

Geometry geometry_of(const Options& options, Direction direction) {
  const Settings settings =
      settings_of(options);  // what is given must be right, though a case needs none of it
  if (options.has("case")) {
    options.require_none_of(names, "--case says everything");
    return parse_case(options.text("case"));
  }
  return fsconv::geometry_of(convention_of(options), direction, sizes_of(options), settings);
}

}  // namespace fsconv::cli
