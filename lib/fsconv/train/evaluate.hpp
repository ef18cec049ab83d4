// What a model is worth on images it was not trained on.
#pragma once

#include <cstdint>
#include <fsconv/nn/batch.hpp>

namespace fsconv {

// The mean loss of an image of [N, C, H, W], in the loss's units. The same bits on any number of threads.
// Throws Interrupted between pieces of work.
double evaluate(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images);

// The first `count` images (all, where there are fewer) and what the model makes of them, both with values in
// 0..1.
struct Samples {
  Tensor<float> originals, reconstructions;
};
Samples sample_reconstructions(BatchRunner<float>& runner, Loss loss, const Tensor<std::uint8_t>& images,
                               Index count);

}  // namespace fsconv
