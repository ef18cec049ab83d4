// A drawing as pixels, drawn by Cairo.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/io/picture.hpp>
#include <memory>

namespace fsconv::draw {

struct RasterOptions {
  double zoom = 1;  // pixels for a pixel of the page
  bool dark = false;
};

// The longest side of a picture, in pixels.
constexpr Index longest_raster_side = 16384;

// The sides in pixels. InvalidArgument "zoom" where it is below 0.01, or a side or the memory would be exceeded.
struct RasterSize {
  Index width = 0, height = 0;
};
RasterSize raster_size(const Scene& scene, const RasterOptions& options);
// The zoom at which the longer side is just longest_raster_side.
double largest_zoom(const Scene& scene);

// A scene whose own elements are drawn once, so that a frame costs what it adds. The look is that of the SVG in a
// browser: text is DejaVu Sans, or what the system has in its place, and pixels of Pixels stay squares.
// What raster_size throws; Error with Cairo's reason where it cannot draw; Interrupted after Ctrl-C, where it is caught.
class Raster {
 public:
  Raster(const Scene& scene, const RasterOptions& options);  // the scene must outlive it
  ~Raster();
  Raster(const Raster&) = delete;
  Raster& operator=(const Raster&) = delete;

  Picture still() const;              // in three channels; without frames
  Picture frame(Index number) const;  // InvalidArgument "step"

 private:
  struct Canvas;
  const Scene& scene_;
  bool dark_;
  std::unique_ptr<Canvas> canvas_;
};

// A scene that is one picture. Of one with frames that is none of them: still() (scene.hpp) chooses one.
Picture raster(const Scene& scene, const RasterOptions& options = {});

}  // namespace fsconv::draw
