// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/tiling.hpp>
#include <fsconv/engine/weight_order.hpp>
#include <vector>

namespace fsconv::engine {
namespace {

// Of what the multiplier can do at best, a whole map reaches this much.
constexpr double efficiency = 0.92;

// A transform moves cache lines between the second cache and the first, and takes so many cycles for each.
// Image pixels that tiles share wait farther away. Tiles of three axes have more pixels than the first cache
// has ways.
constexpr double cycles_per_line = 4, cycles_per_shared_line = 4.5, of_three_axes = 4;

// What a transform costs for every pixel that it reads, and that it ends, however few numbers are in it.
constexpr double cycles_per_pixel_read = 8, cycles_per_pixel_ended = 40;

// Filters pass by once per chunk of tiles, and the sums of a gradient's points twice: while all of them fit the
// second cache that costs little.
constexpr double second_cache = 1 << 20, cycles_per_near_filter = 1, cycles_per_far_filter = 4;

// Weights change once per batch of so many blocks.
constexpr double blocks_per_batch = 4;

// Layers with fewer channels leave lanes empty that their transforms do not.
constexpr Index enough_channels = 16;

// Images of fewer channels beside as many of the other side are computed by source pixels (directed_map.hpp):
// their tiles would be mostly transforms, so that no algorithm takes them.
constexpr Index colours = 3;

double real(Index count) { return static_cast<double>(count); }

// The cycles of a block of images, map by map, and those that a batch takes once.
struct Cycles {
  double conv, conv_transpose, weight_gradient, filters;
};

// What the estimates know of a layer: products of matrices [images x inner] and [inner x columns], and bytes of
// blocks.
template <class T>
struct Layer {
  Layer(const Geometry& g, const Kernels<T>& k, Index block) : geometry(g), kernels(k), images(block) {}

  double products(double count, Index inner, Index columns) const {
    const double steps = real(ceil_div(inner, Arithmetic<T>::numbers_per_step)) *
                         real(ceil_div(columns, kernels.width)) * real(images * geometry.groups);
    return count * steps / kernels.steps_per_cycle / efficiency;
  }
  double to_code(double count) const {
    return products(count, geometry.in_per_group(), geometry.out_per_group());
  }
  double to_image(double count) const {
    return products(count, geometry.out_per_group(), geometry.in_per_group());
  }
  // So many filters, each a matrix, in cache lines; and what it costs that they pass by `times` times in all.
  double filter_lines(double count) const {
    return count * real(geometry.in_channels * geometry.out_per_group()) * sizeof(Sum<T>) / line;
  }
  static double passing(double lines, double passes) {
    return passes * (lines * line <= second_cache ? cycles_per_near_filter : cycles_per_far_filter);
  }
  // The inner dimension of a gradient are the images.
  double gradient(double count) const {
    const WeightOrder order(geometry);
    return products(count, order.rows(), order.columns());
  }

  Cycles direct() const {
    const double count = taps();
    double filter = 1;
    for (const Axis& axis : geometry.axes) filter *= real(axis.taps);
    const double lines = filter_lines(filter), passes = passing(lines, lines);
    return {to_code(count) + passes, to_image(count) + passes, gradient(count) + 2 * passes, 0};
  }
  double taps() const {
    double count = 1;
    for (const Axis& axis : geometry.axes) count *= real(taps_in_range(axis));
    return count;
  }

