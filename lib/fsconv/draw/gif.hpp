// A drawing's frames as an animated GIF.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/raster.hpp>
#include <string>

namespace fsconv::draw {

struct GifOptions {
  RasterOptions raster = {};
  double seconds_per_frame = 0.5;
};

// The bytes of a GIF that shows the scene's frames in turn for ever; a scene without frames is one picture. All frames
// share one palette of 255 colours (palette.hpp), and each stores the rectangle in which it differs from the one before,
// pixels that stay as the number that is no colour.
// InvalidArgument "seconds" (require_seconds), "zoom" where frames times pixels
// are more than 2^31 or do not fit the memory, and what Raster throws; Error with giflib's reason; Interrupted after
// Ctrl-C, where it is caught.
std::string gif(const Scene& scene, const GifOptions& options = {});

}  // namespace fsconv::draw
