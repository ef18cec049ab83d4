// A frame of a scene as a picture of its own and how long it is shown, and the heads of arrows.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/draw/scene.hpp>

namespace fsconv::draw {

std::vector<Point> arrow_head(const Path& path) {
  constexpr double length = 9, half_width = 4;
  const Point tip = path.points.back(), from = path.points[path.points.size() - 2];
  const double distance = std::hypot(tip.x - from.x, tip.y - from.y);
  if (distance == 0) return {};
  const double along_x = (tip.x - from.x) / distance, along_y = (tip.y - from.y) / distance;
  const Point back{tip.x - length * along_x, tip.y - length * along_y};
  return {tip,
          {back.x - half_width * along_y, back.y + half_width * along_x},
          {back.x + half_width * along_y, back.y - half_width * along_x}};
}

void require_seconds(double seconds) {
  constexpr double shortest = 0.02, longest = 600;
  if (!(seconds >= shortest && seconds <= longest))
    throw InvalidArgument("seconds", fmt::format("is {}", seconds),
                          fmt::format("{} to {} for each step", shortest, longest));
}

Scene still(const Scene& scene, Index frame) {
  const Index count = static_cast<Index>(scene.frames.size());
  if (frame < 0 || frame >= count)
    throw InvalidArgument("step", fmt::format("is {}", frame),
                          count == 0 ? "this picture has no steps" : fmt::format("0 to {}", count - 1));
  Scene one = scene;
  one.frames.clear();
  const Frame& chosen = scene.frames[static_cast<std::size_t>(frame)];
  one.elements.insert(one.elements.end(), chosen.elements.begin(), chosen.elements.end());
  if (!chosen.caption.empty()) one.description += (one.description.empty() ? "" : " ") + chosen.caption;
  return one;
}

}  // namespace fsconv::draw
