// The steps of a figure with windows, one frame each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/matrix_panel.hpp>
#include <fsconv/draw/window_layout.hpp>

namespace fsconv::draw {

// `matrix` is null where none is drawn. Every product of a step is a shape with its mark (tap), and every lit entry of W
// one (entry).
void add_window_steps(Scene& scene, const WindowLayout& layout, const MatrixPanel* matrix);

}  // namespace fsconv::draw
