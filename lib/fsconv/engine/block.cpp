// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/isa.hpp>

namespace fsconv::engine {

// Images and channels together are the rows of a matrix of pixels, and the other layout is its transpose.
template <class T>
void to_block(const T* array, Index images, Index channels, Index pixels, T* block) {
  const Index rows = images * channels;
  kernels_of<T>(current_isa()).transpose(array, pixels, rows, pixels, block, rows);
}

template <class T>
void from_block(const T* block, Index images, Index channels, Index pixels, T* array) {
  const Index rows = images * channels;
  kernels_of<T>(current_isa()).transpose(block, rows, pixels, rows, array, pixels);
}

void to_bfloat16(const float* block, Index rows, Index channels, BFloat16* to) {
  kernels_of<BFloat16>(current_isa())
      .round_rows(block, rows, channels, to, padded_channels<BFloat16>(channels));
}

void from_bfloat16(const BFloat16* block, Index rows, Index channels, float* to) {
  const Index padded = padded_channels<BFloat16>(channels);
  for (Index row = 0; row < rows; ++row, block += padded, to += channels)
    for (Index channel = 0; channel < channels; ++channel) to[channel] = number(block[channel]);
}

template <class N>
ArrayBlocks<N>::ArrayBlocks(const Shape& shape, Index groups) : channels_(shape[1]), groups_(groups) {
  for (std::size_t axis = 2; axis < shape.size(); ++axis) pixels_ *= shape[axis];
}

template <class N>
void ArrayBlocks<N>::to_block(const Sum<N>* array, Index first, Index images, N* block,
                              Sum<N>* between) const {
  const Sum<N>* from = array + array_size(first);
  if constexpr (std::is_same_v<N, Sum<N>>) {
    engine::to_block(from, images, channels_, pixels_, block);
  } else {
    engine::to_block(from, images, channels_, pixels_, between);
    to_bfloat16(between, pixels_ * images * groups_, channels_ / groups_, block);
  }
}

template <class N>
void ArrayBlocks<N>::from_block(const N* block, Index first, Index images, Sum<N>* array,
                                Sum<N>* between) const {
  Sum<N>* to = array + array_size(first);
  if constexpr (std::is_same_v<N, Sum<N>>) {
    engine::from_block(block, images, channels_, pixels_, to);
  } else {
    from_bfloat16(block, pixels_ * images * groups_, channels_ / groups_, between);
    engine::from_block(between, images, channels_, pixels_, to);
  }
}

template class ArrayBlocks<float>;
template class ArrayBlocks<double>;
template class ArrayBlocks<BFloat16>;

#define FSCONV_INSTANTIATE(T)                                \
  template void to_block(const T*, Index, Index, Index, T*); \
  template void from_block(const T*, Index, Index, Index, T*);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::engine
