// The three maps of a geometry on blocks of images: the batched form's engine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/buffer.hpp>
#include <fsconv/engine/directed_map.hpp>
#include <fsconv/engine/gradient.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/tiled_map.hpp>
#include <fsconv/engine/tiling.hpp>
#include <fsconv/engine/zero_windows.hpp>

namespace fsconv::engine {

// One geometry, with T = float, double or BFloat16:
//     conv             code  = W image        conv_transpose  image = W^T code
//     weight_gradient  gradient += the derivative of <code, W image> by the weight
// Activations are blocks [pixel][image][channel] (block.hpp) of any number of images >= 1. BFloat16 are
// multiplied exactly and summed as floats: weights, gradients, biases and scratch are Sum<T>, which is float
// for them and T otherwise; weights are rounded when they are packed, results when they are stored. Weights
// have two more layouts beside [out_channels, in_channels/groups, taps...]:
//     engine order  the same numbers, group by group, then tap by tap, then the side with fewer channels,
//                   the other side fastest. Gradients come in it; masters and optimizers may live in it.
//     packed        panels as the register tile reads them (panels.hpp), one copy per direction; by tiles the filters of all
//                   points (tiled_map.hpp), and these once more before they are packed.
// Every method is const and may run on several threads at once, each with a scratch and results of its own;
// maps and pack() allocate nothing. The bits of a result depend on the inputs, the number of images, the isa
// and the algorithm; nothing else. No method checks its pointers: sizes are those that the map tells.
template <class T>
class BatchedMap {
 public:
  // Blocks may have any number of images; `automatic` estimates times for blocks of `images`.
  // Throws InvalidArgument: what check_filled(geometry) and TapLists throw, and an isa that this
  // machine does not permit.
  explicit BatchedMap(const Geometry& geometry, Isa isa = current_isa(),
                      Algorithm algorithm = Algorithm::direct, Index images = images_per_block);

  const Geometry& geometry() const { return geometry_; }
  Isa isa() const { return isa_; }
  // What the three maps are computed by: "direct", or the tiles along each axis, "F(2,2) F(3,2)".
  struct Words {
    std::string conv, conv_transpose, weight_gradient;
  };
  Words algorithms() const;

  // Sizes, in elements.
  Index image_size(Index images) const;    // of a block on the image side
  Index code_size(Index images) const;     // of a block on the code side
  Index weight_size() const;               // of a weight or gradient in any of its unpacked orders
  Index packed_size() const;               // of both packed copies
  Index scratch_size(Index images) const;  // of the scratch of any map on a block of up to `images`; may be 0

  // [out_channels, in_channels/groups, taps...] <-> engine order.
  void import_weight(const Sum<T>* weight, Sum<T>* engine) const;
  void export_weight(const Sum<T>* engine, Sum<T>* weight) const;

  // Both packed copies from a weight in engine order.
  void pack(const Sum<T>* engine, Step<T>* packed) const;

  void conv(Index images, const T* image, const Step<T>* packed, Result<T> code, const Ending<T>& ending,
            Sum<T>* scratch) const;
  void conv_transpose(Index images, const T* code, const Step<T>* packed, Result<T> image,
                      const Ending<T>& ending, Sum<T>* scratch) const;
  // Adds to `gradient`, in engine order.
  void weight_gradient(Index images, const T* code, const T* image, Sum<T>* gradient, Sum<T>* scratch) const;

 private:
  Geometry geometry_;
  Isa isa_;
  WeightOrder order_;
  std::shared_ptr<const TapLists> lists_;
  // Where each packed copy begins, in steps, and how long they are together.
  struct PackedPlaces {
    Index direct_conv, direct_conv_transpose, points, tiled_conv, tiled_conv_transpose, size;
  };
  PackedPlaces packed_places() const;
  ZeroWindows<T> zero_windows(Direction direction) const;
  bool tiled(bool Tiling::*map) const { return tiling_ && (*tiling_).*map; }

  DirectedMap<T> to_code_, to_image_;
  Gradient<T> gradient_;
  // Which of the three maps are computed by tiles.
  std::optional<Tiling> tiling_;
  std::shared_ptr<const TiledMap<T>> by_tiles_;
  PackedPlaces packed_at_;
};

}  // namespace fsconv::engine
