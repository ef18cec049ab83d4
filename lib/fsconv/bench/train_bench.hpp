// fsconv bench --what train: whole steps of training in images per second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/rates.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/nn/binarise.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/parameter.hpp>
#include <optional>

namespace fsconv::bench {

// A model that is trained on images of shapes, generated before and held in memory.
struct TrainWorkload {
  std::string_view name, idea;
  ModelSpec spec;
  Index batch;  // images of a step
};

// ae28: 28x28x1, k4 s2, 32 and 64 channels, latent 32. ae64: 64x64x3; 64, 128 and 256 channels, latent 128. vae28: as
// ae28, variational. conv28: 28x28x1; 32, 64 and 16 channels, no linear layer.
const std::vector<TrainWorkload>& train_workloads();

// How its images are binarised in training.
Binarise binarise_of(const TrainWorkload& workload);

struct TrainBenchPlan {
  std::vector<TrainWorkload> workloads;
  std::vector<std::string> forms;
  std::vector<engine::Isa> isas;                                            // for the form batched
  std::vector<engine::Algorithm> algorithms = {engine::Algorithm::direct};  // the same
  std::vector<Precision> precisions = {Precision::fp32};                    // some of float_precisions
  std::vector<int> threads = {1};                                           // a row for each
  Index rounds = 5;
  double time_limit = 0;            // seconds, shared among the workloads; 0: none
  double shortest_sample = 0.005;   // seconds; shorter work is repeated within one sample
  std::uint64_t seed = 0;           // of images, weights and the order in the rounds
  std::optional<Shard> shard = {};  // a piece is a workload
  // Of gradient_difference(): 2.6 and 3.8 times what was found with three seeds of ae28 and vae28 and one of ae64, by every
  // algorithm, 3.8e-5 and 2.6e-3. It is single numbers that rounding moves over the corner of a ReLU.
  double fp32_tolerance = 1e-4, bf16_tolerance = 1e-2;
};

// What is wrong with the gradients in `found`, in words, or nothing: all of them together may differ from the right
// ones by `tolerance` of their size, in the Euclidean norm, and each by ten times as much of its own: a bias is a long
// sum of numbers that cancel.
std::optional<std::string> gradient_difference(const Model& model, const Gradients<float>& found,
                                               const Gradients<double>& right, double tolerance);

// Steps of training: loss and gradient of a batch, and Adam; forms x isas x algorithms x precisions x threads in the same rounds. Who
// computes another gradient of the first batch than the form im2col in double is refused. A form that lacks a precision
// is skipped. Throws InvalidArgument for names that are unknown and where nothing is left; Interrupted on Ctrl-C. Sets
// the isa in force while it makes a model, and then restores it.
RateReport train_bench(const TrainBenchPlan& plan);

}  // namespace fsconv::bench
