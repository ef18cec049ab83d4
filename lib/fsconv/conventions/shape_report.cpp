// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/arithmetic.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/conventions/shape_report.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv {
namespace {

using nlohmann::json;

// A line of text can ask for millions of them, of one axis.
constexpr Index most_phases = 4096;

json axis_json(const Axis& axis, const SaidPadding& said) {
  if (const Index phases = std::min(axis.image_step(), axis.in); phases > most_phases)
    throw InvalidArgument(
        "stride", fmt::format("gives an axis {} phases", phases),
        fmt::format("JSON lists the taps of each, and of {} at most; the text needs no list", most_phases));
  const AxisArithmetic a = arithmetic(axis, said);
  return {{"image", axis.in},
          {"code", axis.out},
          {"taps", axis.taps},
          {"stride", stride_text(axis)},
          {"dilation", axis.dilation},
          {"pad_begin", axis.pad},
          {"pad_end", axis.pad_end()},
          {"padding_end", a.padding_end},
          {"natural_size", a.natural},
          {"zeros_between", a.zeros_between},
          {"zeros_begin", a.zeros_begin},
          {"zeros_end", a.zeros_end},
          {"smallest_image", a.images.smallest},
          {"largest_image", a.images.largest},
          {"overlap", overlap_by_phase(axis)},
          {"interior_overlap", interior_overlap(axis)},
          {"relation", a.relation}};
}

std::string strides_text(const std::vector<Stride>& strides) {
  std::vector<std::string> texts;
  for (const Stride& stride : strides) texts.push_back(text(stride));
  return fmt::format("{}", fmt::join(texts, ","));
}

}  // namespace

json shape_json(const Geometry& geometry, Direction direction, const std::vector<SaidPadding>& said,
                const FilterUse& filter) {
  json axes = json::array();
  for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis)
    axes.push_back(axis_json(geometry.axes[axis], said.empty() ? SaidPadding{} : said[axis]));
  json others = json::object();
  for (const Equivalent& other : equivalents(geometry, direction, filter)) {
    json& entry = others[std::string(name(other.convention))];
    entry = {{"exists", other.exists}, {"text", other.text}};
    if (!other.remark.empty()) entry["remark"] = other.remark;
    if (!other.limits.empty()) entry["limits"] = other.limits;
  }
  return {{"op", std::string(name(direction))},
          {"case", print_case(geometry)},
          {"image_shape", geometry.image_shape()},
          {"code_shape", geometry.code_shape()},
          {"weight_shape", geometry.weight_shape()},
          {"axes", axes},
          {"equivalents", others}};
}

std::string way(const Geometry& geometry, Direction direction) {
  std::vector<Index> image, code;
  for (const Axis& axis : geometry.axes) {
    image.push_back(axis.in);
    code.push_back(axis.out);
  }
  if (direction == Direction::conv_transpose) std::swap(image, code);
  return fmt::format("{} -> {}", fmt::join(image, " x "), fmt::join(code, " x "));
}

std::vector<Reading> other_readings(Convention convention, const ArraySizes& sizes,
                                    const Settings& settings) {
  const auto fractional = [](const Stride& stride) { return stride.up > stride.down; };
  if (std::none_of(settings.stride.begin(), settings.stride.end(), fractional)) return {};
  std::vector<Reading> readings;
  const auto add = [&](const std::string& words, Direction direction, const Settings& meant) {
    try {
      readings.push_back({words, way(geometry_of(convention, direction, sizes, meant), direction)});
    } catch (const InvalidArgument&) {
      // this reading is none under the other settings
    }
  };
  add(fmt::format("--op conv --stride {}", strides_text(settings.stride)), Direction::conv, settings);
  Settings inverse = settings;
  for (Stride& stride : inverse.stride) std::swap(stride.down, stride.up);
  add(fmt::format("--stride {}", strides_text(inverse.stride)), Direction::conv_transpose, inverse);
  return readings;
}

std::string onnx_difference(Convention convention, Direction direction, const Geometry& geometry,
                            const ArraySizes& sizes, const Settings& settings) {
  if (convention != Convention::onnx && convention != Convention::onnx_reference) return {};
  const Convention other = convention == Convention::onnx ? Convention::onnx_reference : Convention::onnx;
  std::string difference;
  try {
    const Geometry theirs = geometry_of(other, direction, sizes, settings);
    if (theirs == geometry) return {};
    std::vector<Index> pads;
    for (const Axis& axis : theirs.axes) pads.push_back(axis.pad);
    difference =
        fmt::format("has {} with {} in front of the image", way(theirs, direction), fmt::join(pads, ", "));
  } catch (const InvalidArgument& refused) {
    difference = fmt::format("refuses: {}", refused.what());
  }
  return fmt::format("{} {} (--convention {})",
                     convention == Convention::onnx ? "ONNX's own formula" : "ONNX Runtime", difference,
                     name(other));
}

}  // namespace fsconv
