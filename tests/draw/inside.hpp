// Whether a drawing stays on its page.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>

namespace fsconv::draw {

// Nothing is drawn outside the page, and nothing at a place that is none.
inline bool lies_inside(const Scene& scene) {
  const auto inside = [&](double x, double y) {
    return x >= -1 && x <= scene.width + 1 && y >= -1 && y <= scene.height + 1;
  };
  for (const Element& element : scene.elements) {
    if (const auto* path = std::get_if<Path>(&element.shape))
      for (const Point& point : path->points)
        if (!inside(point.x, point.y)) return false;
    if (const auto* circle = std::get_if<Circle>(&element.shape);
        circle && !inside(circle->centre.x, circle->centre.y))
      return false;
    if (const auto* label = std::get_if<Label>(&element.shape); label && !inside(label->at.x, label->at.y))
      return false;
    if (const auto* box = std::get_if<Rectangle>(&element.shape))
      if (!inside(box->x, box->y) || !inside(box->x + box->width, box->y + box->height)) return false;
  }
  return true;
}

}  // namespace fsconv::draw
