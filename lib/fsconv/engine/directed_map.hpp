// One direction of a geometry's map: from blocks on a source side to blocks on a result side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/block.hpp>
#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/panels.hpp>
#include <fsconv/engine/tap_lists.hpp>
#include <fsconv/engine/weight_order.hpp>
#include <fsconv/geometry/direction.hpp>
#include <memory>
#include <optional>
#include <type_traits>

namespace fsconv::engine {

// What becomes of the results of a map on their way to memory, in this order; by default they are stored. Bias and sums
// are [channel] of the result, or [pixel][channel] with `per_pixel` (linear layers: one per element).
template <class T>
struct Ending {
  const Sum<T>* bias = nullptr;  // is added
  bool relu = false;             // negative results become 0
  // A block like the result: 0 where mask <= 0 (a ReLU, backwards). May be the result itself, which then
  // replaces the activations that mask it.
  const T* mask = nullptr;
  Sum<T>* sums = nullptr;  // += the results, summed over the images (and pixels): the gradient of a bias
  bool add = false;        // result += instead of result =
  bool per_pixel = false;
  // By tiles, too, a sum of zeros without a bias is 0 (zero_windows.hpp): for what reads its sign.
  bool keep_zeros = false;
};

// Where the results go: a block of T; or, if T is less precise than what it is summed in, a block of those
// sums, which are not rounded then (and not masked).
template <class T>
struct Result {
  Result(T* block) : numbers(block) {}
  Result(Sum<T>* block) requires(!std::is_same_v<T, Sum<T>>) : sums(block) {}

  T* numbers = nullptr;
  Sum<T>* sums = nullptr;
};

// BatchedMap has two of these and says what the arguments are. There are two ways to group the taps, by the
// result pixel or by the source pixel (directed_map.cpp); which one is decided when the map is made, and so
// is how weights are packed.
template <class T>
class DirectedMap {
 public:
  DirectedMap(std::shared_ptr<const TapLists> lists, const WeightOrder& order, const Kernels<T>& kernels,
              Direction direction);

  Index packed_size() const { return order_.groups * panels_.size(); }  // in steps
  Index scratch_size(Index images) const;
  void pack(const Sum<T>* weight, Step<T>* packed) const;
  void apply(Index images, const T* source, const Step<T>* packed, Result<T> result, const Ending<T>& ending,
             Sum<T>* scratch) const;

 private:
  // One side as this direction sees it. `list` has the taps of its pixels, `runs` those that have the same
  // ones; channels are those of a group.
  struct Side {
    const TapList* list;
    const std::vector<Run>* runs;
    Index pixels, step, channels;

    Index steps() const { return ceil_div(channels, per_step); }
  };
  static constexpr Index per_step = Arithmetic<T>::numbers_per_step;
  struct Call;  // the arguments of apply()

  void by_result(const Call& call) const;
  Index pixels_in_band(Index source_pixel) const;
  template <class F>
  void for_each_panel_and_band(Index band, F&& f) const;
  void by_source(const Call& call) const;
  void by_patches(const Call& call) const;
  Index patch_steps() const;
  Index patch_pixels(Index images) const;
  Index halves_size(Index images) const;
  Product<T> product(const Call& call, Index group, Index panel) const;
  void end_at(Product<T>& product, const Call& call, Index group, Index panel, Index pixel,
              Index image) const;
  Index product_row() const { return panels_.size() / panels_.inner; }
  Index sums_size(Index images) const;
  Index pixels_at_once(Index images) const;
  template <class Number>
  void finish(const Call& call, const Sum<T>* sums, Number* result, Index row) const;

  std::shared_ptr<const TapLists> lists_;
  WeightOrder order_;
  const Kernels<T>* kernels_;
  Direction direction_;
  Side source_, result_;
  bool by_source_, by_patches_ = false;
  Panels panels_;
  std::optional<TapLines> lines_;  // by the result pixel, of one source channel
};

}  // namespace fsconv::engine
