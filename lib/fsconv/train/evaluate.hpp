// What a model is worth on images it was not trained on: losses, likelihoods, and measures of its reconstructions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/distributed/communicator.hpp>
#include <fsconv/nn/runner.hpp>
#include <vector>

namespace fsconv {

// How many images are evaluated at a time.
inline constexpr Index evaluated_at_once = 1024;

// The mean losses of an image of [N, C, H, W], at beta 1. The same bits on any number of threads. Throws Interrupted
// between pieces of work. The runner's ranks share the work.
Losses mean_losses(Runner<float>& runner, const Images& images, Binarise binarise, std::uint64_t seed,
                   Split split);

inline constexpr Index most_importance_samples = 1'000'000;

struct EvaluationPlan {
  Index importance_samples = 0;  // K of a variational model; 0: no likelihood is estimated
  Binarise binarise = Binarise::none;
  std::uint64_t seed = 0;
  Split split = Split::test;
};

// One number per image; all in nats, but those named otherwise.
struct Evaluation {
  // -log p(x|z), of an autoencoder at its code, of a variational model the mean over the importance samples (one where
  // there are none).
  std::vector<double> reconstruction;
  std::vector<double> kl;  // closed form; of variational models, as all that follow
  // L_K = log mean w over the first K samples, w = p(x|z) p(z)/q(z|x), for each K of `samples`: 1, 10, 100, ..., K.
  // Its mean rises with K to log p(x) [BGS16].
  std::vector<Index> samples;
  std::vector<std::vector<double>> log_likelihood;
  std::vector<double> effective_samples;  // (sum w)^2 / sum w^2
  std::vector<double> largest_weight;     // as a fraction of all

  std::vector<double>
      psnr;  // of the reconstruction from the code, against the image as the model is shown it; dB
  std::vector<double> ssim;  // none where a side is shorter than the window
  // By number of the code: the variance of its mean over the images. Active are those above 0.01 [BGS16].
  std::vector<double> code_variance;
  Index active_units = 0;
};

// The numbers of samples K for which there is an estimate: 1, 10, 100, ... and the last one. None of 0.
std::vector<Index> milestones(Index samples);

Index count_active(const std::vector<double>& code_variance);

// Codes are made once; draws are keyed by (seed, image, draw), so that threads, batches, ranks and the number of samples
// change no bit of what they share. Of several ranks, each evaluates a share of the images with a runner of its own (of one
// process), reads of a file only these, and has all numbers in the end; what one throws all throw (distributed/agreement.hpp). Throws
// Interrupted.
Evaluation evaluate(Runner<float>& runner, const Images& images, const EvaluationPlan& plan,
                    Communicator& ranks = one_process());

// Mean and standard error of the mean over the images.
struct Mean {
  double value = 0, error = 0;
};
Mean mean_of(const std::vector<double>& values);

}  // namespace fsconv
