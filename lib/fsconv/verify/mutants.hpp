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
// Of the form bilinear:
// wrong_coefficient  one number of a matrix too large
// wrong_sign         one number of a matrix negated
// shifted_tile       the last tile of every axis reads the image one pixel further
// plain_matrix       conv_transpose by the matrix of the image side as it is, not transposed
// scaled_twice       divided by the scale and by it again
std::vector<Witness> mutants();

}  // namespace fsconv
