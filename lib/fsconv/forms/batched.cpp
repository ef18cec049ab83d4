#include <algorithm>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/forms/batched.hpp>

namespace fsconv::batched {
namespace {

using engine::BatchedMap;
using engine::Buffer;
using engine::images_per_block;
using engine::Step;

// Calls f(first image, images) for every block of the batch.
template <class F>
void for_each_block(Index batch, F&& f) {
  for (Index first = 0; first < batch; first += images_per_block)
    f(first, std::min(images_per_block, batch - first));
}

Index largest_block(Index batch) { return std::clamp(batch, Index{1}, images_per_block); }

// The buffers of one call: a block on both sides, the weights, the engine's scratch. N is what the engine
// multiplies, Sum<N> what the arrays hold.
template <class N>
struct Workspace {
  Workspace(const BatchedMap<N>& map, Index batch)
      : image(map.image_size(largest_block(batch)), "image block"),
        code(map.code_size(largest_block(batch)), "code block"),
        sums(std::max(image.size(), code.size()), "block of sums"),
        weight(map.weight_size(), "weight"),
        scratch(map.scratch_size(largest_block(batch)), "scratch") {}

  Buffer<N> image, code;
  Buffer<Sum<N>> sums;  // a block on its way between the array and the engine
  Buffer<Sum<N>> weight, scratch;
};

template <class N>
Buffer<Step<N>> packed_weight(const BatchedMap<N>& map, const Tensor<Sum<N>>& weight,
                              Buffer<Sum<N>>& ordered) {
  Buffer<Step<N>> packed(map.packed_size(), "packed weight");
  map.import_weight(weight.data(), ordered.data());
  map.pack(ordered.data(), packed.data());
  return packed;
}

// One side of a batch: its channels, and how many pixels an image has there.
struct Side {
  explicit Side(const Shape& shape) : channels(shape[1]), pixels(1) {
    for (std::size_t axis = 2; axis < shape.size(); ++axis) pixels *= shape[axis];
  }
  Index channels, pixels;

  Index offset(Index image) const { return image * channels * pixels; }
};

template <class N>
void take_block(const Tensor<Sum<N>>& batch, Index groups, Index first, Index images, Buffer<Sum<N>>& sums,
                Buffer<N>& block) {
  const Side side(batch.shape());
  const Sum<N>* from = batch.data() + side.offset(first);
  if constexpr (std::is_same_v<N, Sum<N>>) {
    engine::to_block(from, images, side.channels, side.pixels, block.data());
  } else {
    engine::to_block(from, images, side.channels, side.pixels, sums.data());
    engine::to_bfloat16(sums.data(), side.pixels * images * groups, side.channels / groups, block.data());
  }
}

template <class T>
void put_block(const Buffer<T>& block, Index first, Index images, Tensor<T>& batch) {
  const Side side(batch.shape());
  engine::from_block(block.data(), images, side.channels, side.pixels, batch.data() + side.offset(first));
}

}  // namespace

template <class N>
Tensor<Sum<N>> conv_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& image,
                       const Tensor<Sum<N>>& weight) {
  const Index batch = image.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> code(geometry.code_shape(batch), "code");
  Workspace<N> work(map, batch);
  const Buffer<Step<N>> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(image, geometry.groups, first, images, work.sums, work.image);
    map.conv(images, work.image.data(), packed.data(), work.sums.data(), {}, work.scratch.data());
    put_block(work.sums, first, images, code);
  });
  return code;
}

template <class N>
Tensor<Sum<N>> conv_transpose_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                 const Tensor<Sum<N>>& weight) {
  const Index batch = code.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> image(geometry.image_shape(batch), "image");
  Workspace<N> work(map, batch);
  const Buffer<Step<N>> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(code, geometry.groups, first, images, work.sums, work.code);
    map.conv_transpose(images, work.code.data(), packed.data(), work.sums.data(), {}, work.scratch.data());
    put_block(work.sums, first, images, image);
  });
  return image;
}

template <class N>
Tensor<Sum<N>> weight_gradient_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                  const Tensor<Sum<N>>& image) {
  const Index batch = image.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> gradient(geometry.weight_shape(), "weight");
  Workspace<N> work(map, batch);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(image, geometry.groups, first, images, work.sums, work.image);
    take_block(code, geometry.groups, first, images, work.sums, work.code);
    map.weight_gradient(images, work.code.data(), work.image.data(), work.weight.data(), work.scratch.data());
  });
  map.export_weight(work.weight.data(), gradient.data());
  return gradient;
}

#define FSCONV_INSTANTIATE(N)                                                                        \
  template Tensor<Sum<N>> conv_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&,            \
                                     const Tensor<Sum<N>>&);                                         \
  template Tensor<Sum<N>> conv_transpose_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&,  \
                                               const Tensor<Sum<N>>&);                               \
  template Tensor<Sum<N>> weight_gradient_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&, \
                                                const Tensor<Sum<N>>&);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::batched
