#include <algorithm>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/forms/batched.hpp>

namespace fsconv::batched {
namespace {

using engine::BatchedMap;
using engine::BatchSide;
using engine::Buffer;
using engine::for_each_block;
using engine::images_per_block;
using engine::Step;

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

}  // namespace

template <class N>
Tensor<Sum<N>> conv_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& image,
                       const Tensor<Sum<N>>& weight) {
  const Index batch = image.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> code(geometry.code_shape(batch), "code");
  const BatchSide<N> image_side(image.shape(), geometry.groups);
  const BatchSide<Sum<N>> code_side(code.shape(), geometry.groups);
  Workspace<N> work(map, batch);
  const Buffer<Step<N>> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    image_side.to_block(image.data(), first, images, work.image.data(), work.sums.data());
    map.conv(images, work.image.data(), packed.data(), work.sums.data(), {}, work.scratch.data());
    code_side.from_block(work.sums.data(), first, images, code.data(), nullptr);
  });
  return code;
}

template <class N>
Tensor<Sum<N>> conv_transpose_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                 const Tensor<Sum<N>>& weight) {
  const Index batch = code.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> image(geometry.image_shape(batch), "image");
  const BatchSide<N> code_side(code.shape(), geometry.groups);
  const BatchSide<Sum<N>> image_side(image.shape(), geometry.groups);
  Workspace<N> work(map, batch);
  const Buffer<Step<N>> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    code_side.to_block(code.data(), first, images, work.code.data(), work.sums.data());
    map.conv_transpose(images, work.code.data(), packed.data(), work.sums.data(), {}, work.scratch.data());
    image_side.from_block(work.sums.data(), first, images, image.data(), nullptr);
  });
  return image;
}

template <class N>
Tensor<Sum<N>> weight_gradient_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                  const Tensor<Sum<N>>& image) {
  const Index batch = image.shape()[0];
  const BatchedMap<N> map(geometry, isa);
  Tensor<Sum<N>> gradient(geometry.weight_shape(), "weight");
  const BatchSide<N> image_side(image.shape(), geometry.groups), code_side(code.shape(), geometry.groups);
  Workspace<N> work(map, batch);
  for_each_block(batch, [&](Index first, Index images) {
    image_side.to_block(image.data(), first, images, work.image.data(), work.sums.data());
    code_side.to_block(code.data(), first, images, work.code.data(), work.sums.data());
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
