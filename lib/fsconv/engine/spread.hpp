// The second half of a map by source pixels: adds a product's columns to the result pixels where they belong.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/square.hpp>

namespace fsconv::engine {
namespace {

// Images lie across in the product and along in the result. So many at a time as a vector has lanes are transposed into
// `planes`, whose rows are then added as vectors; the images that are left over are added one by one.
template <class T, int Lanes>
void spread(const Spread<T>& s) {
  using V = Vector<T, Lanes>;
  const Factor* const end = s.factors + s.count;
  Size image = 0;
  for (; image + Lanes <= s.images; image += Lanes) {
    transpose<T, Lanes>(s.from + image * s.from_row, s.from_row, Lanes, s.from_row, s.planes, Lanes);
    for (const Factor* factor = s.factors; factor != end; ++factor) {
      const T* plane = s.planes + factor->b * s.channels * Lanes;
      T* to = s.to + factor->a * s.to_factor + image;
      for (Size channel = 0; channel < s.channels; ++channel, plane += Lanes, to += s.images)
        V::store(to, V::load(to) + V::load(plane));
    }
  }
  for (; image < s.images; ++image) {
    if (s.channels == 1) {  // grey images one at a time: an addition is all there is to do
      const T* from = s.from + image * s.from_row;
      for (const Factor* factor = s.factors; factor != end; ++factor)
        s.to[factor->a * s.to_factor + image] += from[factor->b];
      continue;
    }
    for (const Factor* factor = s.factors; factor != end; ++factor) {
      const T* from = s.from + image * s.from_row + factor->b * s.channels;
      T* to = s.to + factor->a * s.to_factor + image;
      for (Size channel = 0; channel < s.channels; ++channel) to[channel * s.images] += from[channel];
    }
  }
}

}  // namespace
}  // namespace fsconv::engine
