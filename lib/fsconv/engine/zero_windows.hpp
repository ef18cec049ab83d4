// Results that are sums of zeros, where tiles have computed them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/directed_map.hpp>
#include <fsconv/engine/tap_lists.hpp>

namespace fsconv::engine {

// Tap by tap, a window that holds nothing but zeros gives 0. By tiles its result is made of products that other pixels of
// the tile have a part in, and that should cancel: what remains is about 1e-8 of them, of either sign. Where no bias is
// added, as at the start of a training, a ReLU makes slopes of these signs, and pictures have many black windows.
// So such results are set to 0 where an activation that has another slope below 0 reads them, there or some layers on
// (Ending::keep_zeros).
//
// `taps` are those of each result pixel, a being the source's; channels are those of a group. Only where results are
// stored and nothing else is done with them: not with a mask, sums or add. What tiles have made no number stays.
// `scratch` has place for bytes() bytes.
template <class T>
struct ZeroWindows {
  const TapList& taps;
  Index source_pixels, groups, source_channels, result_channels;

  // Which of the source's pixels of an image and group hold something, and what of one result's window does.
  Index bytes(Index images) const { return (source_pixels + 1) * images * groups; }
  void restore(Index images, const T* source, Result<T> result, const Ending<T>& ending, void* scratch) const;
};

}  // namespace fsconv::engine
