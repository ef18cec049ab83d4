// Whole steps of training on the ranks that are there, under the clock: what a prediction is compared with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/rounds.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/nn/runner.hpp>

namespace fsconv::bench {

struct StepTimings {
  Timing overlapping, waiting;  // with and without overlap of messages and computing
};

// So many rounds of a step of each kind, of batches of `batch` images. All ranks of the computing's communicator call it; every
// sample is rank 0's, from when all are ready until all have the new numbers.
StepTimings time_steps(const TrainWorkload& workload, const Computing& computing, Index batch, Index rounds,
                       std::uint64_t seed);

}  // namespace fsconv::bench
