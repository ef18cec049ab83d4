// fsconv shape: the sizes of a convolution and its transpose, and why they are what they are.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/shape_report.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "filter_options.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"
#include "shape_stack.hpp"
#include "shape_text.hpp"

namespace fsconv::cli {
namespace {

using nlohmann::json;

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("op", "NAME", "conv_transpose (default: code to image) or conv (image to code)");
  add_geometry_options(list);
  add_size_options(list);
  list.value(
      "weight", "FILTER",
      "in place of kernel, stride and padding: nearest:F, bilinear:F, bicubic:F[:A] or lanczos:F[:LOBES], which "
      "enlarge by F (2, 3/2; 2,3 for two axes)");
  list.value(
          "stack", "LAYERS",
          "plan layers from --input-size on, and back, with what each sees of the image: c32k4s2p1,c64k3s3/2 "
          "(channels, kernel, stride, padding, d dilation, g groups; without p, sizes divided by the stride, "
          "rounding up); t32k4s2p1 is a transposed convolution (o output padding; without p, sizes multiplied; of a stride below 1 "
          "those that its convolution gives)")
      .value("pixel", "I[,J...]",
             "of --stack's last layer: what it sees of the image, and how much of that is padding");
  return list;
}

// Who did not say which operator is meant sees what a fractional stride could mean besides.
void print_readings(const Options& options) {
  if (options.has("op")) return;
  const auto readings = other_readings(convention_of(options), sizes_of(options), settings_of(options));
  if (readings.empty()) return;
  fmt::print("\nread as conv_transpose, for which stride {} shrinks; perhaps this is meant:\n",
             options.text("stride"));
  for (const Reading& reading : readings) fmt::print("  {:<24}  {}\n", reading.words, reading.way);
}

void print_onnx_difference(const Options& options, const Geometry& geometry, Direction direction) {
  const std::string said =
      onnx_difference(convention_of(options), direction, geometry, sizes_of(options), settings_of(options));
  if (!said.empty()) print_wrapped("\n" + said, 2);
}

// `taps` of each axis, of a fixed filter; empty for any other.
void print(const Geometry& geometry, Direction direction, const std::vector<SaidPadding>& said,
           const std::vector<std::vector<double>>& taps, const FilterUse& use) {
  const bool transposed = direction == Direction::conv_transpose;
  const std::string image = space(geometry.image_shape()), code = space(geometry.code_shape());
  print_wrapped(fmt::format("{}  {} -> {}", transposed ? "conv_transpose" : "conv", transposed ? code : image,
                            transposed ? image : code),
                2);
  print_wrapped(fmt::format("weight  {}    nonzeros of W  {}", fmt::join(geometry.weight_shape(), " x "),
                            nonzeros(geometry)),
                2);
  fmt::print("case  {}\n", print_case(geometry));
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis) {
    if (axis > 0 && geometry.axes[axis] == geometry.axes[axis - 1] && said[axis] == said[axis - 1] &&
        taps[axis] == taps[axis - 1]) {
      fmt::print("\naxis {}  the same\n", axis);
      continue;
    }
    fmt::print("\naxis {}\n", axis);
    for (const std::string& line : explain(geometry.axes[axis], said[axis], taps[axis], use.reversed))
      print_wrapped("  " + line, 18);
  }
}

// The taps of a fixed filter, axis by axis.
std::vector<std::vector<double>> taps_of(const FixedFilter& filter, std::size_t rank) {
  std::vector<std::vector<double>> axes;
  for (const Stride& factor : one_per("weight", filter.factors, rank))
    axes.push_back(axis_filter(filter, factor).weights);
  return axes;
}

void print_filter(const FixedFilter& filter, const std::vector<std::vector<double>>& axes,
                  const Geometry& geometry, Direction direction) {
  fmt::print("\n{}\n", text(filter));
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (axis > 0 && axes[axis] == axes[axis - 1]) continue;
    constexpr std::size_t shown = 24;
    std::string taps;
    for (std::size_t k = 0; k < std::min(axes[axis].size(), shown); ++k)
      taps += fmt::format(" {:.6g}", axes[axis][k]);
    if (axes[axis].size() > shown)
      taps += fmt::format(" ... {} in all (--json shows them)", axes[axis].size());
    print_wrapped(fmt::format("  taps of axis {} {}", axis, taps), 6);
  }
  if (const std::string said = filter_remark(filter, direction, geometry); !said.empty())
    print_wrapped("  " + said, 6);
}

