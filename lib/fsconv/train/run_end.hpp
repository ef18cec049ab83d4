// When a training run ends: by its number of epochs, or by its patience.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/config.hpp>
#include <optional>

namespace fsconv {

// All epochs are done, or the validation loss has not become better for as long as the user has patience. While the
// weight of the KL still rises no patience is lost. `best_epoch` (1, 2, ...) is that of the smallest validation loss;
// nothing where no validation images are kept apart, or no epoch is done.
bool is_over(const TrainConfig& config, Index epochs_done, std::optional<Index> best_epoch);

}  // namespace fsconv
