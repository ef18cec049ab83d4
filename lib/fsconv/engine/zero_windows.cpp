// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/zero_windows.hpp>

namespace fsconv::engine {
namespace {

template <class T>
bool holds_something(const T* numbers, Index count) {
  return std::any_of(numbers, numbers + count, [](T value) { return number(value) != 0; });
}

// The results of one pixel, image and group; `bias` is theirs, or null.
template <class Number, class S>
void set_to_zero(Number* results, const S* bias, Index channels) {
  for (Index channel = 0; channel < channels; ++channel)
    if ((bias == nullptr || bias[channel] == 0) && std::isfinite(number(results[channel])))
      results[channel] = Number{};
}

}  // namespace

template <class T>
void ZeroWindows<T>::restore(Index images, const T* source, Result<T> result, const Ending<T>& ending,
                             void* scratch) const {
  if (ending.mask || ending.sums || ending.add) return;
  const Index per_pixel = groups * result_channels;  // of an image
  const Index biases = per_pixel * (ending.per_pixel ? taps.groups() : 1);
  if (ending.bias && std::find(ending.bias, ending.bias + biases, Sum<T>(0)) == ending.bias + biases) return;

  const Index row = images * groups;  // of flags, for a pixel
  auto* const filled = static_cast<unsigned char*>(scratch);
  auto* const window = filled + source_pixels * row;
  for (Index at = 0; at < source_pixels * row; ++at)
    filled[at] = holds_something(source + at * source_channels, source_channels) ? 1 : 0;
  if (std::find(filled, window, 0) == window) return;

  for (Index pixel = 0; pixel < taps.groups(); ++pixel) {
    std::fill_n(window, row, static_cast<unsigned char>(0));
    for (const Factor& tap : taps[pixel])
      for (Index at = 0; at < row; ++at) window[at] |= filled[tap.a * row + at];
    for (Index at = 0; at < row; ++at) {
      if (window[at] != 0) continue;
      const Index group = at % groups, first = (pixel * row + at) * result_channels;
      const Sum<T>* bias =
          ending.bias ? ending.bias + group * result_channels + (ending.per_pixel ? pixel * per_pixel : 0)
                      : nullptr;
      if (result.numbers)
        set_to_zero(result.numbers + first, bias, result_channels);
      else
        set_to_zero(result.sums + first, bias, result_channels);
    }
  }
}

template struct ZeroWindows<float>;
template struct ZeroWindows<double>;
template struct ZeroWindows<BFloat16>;

}  // namespace fsconv::engine
