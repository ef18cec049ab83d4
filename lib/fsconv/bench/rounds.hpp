// How things are timed: side by side in rounds, so that what disturbs the machine disturbs all of them alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <fsconv/base/index.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace fsconv::bench {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

// numerator / denominator, or 0 where the denominator is none: a clock that stood still tells no rate.
constexpr double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : 0;
}

// What is timed. Both are called with a thread's number, from several threads at once.
struct Item {
  std::function<void(int thread)> work;
  std::function<void(int thread)> before = {};  // where there is one: before every call, not timed
};

struct RoundsPlan {
  Index rounds = 11;
  int threads = 1;                     // each does the same work on data of its own
  double shortest_sample = 0.005;      // seconds; shorter work is repeated within one sample
  double time_limit = 0;               // seconds; no further round is begun after that. 0: no limit
  std::uint64_t seed = 0;              // of the order within the rounds
  std::function<void()> sampled = {};  // is told of every sample
};

// The samples of one item: seconds per call, during which every thread calls once.
struct Timing {
  Index calls = 0;               // in one sample
  std::vector<double> seconds;   // one per round
  double median = 0, least = 0;  // of these
  double lower_quartile = 0, upper_quartile = 0;

  double spread() const { return ratio(upper_quartile - lower_quartile, median); }
};

// Works out median, least and quartiles of the seconds, of which there is one at least.
void summarize(Timing& timing);

// Every round runs each item once, in a new order. At least one round is run, and each that is begun is
// finished: all items have equally many samples. Ctrl-C throws Interrupted between calls.
std::vector<Timing> run_rounds(std::span<const Item> items, const RoundsPlan& plan);

// One sample: every thread calls `item` so often, all starting together. The seconds per call from the first
// thread's start to the last one's end, so that threads that wait for a core count as waiting; with `before`,
// those of the slowest thread.
double sample(const Item& item, Index calls, int threads);

// The value below which `part` of the numbers lie, linear between neighbours. `sorted` is ascending, not empty.
double quantile(std::span<const double> sorted, double part);

}  // namespace fsconv::bench
