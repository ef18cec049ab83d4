// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/batched_map.hpp>

namespace fsconv::engine {
namespace {

// For one row of a group, [out, in/groups, taps...] holds a matrix [columns][taps] and engine order its
// transpose. Calls f(plain, ordered) with where the two begin, for every group and row; the rows of the
// matrices are plain_step() and ordered_step() apart.
template <class F>
void for_each_row(const WeightOrder& order, F&& f) {
  const Index plain_row = (order.code_columns() ? 1 : order.image_channels) * order.taps;
  for (Index group = 0; group < order.groups; ++group)
    for (Index row = 0; row < order.rows(); ++row)
      f(order.matrix(group, 0) + row * plain_row, order.matrix(group, 0) + row * order.columns());
}

Index plain_step(const WeightOrder& order) {
  return (order.code_columns() ? order.image_channels : 1) * order.taps;
}

Index ordered_step(const WeightOrder& order) { return order.image_channels * order.code_channels; }

const Geometry& checked(const Geometry& geometry) {
  check_filled(geometry);
  return geometry;
}

}  // namespace

template <class T>
BatchedMap<T>::BatchedMap(const Geometry& geometry, Isa isa, Algorithm algorithm, Index images)
    : geometry_(checked(geometry)),
      isa_(isa),
      order_(geometry),
      lists_(std::make_shared<const TapLists>(geometry)),
      to_code_(lists_, order_, kernels_of<T>(isa), Direction::conv),
      to_image_(lists_, order_, kernels_of<T>(isa), Direction::conv_transpose),
      gradient_(lists_, order_, kernels_of<T>(isa)),
      tiling_(tiling_of<T>(geometry, algorithm, kernels_of<T>(isa), images)) {
  if (tiling_) by_tiles_ = std::make_shared<const TiledMap<T>>(geometry, tiling_->plan, order_, isa);
  packed_at_ = packed_places();
}

template <class T>
typename BatchedMap<T>::Words BatchedMap<T>::algorithms() const {
  const auto words = [&](bool Tiling::*map) { return tiled(map) ? by_tiles_->plan().words() : "direct"; };
  return {words(&Tiling::conv), words(&Tiling::conv_transpose), words(&Tiling::weight_gradient)};
}

template <class T>
Index BatchedMap<T>::image_size(Index images) const {
  return lists_->image_pixels * images * order_.groups * padded_channels<T>(order_.image_channels);
}

template <class T>
Index BatchedMap<T>::code_size(Index images) const {
  return lists_->code_pixels * images * order_.groups * padded_channels<T>(order_.code_channels);
}

template <class T>
Index BatchedMap<T>::weight_size() const {
  return order_.size();
}

template <class T>
typename BatchedMap<T>::PackedPlaces BatchedMap<T>::packed_places() const {
  const bool conv = tiled(&Tiling::conv), conv_transpose = tiled(&Tiling::conv_transpose);
  PackedPlaces at{};
  const auto take = [&](bool wanted, Index steps) {
    const Index place = at.size;
    if (wanted) at.size += ceil_div(steps, Index{16}) * 16;  // what follows is aligned
    return place;
  };
  at.direct_conv = take(!conv, to_code_.packed_size());
  at.direct_conv_transpose = take(!conv_transpose, to_image_.packed_size());
  if (by_tiles_) {
    at.points = take(conv || conv_transpose, by_tiles_->points_size());
    at.tiled_conv = take(conv, by_tiles_->packed_size(Direction::conv));
    at.tiled_conv_transpose = take(conv_transpose, by_tiles_->packed_size(Direction::conv_transpose));
  }
  return at;
}

template <class T>
Index BatchedMap<T>::packed_size() const {
  return packed_at_.size;
}

template <class T>
ZeroWindows<T> BatchedMap<T>::zero_windows(Direction direction) const {
  if (direction == Direction::conv)
    return {lists_->by_code, lists_->image_pixels, order_.groups, order_.image_channels,
            order_.code_channels};
  return {lists_->by_image, lists_->code_pixels, order_.groups, order_.code_channels, order_.image_channels};
}

template <class T>
Index BatchedMap<T>::scratch_size(Index images) const {
  const auto tiles = [&] {
    const Index bytes = std::max(zero_windows(Direction::conv).bytes(images),
                                 zero_windows(Direction::conv_transpose).bytes(images));
    return std::max(by_tiles_->scratch_size(images), ceil_div(bytes, static_cast<Index>(sizeof(Sum<T>))));
  };
  return std::max({to_code_.scratch_size(images), to_image_.scratch_size(images),
                   gradient_.scratch_size(images), by_tiles_ ? tiles() : 0});
}

template <class T>
void BatchedMap<T>::import_weight(const Sum<T>* weight, Sum<T>* engine) const {
  const auto transpose = kernels_of<Sum<T>>(isa_).transpose;
  for_each_row(order_, [&](Index plain, Index ordered) {
    transpose(weight + plain, plain_step(order_), order_.columns(), order_.taps, engine + ordered,
              ordered_step(order_));
  });
}

template <class T>
void BatchedMap<T>::export_weight(const Sum<T>* engine, Sum<T>* weight) const {
  const auto transpose = kernels_of<Sum<T>>(isa_).transpose;
  for_each_row(order_, [&](Index plain, Index ordered) {
    transpose(engine + ordered, ordered_step(order_), order_.taps, order_.columns(), weight + plain,
              plain_step(order_));
  });
}

template <class T>
void BatchedMap<T>::pack(const Sum<T>* engine, Step<T>* packed) const {
  const PackedPlaces& at = packed_at_;
  const bool conv = tiled(&Tiling::conv), conv_transpose = tiled(&Tiling::conv_transpose);
  if (!conv) to_code_.pack(engine, packed + at.direct_conv);
  if (!conv_transpose) to_image_.pack(engine, packed + at.direct_conv_transpose);
  if (!conv && !conv_transpose) return;
  static_assert(sizeof(Step<T>) == sizeof(Sum<T>));
  auto* const points = reinterpret_cast<Sum<T>*>(packed + at.points);
  by_tiles_->transform_filters(engine, points);
  if (conv) by_tiles_->pack(Direction::conv, points, packed + at.tiled_conv);
  if (conv_transpose) by_tiles_->pack(Direction::conv_transpose, points, packed + at.tiled_conv_transpose);
}

template <class T>
void BatchedMap<T>::conv(Index images, const T* image, const Step<T>* packed, Result<T> code,
                         const Ending<T>& ending, Sum<T>* scratch) const {
  if (!tiled(&Tiling::conv))
    return to_code_.apply(images, image, packed + packed_at_.direct_conv, code, ending, scratch);
  by_tiles_->conv(images, image, packed + packed_at_.tiled_conv, code, ending, scratch);
  if (ending.keep_zeros) zero_windows(Direction::conv).restore(images, image, code, ending, scratch);
}

template <class T>
void BatchedMap<T>::conv_transpose(Index images, const T* code, const Step<T>* packed, Result<T> image,
                                   const Ending<T>& ending, Sum<T>* scratch) const {
  if (!tiled(&Tiling::conv_transpose))
    return to_image_.apply(images, code, packed + packed_at_.direct_conv_transpose, image, ending, scratch);
  by_tiles_->conv_transpose(images, code, packed + packed_at_.tiled_conv_transpose, image, ending, scratch);
  if (ending.keep_zeros)
    zero_windows(Direction::conv_transpose).restore(images, code, image, ending, scratch);
}

template <class T>
void BatchedMap<T>::weight_gradient(Index images, const T* code, const T* image, Sum<T>* gradient,
                                    Sum<T>* scratch) const {
  if (tiled(&Tiling::weight_gradient))
    by_tiles_->weight_gradient(images, code, image, gradient, scratch);
  else
    gradient_.apply(images, code, image, gradient, scratch);
}

template class BatchedMap<float>;
template class BatchedMap<double>;
template class BatchedMap<BFloat16>;

}  // namespace fsconv::engine
