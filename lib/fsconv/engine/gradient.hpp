// The derivative by the weight: products of both sides' activations, summed tap by tap.
#pragma once

#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/tap_lists.hpp>
#include <fsconv/engine/weight_order.hpp>
#include <memory>

namespace fsconv::engine {

template <class T>
class Gradient {
 public:
  Gradient(std::shared_ptr<const TapLists> lists, const WeightOrder& order, const Kernels<T>& kernels);

  Index scratch_size(Index images) const;
  // Adds to `gradient`, in engine order. Blocks and scratch as in BatchedMap.
  void apply(Index images, const T* code, const T* image, T* gradient, T* scratch) const;

 private:
  // The sides by their part in WeightOrder: one gives the rows, the other the columns. `row` and `pixel` are
  // steps from one image, and from one pixel, to the next.
  struct Block {
    const T* values;
    Index row, pixel;
  };

  bool columns_fill_vectors() const { return order_.columns() % kernels_->width == 0; }
  Index column_pixels() const;
  Block pad_columns(Index images, const T* columns, T* scratch) const;
  void by_tap(Index images, const Block& rows, const Block& columns, T* gradient, Index group) const;
  void by_run(Index images, const Block& rows, const Block& columns, T* gradient, Index group) const;

  std::shared_ptr<const TapLists> lists_;
  WeightOrder order_;
  const Kernels<T>* kernels_;
  TapList by_tap_;  // of each tap: a = pixel that gives rows, b = pixel that gives columns, ascending
  std::vector<Factor> along_run_;  // from the first pixels of a run to the j-th ones
};

}  // namespace fsconv::engine
