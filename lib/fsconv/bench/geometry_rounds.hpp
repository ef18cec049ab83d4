// The rounds of one geometry after another, within the time of a plan.
#pragma once

#include <chrono>
#include <fsconv/bench/bench.hpp>

namespace fsconv::bench {

class GeometryRounds {
 public:
  explicit GeometryRounds(const BenchPlan& plan);

  // Of the next geometry, with a progress line. What is left of the time is divided evenly among it and those
  // to come.
  std::vector<Timing> run(std::span<const Item> items);

  double seconds_passed() const;  // since the constructor

 private:
  const BenchPlan& plan_;
  std::chrono::steady_clock::time_point start_;
  std::size_t done_ = 0;
};

}  // namespace fsconv::bench
