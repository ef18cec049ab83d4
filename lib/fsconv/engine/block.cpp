#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/isa.hpp>

namespace fsconv::engine {

// Images and channels together are the rows of a matrix of pixels, and the other layout is its transpose.
template <class T>
void to_block(const T* batch, Index images, Index channels, Index pixels, T* block) {
  const Index rows = images * channels;
  kernels_of<T>(current_isa()).transpose(batch, pixels, rows, pixels, block, rows);
}

template <class T>
void from_block(const T* block, Index images, Index channels, Index pixels, T* batch) {
  const Index rows = images * channels;
  kernels_of<T>(current_isa()).transpose(block, rows, pixels, rows, batch, pixels);
}

void to_bfloat16(const float* block, Index rows, Index channels, BFloat16* to) {
  const Index padded = padded_channels<BFloat16>(channels);
  for (Index row = 0; row < rows; ++row, block += channels, to += padded) {
    for (Index channel = 0; channel < channels; ++channel) to[channel] = rounded<BFloat16>(block[channel]);
    if (padded > channels) to[channels] = {};
  }
}

void from_bfloat16(const BFloat16* block, Index rows, Index channels, float* to) {
  const Index padded = padded_channels<BFloat16>(channels);
  for (Index row = 0; row < rows; ++row, block += padded, to += channels)
    for (Index channel = 0; channel < channels; ++channel) to[channel] = number(block[channel]);
}

#define FSCONV_INSTANTIATE(T)                                \
  template void to_block(const T*, Index, Index, Index, T*); \
  template void from_block(const T*, Index, Index, Index, T*);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::engine
