// The file of an evaluation: one number per image of everything that was measured, so that others can be compared
// with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/run_log.hpp>
#include <fsconv/train/evaluation_report.hpp>
#include <string>

namespace fsconv {

//   /image              scale: number of the image in its split
//   /reconstruction, /kl, /elbo (or /loss where nothing is bounded), /psnr, /ssim, /label        [image]
//   /samples            scale: 1, 10, ..., K
//   /log_likelihood     [image, samples], L_K
//   /effective_samples, /largest_weight                                                          [image]
//   /latent             scale: number of the code
//   /code_variance      [latent]
// What a model or its images do not have is not there. At the root what write_origin() writes, `precision`,
// `dimensions`, `importance_samples`, `is_likelihood` (true or false), `active_units` and, of each series,
// `mean.NAME` and `standard_error.NAME`. Appears whole or not at all. IoError.
void write_evaluation(const std::string& path, const RunInfo& info, const TrainedRun& run,
                      const ShownImages& images, const EvaluationReport& report);

// IoError; BadData if it is no such file, damaged, or one that contradicts itself.
EvaluationReport read_evaluation(const std::string& path);

}  // namespace fsconv
