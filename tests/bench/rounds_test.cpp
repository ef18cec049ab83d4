// Rounds: everything takes its turn once in each, whatever the clock says.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/rounds.hpp>
#include <set>
#include <string>

using namespace fsconv;
using namespace fsconv::bench;

namespace {

// Nothing is too short: one call makes a sample, and the first call of each item only finds that out.
RoundsPlan plain(Index rounds, int threads = 1) {
  return {.rounds = rounds, .threads = threads, .shortest_sample = 0};
}

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
  const auto timings = run_rounds(std::span(&item, 1), {.rounds = 1, .shortest_sample = 0.001});
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
