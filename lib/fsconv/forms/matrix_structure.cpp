// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/forms/matrix_structure.hpp>
#include <nlohmann/json.hpp>

namespace fsconv {
namespace {

// "row o+1 is row o moved right by 2 (inside W)": what enters at the left edge may be a tap that was cut before.
std::string moved(const AxisStructure& axis, bool innermost, Direction map) {
  const char* row = innermost ? "row" : "block row";
  const bool conv = map == Direction::conv;
  const char pixel = conv ? 'o' : 'i';
  return fmt::format("{} {}+{} is {} {} moved right by {} (inside {})", row, pixel, axis.row_step, row, pixel,
                     axis.column_step, conv ? "W" : "W^T");
}

}  // namespace

MatrixStructure structure_of(const Geometry& of, Direction map) {
  const Geometry geometry = map == Direction::conv ? of : of.transposed();
  MatrixStructure structure{.map = map,
                            .block_rows = geometry.out_channels,
                            .block_columns = geometry.in_channels,
                            .groups = geometry.groups,
                            .axes = {}};
  for (const Axis& axis : geometry.axes)
    structure.axes.push_back({.rows = axis.out,
                              .columns = axis.in,
                              .row_step = axis.code_step(),
                              .column_step = axis.image_step(),
                              .stride = stride_text(axis)});
  return structure;
}

std::string text(const MatrixStructure& structure, const std::string& title) {
  const std::string indent(title.size(), ' ');
  const bool one = structure.block_rows == 1 && structure.block_columns == 1;
  const bool conv = structure.map == Direction::conv;
  std::string lines =
      one ? fmt::format("{}one block: one code channel, one image channel\n", title)
          : fmt::format("{}{} x {} blocks, one for each pair of {} channel\n", title, structure.block_rows,
                        structure.block_columns, conv ? "code and image" : "image and code");
  if (structure.groups > 1)
    lines += fmt::format("{}zero between the {} groups: block diagonal, {} x {} blocks a group\n", indent,
                         structure.groups, structure.block_rows / structure.groups,
                         structure.block_columns / structure.groups);
  for (std::size_t at = 0; at < structure.axes.size(); ++at) {
    const AxisStructure& axis = structure.axes[at];
    const bool innermost = at + 1 == structure.axes.size();
    lines += fmt::format("{}axis {}, stride {}: {} x {} {}{}\n", indent, at, axis.stride, axis.rows,
                         axis.columns, innermost ? "entries" : "blocks",
                         axis.toeplitz() ? ", Toeplitz: constant along diagonals" : "");
    if (!axis.toeplitz() && axis.rows > axis.row_step)
      lines += fmt::format("{}  {}\n", indent, moved(axis, innermost, structure.map));
  }
  return lines;
}

void to_json(nlohmann::json& json, const MatrixStructure& structure) {
  nlohmann::json axes = nlohmann::json::array();
  for (const AxisStructure& axis : structure.axes)
    axes.push_back({{"rows", axis.rows},
                    {"columns", axis.columns},
                    {"stride", axis.stride},
                    {"row_step", axis.row_step},
                    {"column_step", axis.column_step},
                    {"toeplitz", axis.toeplitz()}});
  json = {{"block_rows", structure.block_rows},
          {"block_columns", structure.block_columns},
          {"groups", structure.groups},
          {"axes", axes}};
}

}  // namespace fsconv
