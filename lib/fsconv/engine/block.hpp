// The layout of the engine: [pixel][image][channel] for a block of images.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/engine/kernels.hpp>

namespace fsconv::engine {

// A batch is cut into blocks of this many images, the last one with what remains. Enough rows to fill a
// register tile several times over; few enough that what a pixel's neighbours hold stays in the first caches.
inline constexpr Index images_per_block = 32;

// block[(pixel*images + image)*channels + channel] <-> array[(image*channels + channel)*pixels + pixel]
// `array` points at the first of `images` neighbouring images of [batch, channels, axes...]; pixels
// run over the axes, last fastest. With images = 1 this also reorders what has one value per element, such as
// the bias [channels, axes...] of a linear layer's transpose, to the [pixel][channel] of Ending::per_pixel.
template <class T>
void to_block(const T* array, Index images, Index channels, Index pixels, T* block);
template <class T>
void from_block(const T* block, Index images, Index channels, Index pixels, T* array);

// Calls f(first image, images) for every block of a batch.
template <class F>
void for_each_block(Index batch, F&& f) {
  for (Index first = 0; first < batch; first += images_per_block)
    f(first, images_per_block < batch - first ? images_per_block : batch - first);
}

// BFloat16 are multiplied in pairs of channels: in their blocks each group of channels that has an odd number
// is followed by a zero. The engine reads it and never writes it; a new Buffer has it.
template <class T>
Index padded_channels(Index channels) {
  return ceil_div(channels, Arithmetic<T>::numbers_per_step) * Arithmetic<T>::numbers_per_step;
}

// A block of floats as one of BFloat16, rounded, and back; `rows` = pixels*images*groups rows of `channels`.
void to_bfloat16(const float* block, Index rows, Index channels, BFloat16* to);
void from_bfloat16(const BFloat16* block, Index rows, Index channels, float* to);

// Between an array [batch, channels, axes...] of Sum<N> and its blocks of N, one after the other. Arrays of floats are
// rounded to BFloat16 on the way in.
template <class N>
class ArrayBlocks {
 public:
  ArrayBlocks(const Shape& shape, Index groups);

  // What so many images take, in elements.
  Index array_size(Index images) const { return images * channels_ * pixels_; }
  Index block_size(Index images) const {
    return images * groups_ * padded_channels<N>(channels_ / groups_) * pixels_;
  }

  // `array` points at its first image; images first ... first+images-1 become a block, or come from one.
  // `between` has place for array_size(images); only what is rounded needs it.
  void to_block(const Sum<N>* array, Index first, Index images, N* block, Sum<N>* between) const;
  void from_block(const N* block, Index first, Index images, Sum<N>* array, Sum<N>* between) const;

 private:
  Index channels_, pixels_ = 1, groups_;
};

}  // namespace fsconv::engine
