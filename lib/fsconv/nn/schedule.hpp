// How the learning rate and the weight of the KL move: pure functions of how far training has come.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/base/names.hpp>

namespace fsconv {

enum class ScheduleKind { constant, step, cosine };
constexpr auto names_of(ScheduleKind) {
  return NameTable<ScheduleKind, 3>{"schedule",
                                    {{{ScheduleKind::constant, "constant"},
                                      {ScheduleKind::step, "step"},
                                      {ScheduleKind::cosine, "cosine"}}}};
}

// A learning rate. Times are in epochs, fractions of them included.
//     constant   rate
//     step       rate * factor^floor(epoch/every)
//     cosine     rate * (1 + cos(pi * epoch/epochs))/2
// where `epoch` is what lies behind when a step begins; and all times min(1, epoch/warmup) where warmup > 0, in
// which the step itself counts, so that the first rate is not 0.
struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 1e-3;
  double epochs = 1;  // that the whole run takes
  double every = 10, factor = 0.1;
  double warmup = 0;
};

// At step 1, 2, ... of a run with so many steps per epoch.
double rate_at(const Schedule& schedule, Index step, Index steps_per_epoch);

// beta * min(1, step/(warmup * steps_per_epoch)): the weight of the KL, linear warm-up in epochs.
double beta_at(double beta, double warmup, Index step, Index steps_per_epoch);

}  // namespace fsconv
