// W or W^T as a drawing of its own, of any size.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv::draw {

struct MatrixFigureOptions {
  bool transpose = false;
  bool labelled = true;  // the names of weights in the entries, where they fit
  double largest = 760;  // pixels of its longer side, where an entry is not at its largest before
};

// All channels: frames around their blocks, numbers along both sides, a legend of the taps, and where entries are too small
// to be seen, blocks that show how full they are, with the sentence that says so. InvalidArgument names "size" for what
// require_drawable_matrix() (matrix_panel.hpp) refuses.
Scene matrix_figure(const Geometry& geometry, const MatrixFigureOptions& options = {});

}  // namespace fsconv::draw
