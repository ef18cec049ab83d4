// What an evaluation was of and what came of it: the common source of its table, its JSON, its file and of comparisons.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/nn/likelihood.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/trained_run.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct EvaluationReport {
  std::string run;                    // its path
  Index epoch = 0, partial_step = 0;  // as TrainedModel has them
  bool is_best = false;
  ModelKind model = ModelKind::ae;
  Likelihood likelihood = Likelihood::bce_grey;
  Precision precision = Precision::fp32;
  engine::Algorithm algorithm = engine::Algorithm::direct;
  std::string source, description;  // of the images
  std::int64_t checksum = 0;
  Split split = Split::test;
  Binarise binarise = Binarise::none;
  std::uint64_t seed = 0;
  Index importance_samples = 0;
  Index dimensions = 1;              // numbers of an image
  std::vector<std::uint8_t> labels;  // or none
  Evaluation values;

  Index images() const { return static_cast<Index>(values.reconstruction.size()); }
  bool variational() const { return model == ModelKind::vae; }
  Index draws()
      const;  // of the code of an image, over which its reconstruction is a mean; 0 where nothing is drawn
  bool bounds() const { return variational() && is_likelihood(likelihood); }  // whether it has an ELBO
};

// Evaluates, by the run's own algorithm where none is given, with what several ranks compute together. InvalidArgument "importance-samples" where there is no likelihood of images to estimate. Throws
// Interrupted.
EvaluationReport evaluate(const TrainedRun& run, const ShownImages& images, Index importance_samples,
                          int threads, Precision precision, std::optional<engine::Algorithm> algorithm = {},
                          Communicator& ranks = one_process());

// One number per image.
struct ImageSeries {
  std::string name;       // in files and JSON
  std::string long_name;  // what it is, "no likelihood" included where it is none
  std::string units;
  std::vector<double> values;
};

// reconstruction; kl and elbo, or kl and loss where nothing is bounded; L_K as "log_likelihood_K"; psnr and, where
// there is one, ssim.
std::vector<ImageSeries> series(const EvaluationReport& report);

// Whether it is an L_K: in files these are the columns of one table, others datasets of their own.
bool has_column_in_table(const ImageSeries& series);

// Of the finite values; the infinite PSNR of equal images is counted apart.
struct Summary {
  Mean mean;  // the error is nothing where there are fewer than two
  bool has_error = false;
  Index infinite = 0;
};
Summary summary_of(const std::vector<double>& values);

double median_of(std::vector<double> values);

// nats / (dimensions log 2)
double bits_per_dimension(double nats, Index dimensions);

// This minus the other, image by image: what both draw at random cancels as far as it is common.
struct Difference {
  std::string name, long_name, units;
  Summary of;
};

struct Comparison {
  std::string label,
      other_label;  // the runs' paths; of one run with what else differs: "a.h5 (epoch 3, the last)"
  std::string other_run;
  Likelihood likelihood, other_likelihood;
  Index draws = 0, other_draws = 0;  // EvaluationReport::draws()
  Index images = 0;
  std::vector<Difference>
      differences;  // of what both have; without nats where the likelihoods differ, and without the
                    // reconstruction and its sums where other_noise()

  // Means over as many draws of the same noise differ by what the models do, means over unequally many by noise as well.
  bool other_noise() const;
};

// Whether what both drew at random, pixels or codes, was drawn with one seed.
bool drawn_alike(const EvaluationReport& one, const EvaluationReport& other);

// Whether they are of the same images as the models were shown them, drawn alike.
bool can_be_paired(const EvaluationReport& one, const EvaluationReport& other);

// InvalidArgument "against", naming both, where they cannot. `other_path` is for messages.
Comparison compare(const EvaluationReport& report, const EvaluationReport& other,
                   const std::string& other_path);
void require_comparable(const EvaluationReport& other, const std::string& other_path, const TrainedRun& run,
                        const ShownImages& images);

}  // namespace fsconv
