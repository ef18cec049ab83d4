// A drawing's steps as a page to look at, with buttons.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/draw/theme.hpp>
#include <string>

namespace fsconv::draw {

struct PlayerOptions {
  Theme theme = Theme::automatic;
  double seconds_per_frame = 1;
};

// One HTML page that asks for nothing else: the drawing, and for a scene with frames play, back, forward, a slider, the
// speed, the caption of the step, and the step as an SVG to keep. Arrows, Home, End and the space bar do the same. What belongs
// together (marks that share o or i) stays bright while a pointer rests on one of it. Without a script the first step is
// seen and all captions are read; who prefers no motion starts it by hand. InvalidArgument "seconds"
// (require_seconds).
std::string player(const Scene& scene, const PlayerOptions& options = {});

}  // namespace fsconv::draw
