// What is said about the structure of W, checked on the entries of W itself.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/forms/matrix_report.hpp>
#include <fsconv/forms/matrix_structure.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "support/geometries.hpp"

using namespace fsconv;

namespace {

// W with the numbers of its weights, from 1 on, as a dense array [code channel, code..., image channel, image...]:
// equal entries are the same weight.
Tensor<double> dense(const Geometry& g) {
  Tensor<double> numbers(g.weight_shape());
  std::iota(numbers.begin(), numbers.end(), 1.0);
  const arma::sp_mat w = matrix::build(g, numbers);
  Tensor<double> entries({static_cast<Index>(w.n_rows), static_cast<Index>(w.n_cols)});
  for (arma::uword column = 0; column < w.n_cols; ++column)
    for (arma::uword at = w.col_ptrs[column]; at < w.col_ptrs[column + 1]; ++at)
      entries[static_cast<Index>(w.row_indices[at] * w.n_cols + column)] = w.values[at];
  return entries;
}

struct Place {
  Index channel;
  Index3 pixel;
};

// Where a row or column of W stands: channels, then axes, last fastest.
Place place(Index at, const Index3& extents) {
  return {at / volume(extents),
          {at / (extents[1] * extents[2]) % extents[0], at / extents[2] % extents[1], at % extents[2]}};
}

// Whether the entries of `w` are as the structure says, every one of them with its neighbour a step
// further along every axis.
bool is_so(const MatrixStructure& s, const Tensor<double>& w) {
  Index3 out{1, 1, 1}, in{1, 1, 1}, row_step{1, 1, 1}, column_step{1, 1, 1};
  const std::size_t first = 3 - s.axes.size();
  for (std::size_t axis = 0; axis < s.axes.size(); ++axis) {
    out[first + axis] = s.axes[axis].rows;
    in[first + axis] = s.axes[axis].columns;
    row_step[first + axis] = s.axes[axis].row_step;
    column_step[first + axis] = s.axes[axis].column_step;
  }
  const Index rows = s.block_rows * volume(out), columns = s.block_columns * volume(in);
  if (w.shape() != Shape{rows, columns}) return false;
  for (Index row = 0; row < rows; ++row)
    for (Index column = 0; column < columns; ++column) {
      const Place o = place(row, out), i = place(column, in);
      const bool same_group =
          o.channel / (s.block_rows / s.groups) == i.channel / (s.block_columns / s.groups);
      if (!same_group && w[row * columns + column] != 0) return false;
      for (std::size_t axis = first; axis < 3; ++axis) {
        Index3 later_o = o.pixel, later_i = i.pixel;
        later_o[axis] += row_step[axis];
        later_i[axis] += column_step[axis];
        if (later_o[axis] >= out[axis] || later_i[axis] >= in[axis]) continue;
        const Index later_row = o.channel * volume(out) + flatten(later_o, out);
        const Index later_column = i.channel * volume(in) + flatten(later_i, in);
        if (w[row * columns + column] != w[later_row * columns + later_column]) return false;
      }
    }
  return true;
}

// Along a single axis and between single channels: whether every diagonal is constant.
bool is_toeplitz(const Tensor<double>& w) {
  const Index rows = w.shape()[0], columns = w.shape()[1];
  for (Index row = 1; row < rows; ++row)
    for (Index column = 1; column < columns; ++column)
      if (w[row * columns + column] != w[(row - 1) * columns + column - 1]) return false;
  return true;
}

}  // namespace

TEST_CASE("matrix structure: what is said of W is so, on every corner and many random geometries") {
  Random random(1);
  std::vector<Geometry> geometries = test::corner_geometries();
  for (int trial = 0; trial < 200; ++trial) geometries.push_back(test::random_geometry(random));
  for (const Geometry& g : geometries) {
    INFO(print_case(g));
    const Tensor<double> w = dense(g);
    CHECK(is_so(structure_of(g), w));
    CHECK(is_so(structure_of(g, Direction::conv_transpose), permute(w, {1, 0})));
  }
  const Geometry g = parse_case("i6o3k3s2p1");  // what is said of W is not so of W^T
  CHECK_FALSE(is_so(structure_of(g), permute(dense(g), {1, 0})));
  CHECK(text(structure_of(g, Direction::conv_transpose), "")
            .find("row i+2 is row i moved right by 1 (inside W^T)") != std::string::npos);
}

TEST_CASE(
    "matrix structure: a W with one entry elsewhere, or said of another stride or other groups, is noticed") {
  const Geometry g = parse_case("g2ic2oc4i9x8o4x4k3s2p1");
  const Tensor<double> w = dense(g);
  REQUIRE(is_so(structure_of(g), w));
  // Along the last axis of 4 x 8, entries of these rows and columns have a neighbour; a corner may have none.
  Index noticed = 0, tried = 0;
  for (Index at = 0; at < w.size(); at += 7) {
    const Index o = at / w.shape()[1] % 4, i = at % w.shape()[1] % 8;
    if (o == 0 || i < 2) continue;
    Tensor<double> wrong = w;
    wrong[at] = w[at] == 0 ? 1 : 0;
    noticed += !is_so(structure_of(g), wrong);
    ++tried;
  }
  CHECK(tried > 500);
  CHECK(noticed == tried);
  MatrixStructure toeplitz = structure_of(g);  // what was said before: every axis moves by one
  for (AxisStructure& axis : toeplitz.axes) axis.column_step = 1;
  CHECK_FALSE(is_so(toeplitz, w));
  MatrixStructure more_groups = structure_of(parse_case("ic2oc4i9x8o4x4k3s2p1"));
  more_groups.groups = 2;
  CHECK_FALSE(is_so(more_groups, dense(parse_case("ic2oc4i9x8o4x4k3s2p1"))));
  MatrixStructure finer = structure_of(parse_case("i8o8k3s3/2p1"));
  std::swap(finer.axes[0].row_step, finer.axes[0].column_step);
  CHECK_FALSE(is_so(finer, dense(parse_case("i8o8k3s3/2p1"))));
}

