// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/kept.hpp>
#include <optional>

namespace fsconv::batched {
namespace {

using engine::ArrayBlocks;
using engine::BatchedMap;
using engine::Buffer;
using engine::for_each_block;
using engine::images_per_block;
using engine::Step;

Index largest_block(Index batch) { return std::clamp(batch, Index{1}, images_per_block); }

// The buffers of one call: a block on both sides, the weights, the engine's scratch. N is what the engine
// multiplies, Sum<N> what the arrays hold.
template <class N>
struct Workspace {
  Workspace(const BatchedMap<N>& map, Index images)
      : most(images),
        image(map.image_size(images), "image block"),
        code(map.code_size(images), "code block"),
        sums(std::max(image.size(), code.size()), "block of sums"),
        weight(map.weight_size(), "weight"),
        packed(map.packed_size(), "packed weight"),
        scratch(map.scratch_size(images), "scratch") {}

  Index most;  // images in a block
  Buffer<N> image, code;
  Buffer<Sum<N>> sums;  // a block on its way between the array and the engine
  Buffer<Sum<N>> weight;
  Buffer<Step<N>> packed;
  Buffer<Sum<N>> scratch;
};

// A map and its buffers: what calls with one geometry, isa and algorithm have in common.
template <class N>
class Kit {
 public:
  Kit(engine::Isa isa, const Geometry& geometry, Algorithm algorithm) : map(geometry, isa, algorithm) {}

  // Buffers for blocks of a batch; they hold what an earlier call left there.
  Workspace<N>& workspace(Index batch) {
    const Index images = largest_block(batch);
    if (!workspace_ || workspace_->most < images) workspace_.emplace(map, images);
    return *workspace_;
  }

  const BatchedMap<N> map;

 private:
  std::optional<Workspace<N>> workspace_;
};

template <class N>
std::shared_ptr<Kit<N>> kit_of(engine::Isa isa, const Geometry& geometry, Algorithm algorithm) {
  constexpr auto algorithms = static_cast<Index>(names_of(Algorithm()).entries.size());
  const Index variant = static_cast<Index>(isa) * algorithms + static_cast<Index>(algorithm);
  return prepared<Kit<N>>(geometry, variant,
                          [&] { return std::make_shared<Kit<N>>(isa, geometry, algorithm); });
}

template <class N>
const Step<N>* packed_weight(const BatchedMap<N>& map, const Tensor<Sum<N>>& weight, Workspace<N>& work) {
  map.import_weight(weight.data(), work.weight.data());
  map.pack(work.weight.data(), work.packed.data());
  return work.packed.data();
}

}  // namespace

template <class N>
Tensor<Sum<N>> conv_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& image,
                       const Tensor<Sum<N>>& weight, Algorithm algorithm) {
  const Index batch = image.shape()[0];
  const auto kit = kit_of<N>(isa, geometry, algorithm);
  Tensor<Sum<N>> code(geometry.code_shape(batch), "code");
  const ArrayBlocks<N> image_side(image.shape(), geometry.groups);
  const ArrayBlocks<Sum<N>> code_side(code.shape(), geometry.groups);
  Workspace<N>& work = kit->workspace(batch);
  const Step<N>* packed = packed_weight(kit->map, weight, work);
  for_each_block(batch, [&](Index first, Index images) {
    image_side.to_block(image.data(), first, images, work.image.data(), work.sums.data());
    kit->map.conv(images, work.image.data(), packed, work.sums.data(), {}, work.scratch.data());
    code_side.from_block(work.sums.data(), first, images, code.data(), nullptr);
  });
  return code;
}

template <class N>
Tensor<Sum<N>> conv_transpose_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                 const Tensor<Sum<N>>& weight, Algorithm algorithm) {
  const Index batch = code.shape()[0];
  const auto kit = kit_of<N>(isa, geometry, algorithm);
  Tensor<Sum<N>> image(geometry.image_shape(batch), "image");
  const ArrayBlocks<N> code_side(code.shape(), geometry.groups);
  const ArrayBlocks<Sum<N>> image_side(image.shape(), geometry.groups);
  Workspace<N>& work = kit->workspace(batch);
  const Step<N>* packed = packed_weight(kit->map, weight, work);
  for_each_block(batch, [&](Index first, Index images) {
    code_side.to_block(code.data(), first, images, work.code.data(), work.sums.data());
    kit->map.conv_transpose(images, work.code.data(), packed, work.sums.data(), {}, work.scratch.data());
    image_side.from_block(work.sums.data(), first, images, image.data(), nullptr);
  });
  return image;
}

template <class N>
Tensor<Sum<N>> weight_gradient_in(engine::Isa isa, const Geometry& geometry, const Tensor<Sum<N>>& code,
                                  const Tensor<Sum<N>>& image, Algorithm algorithm) {
  const Index batch = image.shape()[0];
  const auto kit = kit_of<N>(isa, geometry, algorithm);
  Tensor<Sum<N>> gradient(geometry.weight_shape(), "weight");
  const ArrayBlocks<N> image_side(image.shape(), geometry.groups), code_side(code.shape(), geometry.groups);
  Workspace<N>& work = kit->workspace(batch);
  std::fill_n(work.weight.data(), work.weight.size(), Sum<N>(0));  // the engine adds
  for_each_block(batch, [&](Index first, Index images) {
    image_side.to_block(image.data(), first, images, work.image.data(), work.sums.data());
    code_side.to_block(code.data(), first, images, work.code.data(), work.sums.data());
    kit->map.weight_gradient(images, work.code.data(), work.image.data(), work.weight.data(),
                             work.scratch.data());
  });
  kit->map.export_weight(work.weight.data(), gradient.data());
  return gradient;
}

#define FSCONV_INSTANTIATE(N)                                                                        \
  template Tensor<Sum<N>> conv_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&,            \
                                     const Tensor<Sum<N>>&, Algorithm);                              \
  template Tensor<Sum<N>> conv_transpose_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&,  \
                                               const Tensor<Sum<N>>&, Algorithm);                    \
  template Tensor<Sum<N>> weight_gradient_in<N>(engine::Isa, const Geometry&, const Tensor<Sum<N>>&, \
                                                const Tensor<Sum<N>>&, Algorithm);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::batched
