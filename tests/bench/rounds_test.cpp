// Rounds: everything takes its turn once in each, whatever the clock says.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <set>
#include <string>
#include <thread>

using namespace fsconv;
using namespace fsconv::bench;

namespace {

// Nothing is too short: one call makes a sample, and the first call of each item only finds that out.
RoundsPlan plain(Index rounds, int threads = 1) {
  return {.rounds = rounds, .threads = threads, .shortest_sample = 0};
}

// Of the calling thread, on a processor.
double seconds_computed() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// What SharedRounds takes of a plan.
struct TimedPlan {
  Index rounds = 1000;
  double shortest_sample = 0, time_limit = 0;
  std::uint64_t seed = 0;
};

}  // namespace

TEST_CASE("bench rounds: every item runs exactly once in every round, in orders that differ") {
  constexpr int count = 4;
  constexpr Index rounds = 20;
  std::string log;
  std::vector<Item> items;
  for (int item = 0; item < count; ++item)
    items.push_back({[&log, item](int) { log += static_cast<char>('a' + item); }});
  const auto timings = run_rounds(items, plain(rounds));
  REQUIRE(log.size() == count * (1 + rounds));
  CHECK(log.substr(0, count) == "abcd");  // the cold calls
  std::set<std::string> orders;
  for (std::size_t at = count; at < log.size(); at += count) {
    std::string round = log.substr(at, count);
    orders.insert(round);
    std::sort(round.begin(), round.end());
    CHECK(round == "abcd");
  }
  CHECK(orders.size() > 1);
  REQUIRE(timings.size() == count);
  for (const Timing& timing : timings) {
    CHECK(timing.calls == 1);
    CHECK(timing.seconds.size() == rounds);
    CHECK(timing.least <= timing.lower_quartile);
    CHECK(timing.lower_quartile <= timing.median);
    CHECK(timing.median <= timing.upper_quartile);
    CHECK(timing.spread() >= 0);
  }
}

TEST_CASE("bench rounds: what is short is called often enough to fill a sample") {
  std::atomic<Index> calls = 0;
  const Item item{[&](int) { ++calls; }};
  // So long that a first call which waits for a busy machine does not make it one of few calls.
  const auto timings = run_rounds(std::span(&item, 1), {.rounds = 1, .shortest_sample = 0.1});
  CHECK(timings[0].calls > 100);
  CHECK(calls > timings[0].calls);
}

TEST_CASE("bench rounds: every thread does the same work, with its own number") {
  constexpr int threads = 3;
  std::vector<std::atomic<int>> calls(threads);
  const Item item{[&](int thread) { ++calls[static_cast<std::size_t>(thread)]; }};
  run_rounds(std::span(&item, 1), plain(5, threads));
  for (const auto& of_thread : calls) CHECK(of_thread == 1 + 5);
}

// So many threads that the cores must take them one after another: together they cannot compute faster than
// the cores do. A clock of each thread's own would not see those that wait.
TEST_CASE("bench rounds: threads that wait for a core are not counted as computing at once") {
  const int cores = hardware_threads(), threads = 8 * cores;
  constexpr double each = 0.001;
  const Item item{[](int) {
    const double start = seconds_computed();
    while (seconds_computed() - start < each) {
    }
  }};
  CHECK(sample(item, 1, threads) >= each * threads / cores);
}

TEST_CASE("bench rounds: the time is shared among the parts, and what has passed is gone") {
  constexpr double nap = 0.005;
  const Item item{[&](int) { std::this_thread::sleep_for(std::chrono::duration<double>(nap)); }};
  const std::span items(&item, 1);
  const SharedRounds rounds(TimedPlan{.time_limit = 20 * nap}, 1);
  // A quarter of the time are five naps; the round that crosses its end is finished.
  CHECK(rounds.run("first of four", 4, items)[0].seconds.size() <= 6);
  while (rounds.seconds_passed() < 20 * nap) item.work(0);
  CHECK(rounds.run("late", 1, items)[0].seconds.size() == 1);
  CHECK(SharedRounds(TimedPlan{.rounds = 3}, 1).run("no limit", 2, items)[0].seconds.size() == 3);
}

TEST_CASE("bench rounds: what comes before a call comes before every call") {
  std::string log;
  const Item item{[&](int) { log += 'w'; }, [&](int) { log += 'b'; }};
  sample(item, 3, 1);
  CHECK(log == "bwbwbw");
}

TEST_CASE("bench rounds: without time one round is run, and it is a whole one") {
  Index samples = 0;
  const Item item{[](int) {}};
  const std::vector<Item> items(3, item);
  const auto timings = run_rounds(
      items, {.rounds = 1000, .shortest_sample = 0, .time_limit = 1e-9, .sampled = [&] { ++samples; }});
  CHECK(samples == 3);
  for (const Timing& timing : timings) CHECK(timing.seconds.size() == 1);
}

TEST_CASE("bench rounds: an error in the work ends the measurement on every thread") {
  const Item item{[](int thread) {
    if (thread == 1) throw InvalidArgument("work", "fails");
  }};
  CHECK_THROWS_AS(sample(item, 10, 2), InvalidArgument);
}

TEST_CASE("bench rounds: quantiles of five numbers by hand") {
  const std::vector<double> numbers = {1, 2, 4, 8, 16};
  CHECK(quantile(numbers, 0) == 1);
  CHECK(quantile(numbers, 0.25) == 2);
  CHECK(quantile(numbers, 0.5) == 4);
  CHECK(quantile(numbers, 0.625) == 6);
  CHECK(quantile(numbers, 1) == 16);
  CHECK(quantile(std::vector<double>{3}, 0.5) == 3);
}
