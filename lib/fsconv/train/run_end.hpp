// When a training run ends: by its number of epochs, or by its patience.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/config.hpp>
#include <optional>
#include <string>

namespace fsconv {

// All epochs are done, or the validation loss has not become better for as long as the user has patience. While the
// weight of the KL still rises no patience is lost. `best_epoch` (1, 2, ...) is that of the smallest validation loss;
// nothing where no validation images are kept apart, or no epoch is done.
bool is_over(const TrainConfig& config, Index epochs_done, std::optional<Index> best_epoch);

// Of the run in the file `path` that is over: by what, and how one can go on from there.
std::string how_it_ended(const TrainConfig& config, const std::string& path, Index epochs_done,
                         std::optional<Index> best_epoch);

}  // namespace fsconv
