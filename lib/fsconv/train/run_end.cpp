// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/train/run_end.hpp>

namespace fsconv {

bool is_over(const TrainConfig& config, Index epochs_done, std::optional<Index> best_epoch) {
  if (epochs_done >= config.epochs) return true;
  if (config.patience == 0 || !best_epoch) return false;
  const auto warmed_up = static_cast<Index>(std::ceil(config.beta_warmup));
  return epochs_done - std::max(*best_epoch, warmed_up) >= config.patience;
}

}  // namespace fsconv
