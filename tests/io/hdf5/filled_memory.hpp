// Whether what is read is what stood in memory that nobody wrote. For glibc's allocator: sanitizers have their own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

namespace fsconv::testing {

// Whether `read` gives another result where new memory, its own and that of its forked copies, is full of another number.
template <class Read>
bool depends_on_memory(Read read) {
  mallopt(M_PERTURB, 0x15);
  const auto one = read();
  mallopt(M_PERTURB, 0x6a);
  const auto other = read();
  mallopt(M_PERTURB, 0);
  return one != other;
}

}  // namespace fsconv::testing
