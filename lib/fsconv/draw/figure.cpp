// What can be drawn, and by which view.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/figure_page.hpp>

namespace fsconv::draw {

namespace {

// Of both sides, with all that lies around and between their pixels.
Index positions_of(const Geometry& geometry) {
  Index image = 1, code = 1;
  for (const Axis& axis : geometry.axes) {
    image *= window_positions(axis).count();
    code *= window_positions(axis.transposed()).count();
  }
  return image + code;
}

void require_drawable(const Geometry& geometry) {
  check_filled(geometry);
  for (std::size_t number = 0; number < geometry.axes.size(); ++number)
    for (const bool transposed : {false, true}) {
      const Axis& axis = geometry.axes[number];
      const Axis one = transposed ? axis.transposed() : axis;
      // Before positions are listed: their number follows from sizes that may be huge.
      const Index last = one.down * (one.out - 1) + one.extent() - 1 - one.pad;
      const Index positions = std::max(one.stretched_image() - 1, last) - std::min<Index>(0, -one.pad) + 1;
      if (const Index most = std::max({positions, one.in, one.taps}); most > largest_drawn)
        throw InvalidArgument(
            "size",
            fmt::format("takes {} positions on axis {} of the {}", most, number,
                        transposed ? "code" : "image"),
            fmt::format("at most {} can be drawn so that they are seen, padding and inserted zeros "
                        "included; fsconv matrix --picture draws W of any size",
                        largest_drawn));
    }
  if (const Index count = positions_of(geometry); count > most_drawn)
    throw InvalidArgument("size", fmt::format("takes {} positions", count),
                          fmt::format("at most {} of both sides are drawn", most_drawn));
}

}  // namespace

Index step_count(const Geometry& geometry, const FigureOptions& options) {
  require_drawable(geometry);
  const auto axes = three_axes(geometry);
  const bool transposed = options.direction == Direction::conv_transpose;
  const Index3 source = transposed ? out_extents(axes) : in_extents(axes);
  const Index3 target = transposed ? in_extents(axes) : out_extents(axes);
  switch (options.view) {
    case View::gather:
    case View::zeros:
    case View::matrix:
      return volume(target);
    case View::scatter:
      return volume(source);
    case View::phases:
      return phase_count(axes, options.direction);
    case View::overlap:
      return 0;
  }
  return 0;
}

Scene figure(const Geometry& geometry, const FigureOptions& options) {
  const Index steps = step_count(geometry, options);
  if (options.step && (*options.step < 0 || *options.step >= steps))
    throw InvalidArgument("step", fmt::format("is {}", *options.step),
                          steps == 0 ? "this picture has no steps" : fmt::format("0 to {}", steps - 1));
  if (!options.step && steps > most_moving / positions_of(geometry))
    throw InvalidArgument("size", fmt::format("has {} steps of {} positions", steps, positions_of(geometry)),
                          "too many to show them all: a smaller geometry, or one step (--step, .svg, .png)");
  const FigurePage page(geometry, options);
  switch (options.view) {
    case View::gather:
    case View::scatter:
    case View::zeros:
      return window_view(page);
    case View::phases:
      return phase_view(page);
    case View::matrix:
      return matrix_view(page);
    case View::overlap:
      return overlap_view(page);
  }
  return {};
}

}  // namespace fsconv::draw
