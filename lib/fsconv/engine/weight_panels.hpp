// Weights in engine order, packed as the register tile reads them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/kernels.hpp>
#include <fsconv/engine/panels.hpp>
#include <fsconv/engine/weight_order.hpp>
#include <fsconv/geometry/direction.hpp>

namespace fsconv::engine {

// The panels of matrices [source channels x result channels], one for each tap of `order`: the result side is
// the code in the direction conv, the image in conv_transpose.
template <class T>
Panels panels_of(const WeightOrder& order, Direction direction, const Kernels<T>& kernels);

// packed[group][panel][tap][source steps][width of the panel], with zeros in the columns that a panel has too many.
template <class T>
void pack_panels(const WeightOrder& order, Direction direction, const Panels& panels,
                 const Kernels<T>& kernels, const Sum<T>* weight, Step<T>* packed);

}  // namespace fsconv::engine
