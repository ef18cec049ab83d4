#include <algorithm>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/forms/batched.hpp>

namespace fsconv::batched {
namespace {

using engine::BatchedMap;
using engine::Buffer;
using engine::Ending;
using engine::images_per_block;

// Calls f(first image, images) for every block of the batch.
template <class F>
void for_each_block(Index batch, F&& f) {
  for (Index first = 0; first < batch; first += images_per_block)
    f(first, std::min(images_per_block, batch - first));
}

Index largest_block(Index batch) { return std::clamp(batch, Index{1}, images_per_block); }

// The buffers of one call: a block on both sides, the weights, the engine's scratch.
template <class T>
struct Workspace {
  Workspace(const BatchedMap<T>& map, Index batch)
      : image(map.image_size(largest_block(batch)), "image block"),
        code(map.code_size(largest_block(batch)), "code block"),
        weight(map.weight_size(), "weight"),
        scratch(map.scratch_size(largest_block(batch)), "scratch") {}

  Buffer<T> image, code, weight, scratch;
};

template <class T>
Buffer<T> packed_weight(const BatchedMap<T>& map, const Tensor<T>& weight, Buffer<T>& ordered) {
  Buffer<T> packed(map.packed_size(), "packed weight");
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

template <class T>
void take_block(const Tensor<T>& batch, Index first, Index images, Buffer<T>& block) {
  const Side side(batch.shape());
  engine::to_block(batch.data() + side.offset(first), images, side.channels, side.pixels, block.data());
}

template <class T>
void put_block(const Buffer<T>& block, Index first, Index images, Tensor<T>& batch) {
  const Side side(batch.shape());
  engine::from_block(block.data(), images, side.channels, side.pixels, batch.data() + side.offset(first));
}

}  // namespace

template <class T>
Tensor<T> conv(engine::Isa isa, const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Index batch = image.shape()[0];
  const BatchedMap<T> map(geometry, isa);
  Tensor<T> code(geometry.code_shape(batch), "code");
  Workspace<T> work(map, batch);
  const Buffer<T> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(image, first, images, work.image);
    map.conv(images, work.image.data(), packed.data(), work.code.data(), {}, work.scratch.data());
    put_block(work.code, first, images, code);
  });
  return code;
}

template <class T>
Tensor<T> conv_transpose(engine::Isa isa, const Geometry& geometry, const Tensor<T>& code,
                         const Tensor<T>& weight) {
  const Index batch = code.shape()[0];
  const BatchedMap<T> map(geometry, isa);
  Tensor<T> image(geometry.image_shape(batch), "image");
  Workspace<T> work(map, batch);
  const Buffer<T> packed = packed_weight(map, weight, work.weight);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(code, first, images, work.code);
    map.conv_transpose(images, work.code.data(), packed.data(), work.image.data(), {}, work.scratch.data());
    put_block(work.image, first, images, image);
  });
  return image;
}

template <class T>
Tensor<T> weight_gradient(engine::Isa isa, const Geometry& geometry, const Tensor<T>& code,
                          const Tensor<T>& image) {
  const Index batch = image.shape()[0];
  const BatchedMap<T> map(geometry, isa);
  Tensor<T> gradient(geometry.weight_shape(), "weight");
  Workspace<T> work(map, batch);
  for_each_block(batch, [&](Index first, Index images) {
    take_block(image, first, images, work.image);
    take_block(code, first, images, work.code);
    map.weight_gradient(images, work.code.data(), work.image.data(), work.weight.data(), work.scratch.data());
  });
  map.export_weight(work.weight.data(), gradient.data());
  return gradient;
}

#define FSCONV_INSTANTIATE(T)                                                                          \
  template Tensor<T> conv(engine::Isa, const Geometry&, const Tensor<T>&, const Tensor<T>&);           \
  template Tensor<T> conv_transpose(engine::Isa, const Geometry&, const Tensor<T>&, const Tensor<T>&); \
  template Tensor<T> weight_gradient(engine::Isa, const Geometry&, const Tensor<T>&, const Tensor<T>&);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::batched