TEST_CASE("matrix structure: Toeplitz is said where every diagonal is constant, and not of a strided W") {
  Random random(2);
  int strided = 0, not_toeplitz = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Geometry g = test::random_geometry(random);
    g.axes.resize(1);
    g.in_channels = g.out_channels = g.groups = 1;
    INFO(print_case(g));
    const bool said = structure_of(g).axes[0].toeplitz();
    if (said) CHECK(is_toeplitz(dense(g)));
    strided += !said;
    not_toeplitz += !said && !is_toeplitz(dense(g));
  }
  CHECK(not_toeplitz > strided / 2);  // not all: a W of one row has no diagonal to break
  CHECK_FALSE(is_toeplitz(dense(parse_case("i6o3k3s2p1"))));
  CHECK(
      structure_of(parse_case("i6o6k3s2/2p1")).axes[0].toeplitz());  // 2/2 is not stride 1, and yet Toeplitz
  CHECK(is_toeplitz(dense(parse_case("i6o6k3s2/2p1"))));
}

TEST_CASE("matrix structure: in words and in JSON, of unequal strides and two groups") {
  const MatrixStructure s = structure_of(parse_case("g2ic4oc6i9x8x4o4x8x5k3s2x1x3/2p1"));
  CHECK(text(s, "structure   ") ==
        "structure   6 x 4 blocks, one for each pair of code and image channel\n"
        "            zero between the 2 groups: block diagonal, 3 x 2 blocks a group\n"
        "            axis 0, stride 2: 4 x 9 blocks\n"
        "              block row o+1 is block row o moved right by 2 (inside W)\n"
        "            axis 1, stride 1: 8 x 8 blocks, Toeplitz: constant along diagonals\n"
        "            axis 2, stride 3/2: 5 x 4 entries\n"
        "              row o+2 is row o moved right by 3 (inside W)\n");
  CHECK(text(structure_of(parse_case("i6o3k3s2p1")), "") ==
        "one block: one code channel, one image channel\n"
        "axis 0, stride 2: 3 x 6 entries\n"
        "  row o+1 is row o moved right by 2 (inside W)\n");
  const nlohmann::json json = s;
  CHECK(json["block_rows"] == 6);
  CHECK(json["block_columns"] == 4);
  CHECK(json["groups"] == 2);
  CHECK(json["axes"][0] == nlohmann::json{{"rows", 4},
                                          {"columns", 9},
                                          {"stride", "2"},
                                          {"row_step", 1},
                                          {"column_step", 2},
                                          {"toeplitz", false}});
  CHECK(json["axes"][1]["toeplitz"] == true);
  CHECK(json["axes"][2]["row_step"] == 2);
  CHECK(json["axes"][2]["column_step"] == 3);
}

TEST_CASE("matrix structure: the report of a strided W does not call it Toeplitz, that of a plain one does") {
  Random random(3);
  const auto report_of = [&](const char* name) {
    const Geometry g = parse_case(name);
    return build_and_time(g, random_reals<double>(g.weight_shape(), random));
  };
  CHECK(text(report_of("i8x8o4x4k4s2p1")).find("Toeplitz") == std::string::npos);
  CHECK(text(report_of("i4x4o2x2k3")).find("Toeplitz") != std::string::npos);
  const nlohmann::json json = report_of("i8x8o4x4k4s2p1");
  CHECK(json["structure"]["axes"][0]["column_step"] == 2);
  CHECK_FALSE(json.contains("toeplitz_levels"));
}

TEST_CASE("matrix: a side without pixels or channels makes a W without rows or columns") {
  for (const auto& [name, rows, columns] : {std::tuple{"i0o0k3", 0, 0},
                                            {"i0o2k3p2", 2, 0},
                                            {"i5o0k3", 0, 5},
                                            {"ic0oc2i5o3k3", 6, 0},
                                            {"ic2oc0i5x4o3x2k3", 0, 40},
                                            {"ic2oc4g2i0x4o3x2k3s2/2", 24, 0}}) {
    INFO(name);
    const Geometry g = parse_case(name);
    const MatrixReport report = build_and_time(g, Tensor<double>(g.weight_shape()));
    CHECK(report.rows == rows);
    CHECK(report.columns == columns);
    CHECK(report.nonzeros == 0);
    CHECK(report.density() == 0);
    CHECK(report.empty_rows == rows);
    CHECK(report.empty_columns == columns);
    CHECK(report.row_most == 0);
    CHECK(report.column_least == 0);
    CHECK(static_cast<Index>(report.w.n_rows) == rows);
    CHECK(static_cast<Index>(report.w.n_cols) == columns);
    CHECK_FALSE(text(report).empty());
    CHECK(nlohmann::json(report)["density"] == 0.0);
    const std::vector<double> ones(static_cast<std::size_t>(rows + columns), 1);
    std::vector<double> wx(static_cast<std::size_t>(rows), 7), wty(static_cast<std::size_t>(columns), 7);
    matrix::multiply(report.w, ones.data(), wx.data(), 3);
    matrix::multiply_transposed(report.w, ones.data(), wty.data(), 3);
    CHECK(std::count(wx.begin(), wx.end(), 0.0) == rows);
    CHECK(std::count(wty.begin(), wty.end(), 0.0) == columns);
  }
}
