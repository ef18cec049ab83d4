// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/train/run_end.hpp>

namespace fsconv {

bool is_over(const TrainConfig& config, Index epochs_done, std::optional<Index> best_epoch) {
  if (epochs_done >= config.epochs) return true;
  if (config.patience == 0 || !best_epoch) return false;
  // Of any size: counted as numbers that hold it.
  const double counted_from = std::max(static_cast<double>(*best_epoch), std::ceil(config.beta_warmup));
  return static_cast<double>(epochs_done) - counted_from >= static_cast<double>(config.patience);
}

}  // namespace fsconv
