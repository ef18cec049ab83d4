// oneDNN as a framework uses it in a loop: a primitive is made once and its weights are reordered once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/work.hpp>
#include <fsconv/engine/precision.hpp>
#include <memory>

namespace fsconv::bench {

// plain    images and codes are row-major arrays, copied to the layout that oneDNN prefers and back in every
//          run
// blocked  they are in that layout, as between the layers of a model: timed is the primitive alone
enum class MemoryFormat { plain, blocked };

// conv_transpose is oneDNN's deconvolution. fp32, or bf16: images, codes and weights in BFloat16, gradients
// in float. Throws InvalidArgument where oneDNN has no such primitive. The operands are copied.
std::unique_ptr<Work> onednn_work(Precision precision, MemoryFormat format, const Geometry& geometry, Op op,
                                  const Operands& operands);

// What it keeps at most, in numbers of 4 bytes: every array twice, and channels filled up to 16.
Index onednn_work_size(const Geometry& geometry, Op op, Index batch);

}  // namespace fsconv::bench
