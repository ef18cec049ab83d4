// Makes a geometry on which a claim fails as small as it gets, for a person to look at.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/verify/trials.hpp>

namespace fsconv {

// The smallest geometry found, by taking away axes, channels, groups and pixels one by one, for which the
// claim still fails the same way. Returns `geometry` itself if nothing can be taken away. Throws Interrupted
// after Ctrl-C, between two geometries.
Geometry shrink(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                std::uint64_t seed, double miss_bits = 128);

}  // namespace fsconv
