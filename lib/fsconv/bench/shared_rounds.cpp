// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/progress.hpp>
#include <fsconv/bench/shared_rounds.hpp>

namespace fsconv::bench {

std::vector<Timing> SharedRounds::run(const std::string& part, std::size_t parts_left,
                                      std::span<const Item> items) const {
  RoundsPlan mine = plan_;
  Progress progress(part, mine.rounds * static_cast<Index>(items.size()), "samples");
  mine.sampled = [&] { progress.advance(); };
  if (mine.time_limit > 0)  // none left: one round
    mine.time_limit = std::max((mine.time_limit - seconds_passed()) / static_cast<double>(parts_left), 1e-9);
  return run_rounds(items, mine);
}

}  // namespace fsconv::bench
