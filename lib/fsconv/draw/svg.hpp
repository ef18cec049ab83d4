// A drawing as SVG: text that stays text, colours that follow the reader, marks that can be read back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/draw/theme.hpp>
#include <string>

namespace fsconv::draw {

struct SvgOptions {
  Theme theme = Theme::automatic;
  // Shows a scene's frames in turn, so many seconds each, for ever; a reader who prefers no motion sees the last. Without
  // it they are drawn as groups of the class "frame", the first shown and the others hidden, for a script to step through.
  std::optional<double> seconds_per_frame = {};
  // Of an SVG inside a page: no XML declaration, ids begin with this so that two drawings do not share them, and the page
  // has the style (svg_style).
  std::string inline_prefix = {};
};

// A complete SVG document in UTF-8: text stays text, title and desc say what it is, colours are classes that follow the
// theme, tooltips are titles, and marks are attributes: data-mark="tap" data-o="1 2" data-i="3 4" data-k="0 1", as many
// numbers as the scene has axes. Nothing is fetched and nothing runs. What XML cannot hold is written
// as \\xNN. InvalidArgument "seconds" (require_seconds).
std::string svg(const Scene& scene, const SvgOptions& options = {});

// The style sheet that the drawing's classes follow, for the page that holds drawings.
std::string svg_style(Theme theme);

}  // namespace fsconv::draw
