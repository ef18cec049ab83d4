// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/nn/schedule.hpp>
#include <numbers>

namespace fsconv {
namespace {

// Decimals such as 0.28 epochs are rounded: what is a whole number but for that is one.
double mended(double value) {
  const double whole = std::round(value);
  return std::abs(value - whole) <= 1e-12 * whole ? whole : value;
}

// So many epochs in steps.
double steps_of(double epochs, Index steps_per_epoch) {
  return mended(epochs * static_cast<double>(steps_per_epoch));
}

// What a linear warm-up lets through at step 1, 2, ...: the last step of the warm-up, and all after it, everything.
double warmed_up(double warmup, Index step, Index steps_per_epoch) {
  const double length = steps_of(warmup, steps_per_epoch);
  return length > 0 ? std::min(1.0, static_cast<double>(step) / length) : 1;
}

}  // namespace

double rate_at(const Schedule& schedule, Index step, Index steps_per_epoch) {
  const double rate = schedule.rate * warmed_up(schedule.warmup, step, steps_per_epoch);
  // the epochs that are behind when the step begins
  const double epoch = static_cast<double>(step - 1) / static_cast<double>(steps_per_epoch);
  switch (schedule.kind) {
    case ScheduleKind::constant:
      return rate;
    case ScheduleKind::step:
      // in steps, so that a fraction of an epoch ends where it should
      return rate * std::pow(schedule.factor, std::floor(mended(static_cast<double>(step - 1) /
                                                                steps_of(schedule.every, steps_per_epoch))));
    case ScheduleKind::cosine:
      return rate * (1 + std::cos(std::numbers::pi * std::min(1.0, epoch / schedule.epochs))) / 2;
  }
  return rate;
}

double beta_at(double beta, double warmup, Index step, Index steps_per_epoch) {
  return beta * warmed_up(warmup, step, steps_per_epoch);
}

}  // namespace fsconv
