// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/weight_panels.hpp>
#include <type_traits>

namespace fsconv::engine {

template <class T>
Panels panels_of(const WeightOrder& order, Direction direction, const Kernels<T>& kernels) {
  const bool conv = direction == Direction::conv;
  return {
      .taps = order.taps,
      .inner = ceil_div(conv ? order.image_channels : order.code_channels, Arithmetic<T>::numbers_per_step),
      .columns = conv ? order.code_channels : order.image_channels,
      .vector = kernels.width,
      .widest = kernels.panel};
}

template <class T>
void pack_panels(const WeightOrder& order, Direction direction, const Panels& panels,
                 const Kernels<T>& kernels, const Sum<T>* weight, Step<T>* packed) {
  const bool conv = direction == Direction::conv;
  [[maybe_unused]] const Index channels = conv ? order.image_channels : order.code_channels;
  const Index result_step = conv ? order.code_step() : order.image_step();
  const Index source_step = conv ? order.image_step() : order.code_step();
  for (Index group = 0; group < order.groups; ++group)
    for (Index panel = 0; panel < panels.count(); ++panel) {
      const Index first = panels.first_column(panel), columns = panels.columns_of(panel);
      const Index width = panels.width(panel);
      for (Index tap = 0; tap < panels.taps; ++tap, packed += panels.inner * width) {
        const Sum<T>* from = weight + order.matrix(group, tap) + first * result_step;
        // Whichever side is contiguous in the weight is the inner loop.
        if (result_step == 1) {
          if constexpr (std::is_same_v<T, Step<T>>)
            for (Index k = 0; k < panels.inner; ++k, from += source_step)
              std::copy_n(from, columns, packed + k * width);
          else
            kernels.round_pairs(from, source_step, channels, columns, packed, width);
        } else if constexpr (std::is_same_v<T, Step<T>>) {
          kernels.transpose(from, result_step, columns, panels.inner, packed, width);
        } else {
          kernels.round_transposed(from, result_step, columns, channels, packed, width);
        }
        if (columns < width)
          for (Index k = 0; k < panels.inner; ++k)
            std::fill(packed + k * width + columns, packed + (k + 1) * width, Step<T>{});
      }
    }
}

#define FSCONV_INSTANTIATE(T)                                                                   \
  template Panels panels_of<T>(const WeightOrder&, Direction, const Kernels<T>&);               \
  template void pack_panels<T>(const WeightOrder&, Direction, const Panels&, const Kernels<T>&, \
                               const Sum<T>*, Step<T>*);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
FSCONV_INSTANTIATE(BFloat16)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::engine
