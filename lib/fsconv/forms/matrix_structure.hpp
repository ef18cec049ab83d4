// What repeats in W: blocks of channels, and in each of them rows that move to the right.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace fsconv {

// Along one axis W has a row per code pixel and a column per image pixel, and
//     W(o + row_step, i + column_step) = W(o, i)        as far as both entries lie in W,
// since (o + row_step, i + column_step, k) solves the equation of a tap where (o, i, k) does. The steps are the
// stride down/up without what its numbers have in common: column_step/row_step.
struct AxisStructure {
  Index rows, columns;
  Index row_step, column_step;
  std::string stride;  // as people write it, not cancelled

  // Constant along every diagonal. Strided rows are not.
  bool toeplitz() const { return row_step == 1 && column_step == 1; }
};

// W is a grid of blocks, one for each pair of a code channel and an image channel; the blocks of channels in different
// groups are zero, so that with groups W is block diagonal. Inside a block every axis is a level: blocks in blocks,
// entries on the last one. What an axis says of rows and columns holds for the blocks of its level.
struct MatrixStructure {
  Direction map;  // whose matrix: W of conv, W^T of conv_transpose, the same with image and code exchanged
  Index block_rows, block_columns;  // code channels, image channels
  Index groups;
  std::vector<AxisStructure> axes;
};

// Of W^T, whose rows are image pixels, the same is true: it is the W of the geometry's transposed() one.
MatrixStructure structure_of(const Geometry& geometry, Direction map = Direction::conv);

// A few lines for people, the first with `title` in front, the others indented as far.
std::string text(const MatrixStructure& structure, const std::string& title);
void to_json(nlohmann::json& json, const MatrixStructure& structure);

}  // namespace fsconv