int run(const Options& options) {
  if (options.has("stack")) return run_stack(options);
  constexpr const char* of_stacks[] = {"pixel"};
  options.require_none_of(of_stacks, "it belongs to --stack");
  const Direction direction = direction_of(options, Direction::conv_transpose);
  const std::optional<FixedFilter> filter = filter_of(options);
  if (options.has("weight") && !filter)
    throw InvalidArgument("weight", fmt::format("'{}' is no fixed filter", options.text("weight")),
                          "shape reads no files; write one like bilinear:2, or --kernel for any other");
  const bool in_words = !options.has("case");
  Settings settings = settings_of(options);
  Geometry geometry;
  if (filter) {
    FilterCall call = filter_call_of(options, direction, *filter);
    settings = std::move(call.settings);
    geometry = std::move(call.geometry);
  } else {
    geometry = geometry_of(options, direction);
  }
  const std::vector<SaidPadding> padding =
      in_words ? said_padding(convention_of(options), direction, geometry, settings)
               : std::vector<SaidPadding>(geometry.axes.size());
  const std::vector<std::vector<double>> taps = filter
                                                    ? taps_of(*filter, geometry.axes.size())
                                                    : std::vector<std::vector<double>>(geometry.axes.size());
  // Reversed, a fixed filter is the same.
  const FilterUse use = filter ? FilterUse{} : filter_use_of(options, direction, geometry.axes.size());
  if (options.has("json")) {
    json answer = shape_json(geometry, direction, padding, use);
    if (filter) answer["filter"] = {{"name", text(*filter)}, {"taps", taps}};
    print_json(answer, 2);
    return 0;
  }
  print(geometry, direction, padding, taps, use);
  if (filter) print_filter(*filter, taps, geometry, direction);
  if (in_words) {
    if (const std::string said = remark(convention_of(options), direction, geometry, settings); !said.empty())
      print_wrapped("\n" + said, 2);
    if (!filter) {
      print_readings(options);
      print_onnx_difference(options, geometry, direction);
    }
  }
  print_wrapped(
      fmt::format("\nthe same elsewhere (x is what is read, w the filter, in the system's {})",
                  options.has("data-format") ? "usual order, not in that of --data-format" : "order"),
      2);
  print_equivalents(geometry, direction, use);
  return 0;
}

}  // namespace

Command shape_command() {
  return {
      "shape",
      "sizes of a convolution and its transpose, and why",
      "  fsconv shape --input-size N --kernel K [options]\n"
      "  fsconv shape --weight FILTER --input-size N [options]\n"
      "  fsconv shape --stack LAYERS --input-size N [--pixel I] [options]\n\n"
      "Says what size comes out, every size that could, the arithmetic in words, and the code that computes exactly "
      "the same in the other systems (or why there is none). Of a stack: the receptive field of every layer, exactly, "
      "also behind transposed and rational strides, where it depends on the phase.",
      "  fsconv shape --input-size 14,14 --kernel 4 --stride 2 --padding 1\n"
      "  fsconv shape --convention tensorflow --input-size 7,7 --kernel 3 --stride 2 --padding same --size 14,14\n"
      "  fsconv shape --op conv --input-size 28,28 --kernel 5 --stride 2/3 --padding 2\n"
      "  fsconv shape --weight bilinear:2 --input-size 14,14\n"
      "  fsconv shape --stack c32k4s2p1,c64k3s2p1 --input-size 29,29\n"
      "  fsconv shape --stack c8k4s2p1,c8k3s2p1,t8k4s2p1,t1k3s3/2 --input-size 64 --pixel 0\n",
      options,
      run};
}

}  // namespace fsconv::cli
