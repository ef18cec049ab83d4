#include <algorithm>
#include <fsconv/bench/engine_work.hpp>
#include <fsconv/engine/batched_map.hpp>

namespace fsconv::bench {
namespace {

using engine::BatchedMap;
using engine::Buffer;
using engine::images_per_block;
using engine::Step;
using engine::Sum;

template <class T>
class EngineWork : public Work {
 public:
  EngineWork(engine::Isa isa, const Geometry& geometry, Op op, const Operands& operands)
      : op_(op),
        batch_(operands.batch()),
        map_(geometry, isa),
        image_(map_.image_size(batch_), "image blocks"),
        code_(map_.code_size(batch_), "code blocks"),
        weight_(map_.weight_size(), "weight"),
        scratch_(map_.scratch_size(std::min(batch_, images_per_block)), "scratch") {
    // What the operation writes stays zero.
    if (op != Op::conv_transpose) to_blocks(operands.image, image_);
    if (op != Op::conv) to_blocks(operands.code, code_);
    if (op != Op::weight_gradient) {
      packed_ = Buffer<Step<T>>(map_.packed_size(), "packed weight");
      map_.import_weight(operands.weight.data(), weight_.data());
      map_.pack(weight_.data(), packed_.data());
    }
  }

  void run() override {
    if (op_ == Op::weight_gradient) std::fill_n(weight_.data(), weight_.size(), 0.0f);
    for_each_block([&](Index first, Index images) {
      T* image = image_.data() + map_.image_size(first);
      T* code = code_.data() + map_.code_size(first);
      if (op_ == Op::conv)
        map_.conv(images, image, packed_.data(), code, {}, scratch_.data());
      else if (op_ == Op::conv_transpose)
        map_.conv_transpose(images, code, packed_.data(), image, {}, scratch_.data());
      else
        map_.weight_gradient(images, code, image, weight_.data(), scratch_.data());
    });
  }

  Tensor<float> result() const override {
    const Geometry& geometry = map_.geometry();
    if (op_ == Op::conv) return from_blocks(code_, geometry.code_shape(batch_));
    if (op_ == Op::conv_transpose) return from_blocks(image_, geometry.image_shape(batch_));
    Tensor<float> gradient(geometry.weight_shape());
    map_.export_weight(weight_.data(), gradient.data());
    return gradient;
  }

 private:
  template <class F>
  void for_each_block(F&& f) const {
    for (Index first = 0; first < batch_; first += images_per_block)
      f(first, std::min(images_per_block, batch_ - first));
  }

  // An array [batch, channels, pixels...] and its blocks. With BFloat16 every group of an odd number of
  // channels has a zero behind it.
  struct Side {
    Side(const Shape& shape, Index groups_)
        : channels(shape[1]),
          pixels(element_count(shape) / (shape[0] * shape[1])),
          groups(groups_),
          stored_channels(groups * engine::padded_channels<T>(channels / groups)) {}
    Index channels, pixels, groups, stored_channels;

    Index rows(Index images) const { return pixels * images * groups; }
    Index in_array(Index image) const { return image * channels * pixels; }
    Index in_blocks(Index image) const { return image * stored_channels * pixels; }
  };

  void to_blocks(const Tensor<float>& from, Buffer<T>& to) const {
    const Side side(from.shape(), map_.geometry().groups);
    for_each_block([&](Index first, Index images) {
      const float* batch = from.data() + side.in_array(first);
      T* block = to.data() + side.in_blocks(first);
      if constexpr (std::is_same_v<T, float>) {
        engine::to_block(batch, images, side.channels, side.pixels, block);
      } else {
        Buffer<float> sums(side.in_array(images), "block");
        engine::to_block(batch, images, side.channels, side.pixels, sums.data());
        engine::to_bfloat16(sums.data(), side.rows(images), side.channels / side.groups, block);
      }
    });
  }

  Tensor<float> from_blocks(const Buffer<T>& from, const Shape& shape) const {
    Tensor<float> to(shape);
    const Side side(shape, map_.geometry().groups);
    for_each_block([&](Index first, Index images) {
      const T* block = from.data() + side.in_blocks(first);
      float* batch = to.data() + side.in_array(first);
      if constexpr (std::is_same_v<T, float>) {
        engine::from_block(block, images, side.channels, side.pixels, batch);
      } else {
        Buffer<float> sums(side.in_array(images), "block");
        engine::from_bfloat16(block, side.rows(images), side.channels / side.groups, sums.data());
        engine::from_block(sums.data(), images, side.channels, side.pixels, batch);
      }
    });
    return to;
  }

  Op op_;
  Index batch_;
  BatchedMap<T> map_;
  Buffer<T> image_, code_;
  Buffer<Sum<T>> weight_, scratch_;
  Buffer<Step<T>> packed_;
};

}  // namespace

template <class T>
std::unique_ptr<Work> engine_work(engine::Isa isa, const Geometry& geometry, Op op,
                                  const Operands& operands) {
  return std::make_unique<EngineWork<T>>(isa, geometry, op, operands);
}

template <class T>
Index engine_work_size(engine::Isa isa, const Geometry& geometry, Op op, Index batch) {
  const BatchedMap<T> map(geometry, isa);
  constexpr Index per_number = sizeof(float) / sizeof(T);
  return ceil_div(map.image_size(batch), per_number) + ceil_div(map.code_size(batch), per_number) +
         map.weight_size() + map.scratch_size(std::min(batch, images_per_block)) +
         (op == Op::weight_gradient ? 0 : map.packed_size());
}

#define FSCONV_INSTANTIATE(T)                                                                       \
  template std::unique_ptr<Work> engine_work<T>(engine::Isa, const Geometry&, Op, const Operands&); \
  template Index engine_work_size<T>(engine::Isa, const Geometry&, Op, Index);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(engine::BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::bench
