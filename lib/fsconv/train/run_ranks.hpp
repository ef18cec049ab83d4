// What the processes of one training run compare and measure, so that they are one run and its file says how they were.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/trained_run.hpp>
#include <string>

namespace fsconv {

// All ranks call these at the same point; of one process they do nothing.

// Throws AgreedError, which names the first rank and thing that differs, unless all have the same version of fsconv, isa,
// options, images, algorithms and state.
void require_same_run(Communicator& ranks, const RunRecord& record, const TrainState& state);

// The same of an evaluation or of codes: of version, isa, options, parameters and images. What one rank found wrong by itself
// before is known then, too: the ranks' first message is agree().
void require_same_work(Communicator& ranks, const RunInfo& info, const TrainedRun& run,
                       const ShownImages& images);

// The same of parameters and what the optimizer remembers, which all have computed alike.
void require_same_state(Communicator& ranks, const TrainState& state);

// Measures the link between the ranks. Nothing of one process.
std::optional<ExchangeRecord> measured_exchange(const Runner<float>& trainer, Index batch);

// Notes what the steps so far have sent.
void count_bytes(ExchangeRecord& record, const Runner<float>& trainer);

// "4 ranks: 1.2 MB per step in 2 levels, 8 us and 3.1 GB/s between them"; and who has nothing to do.
std::string exchange_text(const ExchangeRecord& record, const Runner<float>& trainer, Index batch);

}  // namespace fsconv
