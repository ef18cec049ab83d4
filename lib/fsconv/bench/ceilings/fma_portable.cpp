// The multiply-add loop with 16-byte vectors: what every processor of this architecture has.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/ceilings/isa_fma_loop.hpp>

namespace fsconv::bench {

const FmaLoop* portable_fma_loop() { return &IsaFmaLoop<16, 16>::loop; }

}  // namespace fsconv::bench
