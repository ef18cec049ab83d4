// Which picture of a scene each format gets.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/drawing_file.hpp>
#include <fsconv/draw/gif.hpp>
#include <fsconv/draw/player.hpp>
#include <fsconv/draw/raster.hpp>
#include <fsconv/draw/svg.hpp>

namespace fsconv::draw {

namespace {

Scene first_still(const Scene& scene) { return scene.frames.empty() ? scene : still(scene, 0); }

}  // namespace

DrawingFormat drawing_format(const std::string& path, const char* field) {
  const std::string lower = lower_case(path);
  if (lower.ends_with(".svg")) return DrawingFormat::svg;
  if (lower.ends_with(".png")) return DrawingFormat::png;
  if (lower.ends_with(".gif")) return DrawingFormat::gif;
  if (lower.ends_with(".html") || lower.ends_with(".htm")) return DrawingFormat::html;
  throw InvalidArgument(field, fmt::format("'{}' has no ending of a drawing", path),
                        ".svg, .png, .gif or .html");
}

std::string drawing_bytes(const Scene& scene, DrawingFormat format, const DrawingFileOptions& options) {
  if (options.animate) {
    if (format == DrawingFormat::png)
      throw InvalidArgument("animate", "a PNG is one picture", ".gif, .svg or .html move");
    if (scene.frames.empty()) throw InvalidArgument("animate", "this picture has no steps");
  }
  const RasterOptions raster_options{.zoom = options.zoom, .dark = options.theme == Theme::dark};
  switch (format) {
    case DrawingFormat::svg: {
      SvgOptions svg_options{.theme = options.theme};
      if (options.animate) svg_options.seconds_per_frame = options.seconds;
      return svg(options.animate ? scene : first_still(scene), svg_options);
    }
    case DrawingFormat::png: {
      const std::vector<std::uint8_t> bytes = png_bytes(raster(first_still(scene), raster_options));
      return {bytes.begin(), bytes.end()};
    }
    case DrawingFormat::gif:
      return gif(scene, {.raster = raster_options, .seconds_per_frame = options.seconds});
    case DrawingFormat::html:
      return player(scene, {.theme = options.theme, .seconds_per_frame = options.seconds});
  }
  return {};
}

}  // namespace fsconv::draw
