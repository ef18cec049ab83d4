// Which algorithm the engine multiplies by: every product that a tap names, or fewer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>

namespace fsconv::engine {

// direct      every tap a product
// winograd2   tiles F(2, 2), F(3, 2), F(2, 3) (bilinear.hpp), which round as direct does
// winograd4   tiles F(4, 2), F(4, 3), too: fewer products, errors about five times as large
// automatic   direct or winograd2, for every layer and map what is estimated to take less time
// winograd2 and winograd4 are for every layer that has such tiles, but where one side has 1 to 3 channels and the other
// many; the others are computed directly.
enum class Algorithm { automatic, direct, winograd2, winograd4 };

constexpr auto names_of(Algorithm) {
  return NameTable<Algorithm, 4>{"algorithm",
                                 {{{Algorithm::automatic, "auto"},
                                   {Algorithm::direct, "direct"},
                                   {Algorithm::winograd2, "winograd2"},
                                   {Algorithm::winograd4, "winograd4"}}}};
}

}  // namespace fsconv::engine
