// Loss and gradient of a batch, on several threads, with the same bits on any number of them.
#pragma once

#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>

namespace fsconv {

// A batch is cut into blocks of this many images. Each block is computed by one thread on its own, and the
// blocks' results are added in the order of the blocks, whichever thread finished first.
inline constexpr Index images_per_block = 16;

// Puts the gradient of the mean loss of an image into the model's parameters and returns the loss summed over
// the batch. images [N, channels, h, w], N >= 1.
template <class T>
double batch_gradient(TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads);

// The loss summed over the batch.
template <class T>
double batch_loss(const TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads);

// The pixels that the model makes of the images.
template <class T>
Tensor<T> reconstruct(const TiedAutoencoder<T>& model, Loss loss, const Tensor<T>& images, int threads);

}  // namespace fsconv
