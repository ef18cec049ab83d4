// A drawing written as what the ending of its file's name says: SVG, PNG, GIF or a page.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/draw/theme.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <string>

namespace fsconv::draw {

enum class DrawingFormat { svg, png, gif, html };

// By the ending, in upper or lower case. InvalidArgument naming `field`.
DrawingFormat drawing_format(const std::string& path, const char* field);

struct DrawingFileOptions {
  Theme theme = Theme::automatic;
  double zoom = 1;       // of PNG and GIF: pixels for a pixel of the page
  bool animate = false;  // an SVG whose frames follow each other; GIF and pages have them anyway
  double seconds = 0.8;  // of each frame
};

// Whether a file of this format has every step of a scene: a GIF and a page move by themselves.
constexpr bool shows_all_steps(DrawingFormat format) {
  return format == DrawingFormat::gif || format == DrawingFormat::html;
}

// The bytes of the file. What does not move shows the first frame of a scene that has some. InvalidArgument: "animate" (a
// PNG, or a scene without frames), and what raster(), svg(), gif() and player() throw.
std::string drawing_bytes(const Scene& scene, DrawingFormat format, const DrawingFileOptions& options = {});

}  // namespace fsconv::draw
