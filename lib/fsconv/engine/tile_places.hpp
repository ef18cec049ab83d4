// Where a call by tiles keeps what it works with, one after the other in its scratch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/tile_plan.hpp>
#include <fsconv/engine/weight_order.hpp>

namespace fsconv::engine {

// So many tiles of a kind go through at a time; what a phase and a point of them take of the image side, and a
// point of the code side, in numbers.
struct TileChunk {
  Index tiles;
  Index image_phase, image_point, code_point;
};
TileChunk chunk_of(const TilePlan::Kind& kind, const Geometry& geometry, Index images);

template <class T>
struct TilePlaces {
  // From `scratch` on, `size` numbers.
  TilePlaces(const TilePlan& plan, const Geometry& geometry, const WeightOrder& order,
             const Kernels<T>& kernels, Index images, Sum<T>* scratch);

  // Points of the image side [point][phase][tile][image][channel] and of the code side
  // [point][tile][image][channel]: what goes into the products and, in the same places, what comes out of them.
  T *image, *code;
  Sum<T>*image_sums, *code_sums;
  Sum<T>* parts;           // of image pixels that tiles share, like a block
  Sum<T>* gradient;        // of the filters of points; never wanted together with `parts`
  Step<T>*rows, *columns;  // images in pairs (BFloat16)
  Sum<T>* values;          // results of a tile before their ending, a piece of every pixel
  Sum<T>* transform;       // TileTransform's scratch
  Index size = 0;
};

}  // namespace fsconv::engine
