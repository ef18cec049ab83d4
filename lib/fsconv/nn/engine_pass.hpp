// A model on the engine: all steps of one block of images, there and back, in the engine's own layout.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <memory>

namespace fsconv {

// What a layer leaves is still in the caches when the next one reads it. Block gradients hold weights in the engine's
// order and biases in that of the pixels. Each thread has memory of its own for all
// activations, gradients and scratch, which make_room() allocates; later there is nothing to allocate. Throws what engine::BatchedMap and
// make_plan() throw, InvalidArgument for a precision that is neither T's own nor, in a model of floats, bf16, and where the memory does not suffice.
template <class T>
std::unique_ptr<BlockPass<T>> make_engine_pass(const Model& model, Precision precision,
                                               engine::Algorithm algorithm, bool trains);

}  // namespace fsconv
