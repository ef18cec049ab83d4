// The rounds of one part of a bench after another (geometries, models), within one limit of time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/rounds.hpp>
#include <string>

namespace fsconv::bench {

class SharedRounds {
 public:
  // Takes rounds, shortest_sample, time_limit and seed of a bench's plan. The time runs from now on.
  template <class Plan>
  SharedRounds(const Plan& plan, int threads)
      : plan_{.rounds = plan.rounds,
              .threads = threads,
              .shortest_sample = plan.shortest_sample,
              .time_limit = plan.time_limit,
              .seed = plan.seed} {}

  // The rounds of one part, with a progress line. What is left of the time is divided evenly among it and the
  // parts after it; `parts_left` counts all of them.
  std::vector<Timing> run(const std::string& part, std::size_t parts_left, std::span<const Item> items) const;

  double seconds_passed() const { return seconds_since(start_); }

 private:
  RoundsPlan plan_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace fsconv::bench
