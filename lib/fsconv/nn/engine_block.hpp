// The values of one block of images in one thread's memory, where the plan has put them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/block.hpp>
#include <fsconv/engine/buffer.hpp>
#include <fsconv/nn/batch.hpp>
#include <fsconv/nn/plan.hpp>
#include <type_traits>

namespace fsconv {

// Exact values and gradients are blocks [pixel][row][channel] of T, operands blocks of N; the rows of a value are the
// draws of the first image, then those of the second, ... N is what the engine multiplies.
template <class N>
class EngineBlock {
 public:
  using T = engine::Sum<N>;
  static constexpr bool rounds = !std::is_same_v<N, T>;

  // For blocks of up to `images`; `scratch` is what the maps want. `model` and `plan` must outlive it.
  EngineBlock(const Model& model, const Plan& plan, Index images, Index scratch);

  // What follows is about a block of so many images.
  void begin(Index images) { images_ = images; }
  Index images() const { return images_; }
  Index rows(ValueId id) const { return images_ * value(id).draws; }
  Index numbers(ValueId id) const { return rows(id) * value(id).elements(); }

  const Value& value(ValueId id) const { return model_.values[id]; }
  const ValuePlan& plan(ValueId id) const { return plan_.values[id]; }
  const Plan& plan() const { return plan_; }

  template <class Number>
  Number* at(const std::optional<Place>& place) {
    return reinterpret_cast<Number*>(arena_.data() + place->offset);
  }
  N* operand(ValueId id) { return at<N>(plan(id).operand); }
  T* exact(ValueId id) { return at<T>(plan(id).exact); }
  // Null where none is wanted: of images and noise.
  T* gradient(ValueId id) { return plan(id).gradient ? at<T>(plan(id).gradient) : nullptr; }

  // A value that was made exactly becomes an operand, if one is wanted.
  void round(ValueId id);

  // Begins, and puts the images and the noise of a batch into their places.
  void fetch(const Batch& batch);
  void fetch_images(const Batch& batch);

  // A value to and from arrays [row][channel][size...].
  void put(ValueId id, const T* from);
  void take(ValueId id, T* to);

  T* scratch() { return scratch_.data(); }
  T* between() { return between_.data(); }  // a pixel of any value, or a whole code

  // What one that is made like this keeps.
  static std::size_t bytes(const Model& model, const Plan& plan, Index images, Index scratch);

 private:
  void fetch_noise(const Batch& batch);

  const Model& model_;
  const Plan& plan_;
  Index images_;
  engine::Buffer<unsigned char> arena_;
  engine::Buffer<T> scratch_, between_;
  engine::Buffer<T> plain_;  // the noise of one draw, in the order [channels][size...]
};

}  // namespace fsconv
