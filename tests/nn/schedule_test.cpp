// Learning rates and the weight of the KL: pure functions of the step.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/schedule.hpp>
#include <limits>

using namespace fsconv;

namespace {

// A product, a power or a cosine, a quotient: a few roundings of numbers up to the rate.
constexpr double rounding = 8 * std::numeric_limits<double>::epsilon();

// Ten steps per epoch.
double rate(const Schedule& schedule, Index step) { return rate_at(schedule, step, 10); }

}  // namespace

TEST_CASE("schedule: constant") {
  for (const Index step : {1, 2, 10, 1000000}) CHECK(rate({.rate = 0.25}, step) == 0.25);
}

TEST_CASE("schedule: steps, by hand") {
  // epochs 0, 1, 2 | 3, 4, 5 | 6 ...; step 30 is the last of epoch 2
  const Schedule schedule{.kind = ScheduleKind::step, .rate = 0.5, .every = 3, .factor = 0.1};
  CHECK(rate(schedule, 1) == 0.5);
  CHECK(rate(schedule, 30) == 0.5);
  CHECK(rate(schedule, 31) == Approx(0.05).epsilon(rounding));
  CHECK(rate(schedule, 60) == Approx(0.05).epsilon(rounding));
  CHECK(rate(schedule, 61) == Approx(0.005).epsilon(rounding));
  // a fraction of an epoch: every 5 steps
  const Schedule half{.kind = ScheduleKind::step, .rate = 1, .every = 0.5, .factor = 0.5};
  CHECK(rate(half, 5) == 1);
  CHECK(rate(half, 6) == 0.5);
  CHECK(rate(half, 11) == 0.25);
  // Decimals whose product with the steps of an epoch is a whole number but for rounding: 0.28 of 25 are 7 steps.
  for (const Index every : {7, 14, 28, 56})
    for (const Index times : {1, 2, 7}) {
      const Schedule decimal{
          .kind = ScheduleKind::step, .rate = 1, .every = static_cast<double>(every) / 25, .factor = 0.5};
      CAPTURE(every, times);
      CHECK(rate_at(decimal, every * times, 25) == std::pow(0.5, times - 1));
      CHECK(rate_at(decimal, every * times + 1, 25) == std::pow(0.5, times));
    }
}

TEST_CASE("schedule: fractions of an epoch fall at the step that whole numbers say") {
  // every = n/10 epochs of so many steps: (step - 1) / (every steps) = 10 (step - 1) / (n steps), rounded down
  Index wrong = 0;
  for (Index steps = 1; steps < 40; ++steps)
    for (Index tenths = 1; tenths < 60; ++tenths) {
      const Schedule schedule{
          .kind = ScheduleKind::step, .rate = 1, .every = static_cast<double>(tenths) / 10, .factor = 0.5};
      for (Index step = 1; step <= 400; ++step)
        if (rate_at(schedule, step, steps) !=
            std::pow(0.5, static_cast<double>(10 * (step - 1) / (tenths * steps))))
          ++wrong;
    }
  CHECK(wrong == 0);
}

TEST_CASE("schedule: cosine, by hand") {
  // 4 epochs of 10 steps: the first step begins at 0, step 21 halfway, step 41 would begin at the end
  const Schedule schedule{.kind = ScheduleKind::cosine, .rate = 0.5, .epochs = 4};
  CHECK(rate(schedule, 1) == 0.5);
  CHECK(rate(schedule, 11) == Approx(0.5 * (1 + std::sqrt(0.5)) / 2).epsilon(rounding));
  CHECK(rate(schedule, 21) == Approx(0.25).epsilon(rounding));
  CHECK(rate(schedule, 41) == Approx(0).margin(rounding));
  CHECK(rate(schedule, 400) == Approx(0).margin(rounding));  // stays there
  for (Index step = 1; step < 40; ++step) CHECK(rate(schedule, step + 1) < rate(schedule, step));
  CHECK(rate(schedule, 40) > 0);  // no step of the run is wasted
}

TEST_CASE("schedule: a warm-up is linear, its first step is not 0, and it ends where it says") {
  for (const ScheduleKind kind : {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::cosine}) {
    Schedule schedule{.kind = kind, .rate = 0.5, .epochs = 9, .every = 2, .factor = 0.3};
    Schedule warm = schedule;
    warm.warmup = 2.5;  // 25 steps
    for (Index step = 1; step <= 60; ++step) {
      CAPTURE(name(kind), step);
      const double part = std::min(1.0, static_cast<double>(step) / 25);
      CHECK(rate(warm, step) == Approx(rate(schedule, step) * part).epsilon(rounding));
      CHECK(rate(warm, step) > 0);
    }
    CHECK(rate(warm, 25) == rate(schedule, 25));
    CHECK(rate(warm, 24) < rate(schedule, 24));
  }
  // shorter than a step: none
  CHECK(rate({.rate = 0.5, .warmup = 0.01}, 1) == 0.5);
}

TEST_CASE("schedule: what matters is the epoch, not how many steps it has") {
  for (const ScheduleKind kind : {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::cosine}) {
    const Schedule schedule{.kind = kind, .rate = 1, .epochs = 7, .every = 2, .factor = 0.5};
    for (Index epoch = 0; epoch < 7; ++epoch)  // the first step of each
      CHECK(rate_at(schedule, 3 * epoch + 1, 3) == rate_at(schedule, 100 * epoch + 1, 100));
  }
}

TEST_CASE("schedule: the weight of the KL") {
  CHECK(beta_at(4, 0, 1, 10) == 4);
  CHECK(beta_at(4, 2, 1, 10) == Approx(0.2).epsilon(rounding));
  CHECK(beta_at(4, 2, 10, 10) == 2);
  CHECK(beta_at(4, 2, 20, 10) == 4);
  CHECK(beta_at(4, 2, 2000, 10) == 4);
  CHECK(beta_at(0, 2, 5, 10) == 0);
  CHECK(beta_at(4, 2, 19, 10) < 4);
}

TEST_CASE("schedule: names") {
  CHECK(all_names<ScheduleKind>() == std::vector<std::string>{"constant", "step", "cosine"});
  CHECK(named<ScheduleKind>("cosine") == ScheduleKind::cosine);
  CHECK_THROWS_AS(named<ScheduleKind>("linear"), InvalidArgument);
}
