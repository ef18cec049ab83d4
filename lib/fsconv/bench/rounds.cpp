// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <barrier>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/bench/rounds.hpp>
#include <numeric>

namespace fsconv::bench {
namespace {

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

constexpr double most_calls = 1e6;
constexpr Index calls_of_no_time = 1000;

// So many calls as make a sample long enough. The first time is a cold one and tells too few, hence the second.
Index calls_for(const Item& item, const RoundsPlan& plan) {
  Index calls = 1;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const double seconds = sample(item, calls, plan.threads);
    if (!(seconds >
          0)) {  // the clock is too coarse, or stands still: it cannot tell how many there should be
      calls = plan.shortest_sample > 0 ? calls_of_no_time : 1;
      continue;
    }
    calls = static_cast<Index>(std::clamp(std::ceil(plan.shortest_sample / seconds), 1.0, most_calls));
    if (calls == 1) break;
  }
  return calls;
}

// The seconds of one thread in a sample, without what comes before the calls.
double seconds_with_before(const Item& item, Index calls, int thread) {
  double seconds = 0;
  for (Index call = 0; call < calls; ++call) {
    stop_if_interrupted();
    item.before(thread);
    const auto from = Clock::now();
    item.work(thread);
    seconds += seconds_since(from);
  }
  return seconds;
}

}  // namespace

void summarize(Timing& timing) {
  std::vector<double> sorted = timing.seconds;
  std::sort(sorted.begin(), sorted.end());
  timing.median = quantile(sorted, 0.5);
  timing.least = sorted.front();
  timing.lower_quartile = quantile(sorted, 0.25);
  timing.upper_quartile = quantile(sorted, 0.75);
}

double seconds_since(Clock::time_point start) { return seconds_between(start, Clock::now()); }

double quantile(std::span<const double> sorted, double part) {
  const double position = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double sample(const Item& item, Index calls, int threads) {
  struct Part {
    Clock::time_point start, end;
    double seconds = 0;
  };
  std::vector<Part> parts(static_cast<std::size_t>(threads));
  // Nobody leaves the barrier before all have come: every thread gets exactly one piece.
  std::barrier start(threads);
  run_together(threads, [&](int thread) {
    Part& mine = parts[static_cast<std::size_t>(thread)];
    start.arrive_and_wait();
    if (item.before) {
      mine.seconds = seconds_with_before(item, calls, thread);
      return;
    }
    mine.start = Clock::now();
    for (Index call = 0; call < calls; ++call) {
      stop_if_interrupted();
      item.work(thread);
    }
    mine.end = Clock::now();
  });
  const double seconds = item.before ? std::ranges::max(parts, {}, &Part::seconds).seconds
                                     : seconds_between(std::ranges::min(parts, {}, &Part::start).start,
                                                       std::ranges::max(parts, {}, &Part::end).end);
  return seconds / static_cast<double>(calls);
}

std::vector<Timing> run_rounds(std::span<const Item> items, const RoundsPlan& plan) {
  const auto start = Clock::now();
  std::vector<Timing> timings(items.size());
  for (std::size_t at = 0; at < items.size(); ++at) timings[at].calls = calls_for(items[at], plan);

  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(plan.seed);
  for (Index round = 0; round < plan.rounds; ++round) {
    if (round > 0 && plan.time_limit > 0 && seconds_since(start) > plan.time_limit) break;
    random.shuffle(order);
    for (const std::size_t at : order) {
      timings[at].seconds.push_back(sample(items[at], timings[at].calls, plan.threads));
      if (plan.sampled) plan.sampled();
    }
  }
  for (Timing& timing : timings) summarize(timing);
  return timings;
}

}  // namespace fsconv::bench
