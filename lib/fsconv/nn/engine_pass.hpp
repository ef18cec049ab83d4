// A model on the engine: all steps of one block of images, there and back, in the engine's own layout.
#pragma once

#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/operands.hpp>
#include <memory>

namespace fsconv {

// What a layer leaves is still in the caches when the next one reads it. Block gradients hold weights in the engine's
// order and biases in that of the pixels. Each thread, of threads 0 ... threads-1, has memory of its own; all
// activations, gradients and scratch are allocated when the pass is made. Throws what engine::BatchedMap and
// make_plan() throw, InvalidArgument for Operands::bf16 in a model of doubles, and where the memory does not suffice.
template <class T>
std::unique_ptr<BlockPass<T>> make_engine_pass(const Model& model, Operands operands, int threads,
                                               bool trains);

}  // namespace fsconv
