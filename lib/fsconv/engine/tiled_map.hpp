// The three maps of a geometry by bilinear algorithms: fewer products than taps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/directed_map.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/tile_places.hpp>
#include <fsconv/engine/tile_plan.hpp>
#include <fsconv/engine/tile_transform.hpp>
#include <memory>

namespace fsconv::engine {

// What its three small matrices are for one tile, whole matrices [images x channels] of pixels are for a block:
// with X the image side, Y the code side, W the filter, each transformed ("in points"), and for every point a
// product of matrices, summed over the phases,
//     conv             code      = code^T  ( X W )       the images of a few tiles are the rows
//     conv_transpose   image     = image^T ( Y W^T )
//     weight_gradient  gradient += filter^T ( X^T Y )    summed over all tiles of the block before filter^T
// Blocks, weights, endings and scratch are those of BatchedMap. A pixel that is not there is zeros, so that
// borders are no case. The filters of all points are packed for a direction as the taps of a weight are.
template <class T>
class TiledMap {
 public:
  // The geometry is one that TapLists can be made of. The channels of a group must be whole steps of T
  // (BFloat16: even).
  TiledMap(const Geometry& geometry, std::shared_ptr<const TilePlan> plan, const WeightOrder& order, Isa isa);

  const TilePlan& plan() const { return *plan_; }

  // In steps: the filters of all points as Sum<T> (one step each), and packed for a direction.
  Index points_size() const { return point_order_.size(); }
  Index packed_size(Direction direction) const { return point_order_.groups * panels(direction).size(); }
  Index scratch_size(Index images) const;

  // From a weight in engine order.
  void transform_filters(const Sum<T>* weight, Sum<T>* points) const;
  void pack(Direction direction, const Sum<T>* points, Step<T>* packed) const;

  void conv(Index images, const T* image, const Step<T>* packed, Result<T> code, const Ending<T>& ending,
            Sum<T>* scratch) const;
  void conv_transpose(Index images, const T* code, const Step<T>* packed, Result<T> image,
                      const Ending<T>& ending, Sum<T>* scratch) const;
  void weight_gradient(Index images, const T* code, const T* image, Sum<T>* gradient, Sum<T>* scratch) const;

 private:
  static constexpr Index per_step = Arithmetic<T>::numbers_per_step;
  static constexpr bool pairs = per_step == 2;
  using Kind = TilePlan::Kind;

  // The matrices of a kind of tiles, and of the filters of a residue.
  struct Matrices {
    TileTransform<T> image, code, image_transposed, code_transposed;
  };
  struct FilterMatrices {
    TileTransform<T> filter, filter_transposed;
  };
  const Panels& panels(Direction direction) const {
    return direction == Direction::conv ? to_code_ : to_image_;
  }
  Index image_row() const { return order_.groups * order_.image_channels; }
  Index code_row() const { return order_.groups * order_.code_channels; }
  TilePlaces<T> places(Index images, Sum<T>* scratch) const;
  template <class F>
  void for_each_chunk(Index images, F&& f) const;

  void image_to_points(Index images, const Kind& kind, const TileChunk& chunk, Index tile, Index count,
                       const T* image, const TilePlaces<T>& at) const;
  void code_to_points(Index images, const Kind& kind, const TileChunk& chunk, Index tile, Index count,
                      const T* code, const TilePlaces<T>& at) const;
  TileEnding<T> with_scale(const Ending<T>& ending, Result<T> result, Sum<T>* parts) const;
  // Transforms results from points to pixels and ends them.
  void end_pixels(const TileTransform<T>& transform, const Sum<T>* const* from, Index images, Index channels,
                  const TileEnding<T>& ending, const EndedPixel* pixels, const TilePlaces<T>& at) const;
  void add_products(const Kind& kind, const TileChunk& chunk, Index images, bool begun,
                    const TilePlaces<T>& at) const;
  void add_gradient(Sum<T>* gradient, const TilePlaces<T>& at) const;
  const Matrices& matrices(const Kind& kind) const {
    return matrices_[static_cast<std::size_t>(&kind - plan_->kinds.data())];
  }

  Geometry geometry_;
  std::shared_ptr<const TilePlan> plan_;
  WeightOrder order_, point_order_;  // point_order_: the filters of points and phases as its taps
  const Kernels<T>* kernels_;
  const Transforms<T>* transforms_;
  Panels to_code_, to_image_;
  Sum<T> unscale_;  // what results are multiplied by, or divided by where its reciprocal is not exact enough
  bool reciprocal_;
  std::vector<Matrices> matrices_;               // by kind
  std::vector<FilterMatrices> filter_matrices_;  // like TilePlan::filters
  std::vector<Factor> each_phase_;
};

}  // namespace fsconv::engine
