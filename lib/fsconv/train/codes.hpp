// Codes of a trained model: those of images, of noise, and between and around them; and the pictures that they become.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/nn/runner.hpp>
#include <fsconv/train/trained_run.hpp>
#include <string>
#include <vector>

namespace fsconv {

// What the code of one image is to a user: [latent] of a linear layer, [channels, height, width] of a feature map.
// Arrays of codes are [N, that...]; their numbers lie as those of Codes do.
Shape code_shape(const Model& model);
Index code_size(const Model& model);
// Their names in files: latent; or code_channel, code_row, code_column.
std::vector<std::string> code_axes(const Model& model);

// The codes of the images of these numbers. Threads, ranks and the images beside an image change no bit of its code. The
// runner's ranks share the work; what one of them throws all throw. Throws Interrupted.
Codes<float> encode(Runner<float>& runner, const ShownImages& images, std::span<const Index> order);

// The expected pixels in 0..1, [N, channels, height, width], of N codes. InvalidArgument if there is no room for
// them. Throws Interrupted.
Tensor<float> decode(Runner<float>& runner, const Tensor<float>& codes);

// Images as the model is shown them, and decode(means of encode()).
ImagePairs reconstruct(Runner<float>& runner, const ShownImages& images, std::span<const Index> order);

// The array of codes at `where` (array_file.hpp); FILE.h5 alone is its /mean. IoError; BadData if it is no [N,
// code...], empty, not finite or larger than a float can be.
Tensor<float> read_codes(const std::string& where, const Model& model);

// N(0, temperature^2), code n a function of (seed, n) alone. InvalidArgument "sample" where the model has no prior or
// there is no room for so many; "temperature" below 0.
Tensor<float> prior_codes(const Model& model, Index count, double temperature, std::uint64_t seed);

// From the first of two codes to the second in equal steps along a line, both ends as they are: (1 - t) a + t b,
// t = n/(steps - 1). InvalidArgument "steps" below 2, or where there is no room for so many.
Tensor<float> interpolated_codes(const Model& model, const Tensor<float>& two, Index steps);

// [numbers][steps] codes: that of `middle`, one number of it set to -range ... range in equal steps. InvalidArgument
// "traverse" for a number that the code does not have; "steps" below 2 or no room; "range" not above 0.
Tensor<float> traversed_codes(const Model& model, const Tensor<float>& middle,
                              const std::vector<Index>& numbers, double range, Index steps);

// The values of `steps` equal steps from `first` to `last`.
std::vector<double> equal_steps(double first, double last, Index steps);

}  // namespace fsconv