  Cycles by_tiles(const TilePlan& plan) const {
    const double image = real(images * geometry.in_channels) * sizeof(T) / line;
    const double code = real(images * geometry.out_channels) * sizeof(T) / line;
    constexpr double wider = sizeof(Sum<T>) / sizeof(T);
    double image_points = 0, code_points = 0, code_pixels = 0, passes = 0;
    for (const TilePlan::Kind& kind : plan.kinds) {
      const Index at_once = TilePlan::tiles_at_once(kind, geometry, images);
      image_points += real(kind.tiles * kind.phases * kind.points);
      code_points += real(kind.tiles * kind.points);
      code_pixels += real(kind.tiles * kind.results);
      passes += real(ceil_div(kind.tiles, at_once) * kind.points * kind.phases);
    }
    const auto is_tiled = [](int algorithm) { return algorithm != 0; };
    const auto& algorithms = plan.kinds.front().algorithms;
    const bool three = std::all_of(algorithms.begin(), algorithms.end(), is_tiled);
    const double per_line = cycles_per_line * (three ? of_three_axes : 1);
    const double per_shared_line = cycles_per_shared_line * (three ? of_three_axes : 1);
    const double products = real(plan.products()), filters = filter_lines(real(plan.filter_count));
    const double filter_passes = passing(filters, filter_lines(passes));
    Cycles cycles{};
    cycles.conv = to_code(products) + filter_passes +
                  per_line * (2 * image_points * image + (wider * code_points + code_pixels) * code) +
                  cycles_per_pixel_read * image_points + cycles_per_pixel_ended * code_pixels;
    cycles.conv_transpose = to_image(products) + filter_passes +
                            per_line * (code_pixels + code_points) * code +
                            per_shared_line * 3 * wider * image_points * image +
                            cycles_per_pixel_read * code_pixels + cycles_per_pixel_ended * image_points;
    // Sums of points are set to zero, added to in every chunk, and transformed. Pairs of BFloat16 are copied.
    const double copies = Arithmetic<T>::numbers_per_step == 2 ? 2 : 0;
    cycles.weight_gradient =
        gradient(products) + 2 * filter_passes +
        per_line * ((2 + copies) * image_points * image + (code_pixels + (1 + copies) * code_points) * code) +
        cycles_per_pixel_read * (image_points + code_pixels) + per_line * 2 * filters;
    // Transformed once, and packed for two directions.
    cycles.filters = cycles_per_line * 5 * filters / blocks_per_batch;
    return cycles;
  }

  static constexpr double line = 64;  // bytes
  const Geometry& geometry;
  const Kernels<T>& kernels;
  Index images;
};

std::vector<Cut> candidates(Algorithm algorithm, bool rounds) {
  std::vector<Cut> list = {{.largest = 2, .smaller_at_end = true}, {.largest = 3, .smaller_at_end = true}};
  if (algorithm == Algorithm::winograd4 && !rounds) list = {{.largest = 4, .smaller_at_end = true}};
  return list;
}

}  // namespace

template <class T>
std::optional<Tiling> tiling_of(const Geometry& geometry, Algorithm algorithm, const Kernels<T>& kernels,
                                Index images) {
  constexpr bool rounds = Arithmetic<T>::numbers_per_step == 2;
  if (algorithm == Algorithm::direct) return std::nullopt;
  const Index channels[] = {geometry.in_per_group(), geometry.out_per_group()};
  if (rounds && (channels[0] % 2 != 0 || channels[1] % 2 != 0)) return std::nullopt;
  const Index fewer = std::min(channels[0], channels[1]), more = std::max(channels[0], channels[1]);
  if (fewer <= colours && more >= enough_channels) return std::nullopt;
  const bool automatic = algorithm == Algorithm::automatic;
  if (automatic && fewer < enough_channels) return std::nullopt;

  const auto has_tiles = [](const Axis& axis) {
    const Index taps = taps_of_phases(axis);
    return taps == 2 || taps == 3;
  };
  if (std::none_of(geometry.axes.begin(), geometry.axes.end(), has_tiles)) return std::nullopt;

  const Layer<T> layer(geometry, kernels, images);
  const Cycles direct = layer.direct();
  std::optional<Tiling> best;
  double least = direct.conv + direct.conv_transpose + direct.weight_gradient;
  for (const Cut& cut : candidates(algorithm, rounds)) {
    const auto plan = std::make_shared<const TilePlan>(geometry, cut);
    if (real(plan->products()) >= layer.taps()) continue;  // one tile, and most of its pixels not there
    const Cycles tiled = layer.by_tiles(*plan);
    Tiling tiling{.plan = plan};
    if (automatic) {
      tiling.conv = tiled.conv < direct.conv;
      tiling.conv_transpose = tiled.conv_transpose < direct.conv_transpose;
      tiling.weight_gradient = tiled.weight_gradient < direct.weight_gradient;
    }
    const double cycles = (tiling.conv ? tiled.conv : direct.conv) +
                          (tiling.conv_transpose ? tiled.conv_transpose : direct.conv_transpose) +
                          (tiling.weight_gradient ? tiled.weight_gradient : direct.weight_gradient) +
                          (tiling.conv || tiling.conv_transpose ? tiled.filters : 0);
    // Tiles that were asked for are taken whatever they cost.
    if (cycles < least || (!automatic && !best)) {
      best = tiling;
      least = cycles;
    }
  }
  return best;
}

template std::optional<Tiling> tiling_of<float>(const Geometry&, Algorithm, const Kernels<float>&, Index);
template std::optional<Tiling> tiling_of<double>(const Geometry&, Algorithm, const Kernels<double>&, Index);
template std::optional<Tiling> tiling_of<BFloat16>(const Geometry&, Algorithm, const Kernels<BFloat16>&,
                                                   Index);

}  // namespace fsconv::engine
