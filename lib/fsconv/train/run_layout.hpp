// What the curves and the optimizer of a training run are called in its file: of its writer and its reader.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

// A curve, one number per epoch.
struct RunSeries {
  const char* name;
  double EpochResult::*member;
  std::string units, long_name;
  bool of_every_schema = true;  // files of schema 1 have only these
};

// Those that a run of this model has, the validation loss aside.
std::vector<RunSeries> run_series(const Model& model);

// What the attribute `algorithms` has of a step.
struct AlgorithmEntry {
  const char* name;
  std::string StepAlgorithms::*member;
};
inline constexpr AlgorithmEntry algorithm_entries[] = {{"conv", &StepAlgorithms::conv},
                                                       {"conv_transpose", &StepAlgorithms::conv_transpose},
                                                       {"weight_gradient", &StepAlgorithms::weight_gradient}};

constexpr auto validation_series = "/validation_loss";
constexpr auto skipped_series = "/skipped_steps";
constexpr auto skipped_long_name = "steps left out because they were not finite";
constexpr auto validation_long_name = "mean validation loss at the end of the epoch, at beta 1";
constexpr auto exchange_series = "/exchange_seconds";  // of runs that were trained by several processes
constexpr auto exchange_long_name = "of the seconds, those in which processes waited for each other";

// The root's attributes that tell images apart.
constexpr auto all_checksum = "data_checksum";
struct PartChecksum {
  const char* name;
  std::optional<std::int64_t> ImageChecksums::*member;
};
inline constexpr PartChecksum part_checksums[] = {{"train_checksum", &ImageChecksums::train},
                                                  {"test_checksum", &ImageChecksums::test},
                                                  {"validation_checksum", &ImageChecksums::validation}};

// The root's attributes that a partial epoch is made of, beside its counts.
struct PartialEntry {
  const char* name;
  double& (*number)(PartialEpoch&);
};
inline constexpr PartialEntry partial_entries[] = {
    {"partial.objective", [](PartialEpoch& of) -> double& { return of.total.objective; }},
    {"partial.reconstruction", [](PartialEpoch& of) -> double& { return of.total.reconstruction; }},
    {"partial.kl", [](PartialEpoch& of) -> double& { return of.total.kl; }},
    {"partial.gradient_norm", [](PartialEpoch& of) -> double& { return of.gradient_norm; }},
    {"partial.seconds", [](PartialEpoch& of) -> double& { return of.seconds; }},
    {"partial.exchange_seconds", [](PartialEpoch& of) -> double& { return of.exchange_seconds; }}};

struct PartialCount {
  const char* name;
  Index PartialEpoch::*member;
};
inline constexpr PartialCount partial_counts[] = {{"partial.step", &PartialEpoch::step},
                                                  {"partial.images", &PartialEpoch::images},
                                                  {"partial.skipped_steps", &PartialEpoch::skipped_steps}};
constexpr auto partial_epoch_number = "partial.epoch";

std::string slot_group(const Optimizer<float>& optimizer, std::size_t slot);

// What the attributes of /optimizer say of it, besides its name and steps.
std::vector<std::pair<const char*, double>> settings_by_name(const OptimizerSettings& settings);

}  // namespace fsconv
