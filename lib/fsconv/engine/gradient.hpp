// The derivative by the weight: products of both sides' activations, summed tap by tap.
// SPDX-License-Identifier: Apache-2.0
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
  void apply(Index images, const T* code, const T* image, Sum<T>* gradient, Sum<T>* scratch) const;

 private:
  // A side as the products read it: the steps from one channel, from one image (or pair of images) and
  // from one pixel to the next.
  struct Block {
    const Step<T>* values;
    Index channel, image, pixel;
  };
  // A side in memory: a block of one group's channels among all of them.
  struct Side {
    const T* values;
    Index channels, pixels, row;  // row: numbers from one image to the next
  };
  // Rows of more panels than these are too far apart to be read by run where they lie.
  static constexpr Index panels_as_they_are = 2;
  static constexpr bool pairs = Arithmetic<T>::numbers_per_step == 2;

  // The sides by their part in WeightOrder: one gives the rows of the products, the other the columns.
  Index row_pixels() const { return order_.code_columns() ? lists_->image_pixels : lists_->code_pixels; }
  Index column_pixels() const { return order_.code_columns() ? lists_->code_pixels : lists_->image_pixels; }
  Index column_width() const { return ceil_div(order_.columns(), kernels_->width) * kernels_->width; }
  bool in_runs() const;
  bool columns_as_they_are() const {
    const bool dense = !in_runs() || order_.groups * order_.columns() <= panels_as_they_are * kernels_->panel;
    return !pairs && column_width() == order_.columns() && dense;
  }

  Index columns_size(Index images) const;
  Index rows_size(Index images) const;
  Block columns_of(Index images, const Side& side, Index first, Index step, Index pixels,
                   Step<T>* scratch) const;
  Block rows_of(Index images, const Side& side, Step<T>* scratch) const;
  Product<T> product(Index images, const Block& rows, const Block& columns) const;
  void by_tap(Index images, const Block& rows, const Block& columns, Sum<T>* gradient, Index group) const;
  void by_run(Index images, const Block& rows, const Side& columns, Step<T>* copied_columns, Sum<T>* gradient,
              Index group) const;

  std::shared_ptr<const TapLists> lists_;
  WeightOrder order_;
  const Kernels<T>* kernels_;
  TapList by_tap_;  // of each tap: a = pixel that gives rows, b = pixel that gives columns, ascending
  std::vector<Factor>
      along_run_;      // j-th: a = row pixels from the first pixel of a run to the j-th one, b = j
  Index column_step_;  // between the column pixels of a run
};

}  // namespace fsconv::engine
