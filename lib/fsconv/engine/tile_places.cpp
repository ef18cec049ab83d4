// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/tile_places.hpp>
#include <fsconv/engine/tile_transform.hpp>

namespace fsconv::engine {
namespace {

// Points are a little more than a power of two apart: 4 KiB apart they would throw each other out of the first cache.
constexpr Index between_points = 32;

}  // namespace

TileChunk chunk_of(const TilePlan::Kind& kind, const Geometry& geometry, Index images) {
  const Index tiles = TilePlan::tiles_at_once(kind, geometry, images);
  const Index phase = tiles * images * geometry.in_channels;
  return {.tiles = tiles,
          .image_phase = phase,
          .image_point = kind.phases * phase + between_points,
          .code_point = tiles * images * geometry.out_channels + between_points};
}

template <class T>
TilePlaces<T>::TilePlaces(const TilePlan& plan, const Geometry& geometry, const WeightOrder& order,
                          const Kernels<T>& kernels, Index images, Sum<T>* scratch) {
  Index of_image = 0, of_code = 0, most_rows = 0;
  for (const TilePlan::Kind& kind : plan.kinds) {
    const TileChunk chunk = chunk_of(kind, geometry, images);
    of_image = std::max(of_image, kind.points * chunk.image_point);
    of_code = std::max(of_code, kind.points * chunk.code_point);
    most_rows = std::max(most_rows, chunk.tiles * images);
  }
  Index block = images * geometry.in_channels;
  for (const Axis& axis : geometry.axes) block *= axis.in;
  const Index filters = plan.filter_count * order.groups * order.image_channels * order.code_channels;
  const Index pairs = Arithmetic<T>::numbers_per_step == 2 ? ceil_div(most_rows, Index{2}) : 0;
  const auto take = [&](Index numbers) {
    Sum<T>* const place = scratch ? scratch + size : nullptr;  // only the size is asked for
    size += ceil_div(numbers, Index{16}) * 16;
    return place;
  };
  image_sums = take(of_image);
  image = reinterpret_cast<T*>(image_sums);
  code_sums = take(of_code);
  code = reinterpret_cast<T*>(code_sums);
  parts = gradient = take(std::max(block, filters));
  rows = reinterpret_cast<Step<T>*>(take(pairs * order.rows()));
  columns =
      reinterpret_cast<Step<T>*>(take(pairs * ceil_div(order.columns(), kernels.width) * kernels.width));
  values = take(TileTransform<T>::scratch_size / 2);
  transform = take(TileTransform<T>::scratch_size);
}

template struct TilePlaces<float>;
template struct TilePlaces<double>;
template struct TilePlaces<BFloat16>;

}  // namespace fsconv::engine
