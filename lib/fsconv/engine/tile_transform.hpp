// The matrices of a tile's axes, applied one after the other to its pixels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <fsconv/base/index.hpp>
#include <fsconv/engine/transforms.hpp>
#include <type_traits>

namespace fsconv::engine {

// One of the six matrices on every axis: from the inputs of a tile (pixels, products or taps, last axis
// fastest) to its outputs, number by number. A few numbers of every pixel go through at a time, so that what is
// between two axes stays in the first cache, or in registers where the tiles are small: pixels lie anywhere in
// memory, often powers of two apart.
template <class T>
class TileTransform {
 public:
  TileTransform(const std::array<int, 3>& algorithms, Part part, const Transforms<T>& loops);

  Index inputs() const { return inputs_; }
  Index outputs() const { return outputs_; }
  // Numbers of a pixel that go through at a time, at most.
  Index piece() const { return piece_; }
  static constexpr Index most_positions = most_products * most_products * most_products;
  static constexpr Index least_piece = 64;
  // In numbers, of what they work in.
  static constexpr Index scratch_size = 2 * most_positions * least_piece;

  // All `count` numbers of every pixel, from[input] to to[output]. An input that is null is zeros. Either T to T, for
  // image and code, or Sum<T> to Sum<T>.
  template <class Number>
  void apply(const Number* const* from, Number* const* to, Index count, Sum<T>* scratch) const {
    for (Index first = 0; first < count; first += piece_)
      apply_piece(from, first, to, first, std::min(piece_, count - first), scratch);
  }
  // `count` <= piece() of them, from from[input] + from_first and to[output] + to_first on.
  template <class Number>
  void apply_piece(const Number* const* from, Index from_first, Number* const* to, Index to_first,
                   Index count, Sum<T>* scratch) const;

 private:
  struct Pass {
    int algorithm;
    Index before, in, out, after;  // positions [before][in][after] become [before][out][after]
  };
  template <class From, class To>
  Line<From, To> line(const Pass& pass) const {
    if constexpr (std::is_same_v<From, To>)
      return loops_->between.of[pass.algorithm][static_cast<int>(part_)];
    else if constexpr (std::is_same_v<From, T>)
      return loops_->read.of[pass.algorithm][static_cast<int>(part_)];
    else
      return loops_->write.of[pass.algorithm][static_cast<int>(part_)];
  }
  template <class From, class To, class FromAt, class ToAt>
  void run(const Pass& pass, Index count, FromAt&& from, ToAt&& to) const;

  // What does two axes at once, or null.
  template <class Number>
  Line<Number, Number> plane() const {
    if (plane_ < 0) return nullptr;
    if constexpr (std::is_same_v<Number, Sum<T>>)
      return loops_->sum_plane.of[plane_][static_cast<int>(part_)];
    else
      return loops_->plane.of[plane_][static_cast<int>(part_)];
  }

  const Transforms<T>* loops_;
  Part part_;
  std::array<Pass, 3> passes_;
  int count_ = 0, plane_ = -1;
  Index inputs_ = 1, outputs_ = 1, piece_;
};

}  // namespace fsconv::engine
