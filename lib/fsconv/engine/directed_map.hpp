// One direction of a geometry's map: from blocks on a source side to blocks on a result side.
#pragma once

#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/panels.hpp>
#include <fsconv/engine/tap_lists.hpp>
#include <fsconv/engine/weight_order.hpp>
#include <memory>

namespace fsconv::engine {

// What becomes of the results of a map on their way to memory, in this order; by default they are stored.
// Bias and sums are [channel] of the result, or [pixel][channel] with `per_pixel` (linear layers: one per
// element).
template <class T>
struct Ending {
  const T* bias = nullptr;  // is added
  bool relu = false;        // negative results become 0
  // A block like the result: 0 where mask <= 0 (a ReLU, backwards). May be the result itself, which then
  // replaces the activations that mask it.
  const T* mask = nullptr;
  T* sums = nullptr;  // += the results, summed over the images (and pixels): the gradient of a bias
  bool add = false;   // result += instead of result =
  bool per_pixel = false;
};

enum class Towards { code, image };

// BatchedMap has two of these and says what the arguments are. There are two ways to group the taps, by the
// result pixel or by the source pixel (directed_map.cpp); which one is decided when the map is made, and so
// is how weights are packed.
template <class T>
class DirectedMap {
 public:
  DirectedMap(std::shared_ptr<const TapLists> lists, const WeightOrder& order, const Kernels<T>& kernels,
              Towards towards);

  Index packed_size() const { return order_.groups * panels_.size(); }
  Index scratch_size(Index images) const;
  void pack(const T* weight, T* packed) const;
  void apply(Index images, const T* source, const T* packed, T* result, const Ending<T>& ending,
             T* scratch) const;

 private:
  // One side as this direction sees it. `list` has the taps of its pixels, `runs` those that have the same
  // ones.
  struct Side {
    const TapList* list;
    const std::vector<Run>* runs;
    Index pixels, step, channels;
  };
  struct Call;  // the arguments of apply()

  void by_result(const Call& call) const;
  void by_source(const Call& call) const;
  Product<T> product(const Call& call, Index group, Index panel) const;
  Index product_row() const { return panels_.size() / panels_.inner; }
  Index sums_size(Index images) const;
  Index pixels_at_once(Index images) const;
  void finish(const Call& call, const T* sums) const;

  std::shared_ptr<const TapLists> lists_;
  WeightOrder order_;
  const Kernels<T>* kernels_;
  Towards towards_;
  Side source_, result_;
  bool by_source_;
  Panels panels_;
};

}  // namespace fsconv::engine
