// W with names instead of numbers, for people to read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The name of element `at` of an array whose shape begins with `channel_axes` channel numbers: w02 or w[1,0]02, x3 or
// x[1]3. Channels are left out where there is only one; indices of 10 and more are parted by commas.
std::string element_name(std::string_view array, const Shape& shape, std::size_t channel_axes, Index at);

// Every entry of W as the name of the weight that stands there: w00, w01, w02, 0 as in [DV16] section 4.1,
// with the channels in front where there is more than one pair: w[1,0]00. Rows and columns as in
// matrix::build, or of W^T, the matrix of conv_transpose. Throws InvalidArgument where W has more than `largest` entries:
// nobody reads them.
std::vector<std::vector<std::string>> symbolic_matrix(const Geometry& geometry,
                                                      Direction map = Direction::conv,
                                                      Index largest = 1 << 14);

}  // namespace fsconv
