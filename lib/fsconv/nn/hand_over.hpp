// How a gradient gets to the value that it belongs to: stored by the first who has one, added by the others.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/plan.hpp>
#include <utility>

namespace fsconv {

// to[first + at] = or += f(at) for at = 0 ... count-1; with Into::nothing neither.
template <class T, class F>
void hand_over(Into into, Index count, T* to, Index first, F&& f) {
  if (into == Into::store)
    for (Index at = 0; at < count; ++at) to[first + at] = f(at);
  else if (into == Into::add)
    for (Index at = 0; at < count; ++at) to[first + at] += f(at);
}
template <class T, class F>
void hand_over(Into into, Index count, T* to, F&& f) {
  hand_over(into, count, to, 0, std::forward<F>(f));
}

}  // namespace fsconv
