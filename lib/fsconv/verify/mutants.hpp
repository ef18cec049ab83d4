// Forms that are wrong on purpose, each with a mistake that people make, for the checks to reject.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/verify/witness.hpp>

namespace fsconv {

// no_flip            zero insertion that forgets to reverse the filter
// pad_p              zero insertion that pads p where d(k-1)-p belongs
// swapped_pads       the padding of the beginning put at the end (SAME with its odd pixel on the wrong side)
// cancelled_stride   stride 2/2 taken for 1, and 4/2 for 2
// shifted            every result one pixel off
// wrong_group        channels taken from the neighbouring group
// dropped_tap        the last tap of the filter never read
// upsampled          nearest upsampling and then the filter as it is, in place of the transposed convolution
// quadratic          products with the square of the input
// unit_shortcut      one too much where the image is zero but for one pixel: random numbers never see it
// ones_shortcut      one too much where the image is all ones
std::vector<Witness> mutants();

}  // namespace fsconv
