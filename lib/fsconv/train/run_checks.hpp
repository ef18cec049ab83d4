// What the parts of a training run's file say of each other: the damage that is found without a digest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct RecordedHistory {
  std::string path;  // of the file, for messages
  const TrainConfig& config;
  const Model& model;
  const std::vector<EpochResult>& epochs;
  const PartialEpoch& partial;  // behind them
  Index steps = 0;              // that the optimizer has taken
  bool has_schedules = true;    // learning rates and skipped steps: not in files of schema 1
};

// Throws BadData naming the series, the epoch and what would be right, unless
//     there are no more epochs than the configuration wants, a partial one included, and without one no step was taken,
//     nothing is negative that cannot be (seconds, norms, counts), and what is summed is finite,
//     steps + skipped steps = epochs * steps per epoch + the steps of the partial one, and at least one step of each epoch
//     was taken,
//     the partial epoch has no more steps than the others, and the images of those that were taken,
//     images_per_second * seconds is a number of images that makes so many steps per epoch,
//     learning_rate and beta are what the configuration's schedules make of the epoch's last step,
//     test_loss = test_reconstruction + test_kl, of a variational model.
void check_history(const RecordedHistory& history);

// Throws BadData naming /best unless it is of the first epoch with the smallest validation loss, and of that loss.
void check_best(const std::string& path, const std::vector<EpochResult>& epochs, Index epoch,
                double validation_loss);

}  // namespace fsconv
