#include <algorithm>
#include <fsconv/base/progress.hpp>
#include <fsconv/bench/geometry_rounds.hpp>

namespace fsconv::bench {

GeometryRounds::GeometryRounds(const BenchPlan& plan)
    : plan_(plan), start_(std::chrono::steady_clock::now()) {}

double GeometryRounds::seconds_passed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::vector<Timing> GeometryRounds::run(std::span<const Item> items) {
  const std::size_t to_come = plan_.geometries.size() - done_;
  Progress progress(plan_.geometries[done_++].name, plan_.rounds * static_cast<Index>(items.size()),
                    "samples");
  RoundsPlan rounds{.rounds = plan_.rounds,
                    .threads = plan_.threads,
                    .shortest_sample = plan_.shortest_sample,
                    .seed = plan_.seed,
                    .sampled = [&] { progress.advance(); }};
  if (plan_.time_limit > 0)  // none left: one round
    rounds.time_limit = std::max((plan_.time_limit - seconds_passed()) / static_cast<double>(to_come), 1e-9);
  return run_rounds(items, rounds);
}

}  // namespace fsconv::bench
