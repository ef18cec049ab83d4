// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/train/run_end.hpp>

namespace fsconv {

bool is_over(const TrainConfig& config, Index epochs_done, std::optional<Index> best_epoch) {
  if (epochs_done >= config.epochs) return true;
  if (config.patience == 0 || !best_epoch) return false;
  // Of any size: counted as numbers that hold it.
  const double counted_from = std::max(static_cast<double>(*best_epoch), std::ceil(config.beta_warmup));
  return static_cast<double>(epochs_done) - counted_from >= static_cast<double>(config.patience);
}

std::string how_it_ended(const TrainConfig& config, const std::string& path, Index epochs_done,
                         std::optional<Index> best_epoch) {
  const auto anew = fmt::format("train --init {} begins anew with its weights", shell_path(path));
  if (epochs_done < config.epochs)
    return fmt::format("{} has stopped early: epoch {} of {} is the best; {}", path, best_epoch.value_or(0),
                       epochs_done, anew);
  const auto finished =
      fmt::format("{} is finished: it holds {} of {} epochs", path, epochs_done, config.epochs);
  if (config.schedule == ScheduleKind::constant) return finished + "; --epochs N with a larger N goes on";
  return fmt::format("{}, with which its --schedule {} ends; {}", finished, name(config.schedule), anew);
}

}  // namespace fsconv
