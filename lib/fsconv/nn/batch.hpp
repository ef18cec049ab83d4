// The images of a batch and the randomness that goes with them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/names.hpp>
#include <fsconv/base/noise.hpp>
#include <fsconv/data/augment.hpp>
#include <fsconv/data/images.hpp>
#include <fsconv/nn/binarise.hpp>
#include <fsconv/nn/model.hpp>
#include <optional>
#include <span>

namespace fsconv {

// Which images of a run a batch is taken from: their noise is apart.
enum class Split : std::uint32_t { train, validation, test, other };
// How a user names the images of a run; `all` are the training images before the test images, the order of a file.
constexpr auto names_of(Split) {
  return NameTable<Split, 4>{"split",
                             {{{Split::test, "test"},
                               {Split::validation, "validation"},
                               {Split::train, "train"},
                               {Split::other, "all"}}}};
}

// How images are changed before a model sees them, at random.
struct Augmentation {
  Augment how;
  NoiseKey key;
};

// The images order[0], order[1], ... of [N, channels, size...]. Everything random is a pure function of the key and
// of an image's number in its set: no thread, block or batch can change it.
struct Batch {
  Images images;
  std::span<const Index> order;
  std::optional<NoiseKey> pixels;  // each pixel is 1 with probability v/255, else 0; nothing: it is v/255
  NoiseKey latents;
  std::optional<Augmentation> augmentation = {};  // before that

  // The images first ... first+count-1 of the batch.
  Batch part(Index first, Index count) const {
    return {images, order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), pixels,
            latents, augmentation};
  }
  Index size() const { return static_cast<Index>(order.size()); }
};

// The batch of an epoch: training images are binarised anew in each if `binarise` says so, others once for all; so
// is the noise of evaluations one and the same. Training images are augmented, anew in each epoch, others never.
Batch make_batch(const Images& images, std::span<const Index> order, Binarise binarise, std::uint64_t seed,
                 Split split, Index epoch = 0, const std::optional<Augment>& augment = {});

// InvalidArgument if the images are not those of the model, the batch is empty or names an image that is not there.
void check(const Batch& batch, const Model& model);

// The numbers [size, channels, size...] of the batch, unchecked. Throws what Images::read() throws.
template <class T>
void fetch(const Batch& batch, T* numbers);

}  // namespace fsconv
