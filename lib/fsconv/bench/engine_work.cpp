// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/bench/engine_work.hpp>
#include <fsconv/engine/batched_map.hpp>

namespace fsconv::bench {
namespace {

using engine::Algorithm;
using engine::ArrayBlocks;
using engine::BatchedMap;
using engine::Buffer;
using engine::for_each_block;
using engine::images_per_block;
using engine::Step;
using engine::Sum;

// The images of a block of such a batch.
Index block_of(Index batch) { return std::min(batch, images_per_block); }

template <class T>
class EngineWork : public Work {
 public:
  EngineWork(engine::Isa isa, Algorithm algorithm, const Geometry& geometry, Op op, const Operands& operands)
      : op_(op),
        batch_(operands.batch()),
        map_(geometry, isa, algorithm, block_of(operands.batch())),
        image_(map_.image_size(batch_), "image blocks"),
        code_(map_.code_size(batch_), "code blocks"),
        weight_(map_.weight_size(), "weight"),
        scratch_(map_.scratch_size(block_of(batch_)), "scratch") {
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
    for_each_block(batch_, [&](Index first, Index images) {
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
  void to_blocks(const Tensor<float>& from, Buffer<T>& to) const {
    const ArrayBlocks<T> side(from.shape(), map_.geometry().groups);
    Buffer<float> between(side.array_size(block_of(batch_)), "block");
    for_each_block(batch_, [&](Index first, Index images) {
      side.to_block(from.data(), first, images, to.data() + side.block_size(first), between.data());
    });
  }

  Tensor<float> from_blocks(const Buffer<T>& from, const Shape& shape) const {
    Tensor<float> to(shape);
    const ArrayBlocks<T> side(shape, map_.geometry().groups);
    Buffer<float> between(side.array_size(block_of(batch_)), "block");
    for_each_block(batch_, [&](Index first, Index images) {
      side.from_block(from.data() + side.block_size(first), first, images, to.data(), between.data());
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
std::unique_ptr<Work> engine_work(engine::Isa isa, Algorithm algorithm, const Geometry& geometry, Op op,
                                  const Operands& operands) {
  return std::make_unique<EngineWork<T>>(isa, algorithm, geometry, op, operands);
}

template <class T>
Index engine_work_size(engine::Isa isa, Algorithm algorithm, const Geometry& geometry, Op op, Index batch) {
  const BatchedMap<T> map(geometry, isa, algorithm, block_of(batch));
  constexpr Index per_number = sizeof(float) / sizeof(T);
  return ceil_div(map.image_size(batch), per_number) + ceil_div(map.code_size(batch), per_number) +
         map.weight_size() + map.scratch_size(block_of(batch)) +
         (op == Op::weight_gradient ? 0 : map.packed_size());
}

template <class T>
std::string engine_tiles(engine::Isa isa, Algorithm algorithm, const Geometry& geometry, Op op, Index batch) {
  const auto words = BatchedMap<T>(geometry, isa, algorithm, block_of(batch)).algorithms();
  return op == Op::conv             ? words.conv
         : op == Op::conv_transpose ? words.conv_transpose
                                    : words.weight_gradient;
}

#define FSCONV_INSTANTIATE(T)                                                                \
  template std::unique_ptr<Work> engine_work<T>(engine::Isa, Algorithm, const Geometry&, Op, \
                                                const Operands&);                            \
  template Index engine_work_size<T>(engine::Isa, Algorithm, const Geometry&, Op, Index);    \
  template std::string engine_tiles<T>(engine::Isa, Algorithm, const Geometry&, Op, Index);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(engine::BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::bench
