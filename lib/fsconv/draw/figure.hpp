// Drawings of what a convolution and its transpose do, made from the equation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/convention.hpp>
#include <fsconv/draw/scene.hpp>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::draw {

// The ways to see one map. Each result pixel gathers what its taps reach (gather); each source pixel is multiplied with
// the whole filter and added where that lies (scatter); the source is spread with zeros and padded, and the filter slides
// over it (zeros); pixels of one phase are a small convolution with every s-th tap (phases); the matrix W, of which conv
// reads a row and conv_transpose a column (matrix); how many taps reach each image pixel (overlap).
enum class View { gather, scatter, zeros, phases, matrix, overlap };
constexpr auto names_of(View) {
  return NameTable<View, 6>{"view",
                            {{{View::gather, "gather"},
                              {View::scatter, "scatter"},
                              {View::zeros, "zeros"},
                              {View::phases, "phases"},
                              {View::matrix, "matrix"},
                              {View::overlap, "overlap"}}}};
}

enum class CellText { symbols, numbers, none };
constexpr auto names_of(CellText) {
  return NameTable<CellText, 3>{
      "text", {{{CellText::symbols, "symbols"}, {CellText::numbers, "numbers"}, {CellText::none, "none"}}}};
}

struct FigureOptions {
  View view = View::gather;
  Direction direction = Direction::conv_transpose;
  CellText text = CellText::symbols;
  // Of numbers: what is read, [space...] of the source's side, and the filter, [taps...]; where there is none, 1, 2, 3...
  std::optional<Tensor<double>> source = {}, weight = {};
  // In whose words: names of both sides, and the call in its code. native: the image side and the code side.
  Convention convention = Convention::native;
  // How the array of the filter is used; drawn is the filter as it is applied.
  FilterUse filter = {};
  // Of all steps only this one, as the only frame: a still picture needs no others.
  std::optional<Index> step = {};
};

// How many steps the view of this geometry has. What figure() throws of "size".
Index step_count(const Geometry& geometry, const FigureOptions& options);

// One pair of channels of the geometry, whose frames are the steps: one for every pixel that is computed (gather, zeros,
// matrix) or read (scatter), or for every phase; none of overlap. Every product that a frame shows carries a mark (tap or
// entry), and its caption is the sum. InvalidArgument names "size" where a side is empty or too large to be drawn
// (largest_drawn positions on an axis, most_drawn in all, most_moving in all frames), "step" where there is no such step, "source" or "weight" where their shapes do not fit.
Scene figure(const Geometry& geometry, const FigureOptions& options = {});

constexpr Index largest_drawn = 48;
constexpr Index most_drawn = 20'000;      // pixels of both sides, padding and inserted zeros
constexpr Index most_moving = 2'000'000;  // the same times the number of steps

}  // namespace fsconv::draw
