// What the exchange between ranks cost, for logs and for models of that cost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fsconv {

// Of one rank, since it began; all 0 of one process.
struct ExchangeCounters {
  std::uint64_t steps = 0;       // gradients
  std::uint64_t bytes_sent = 0;  // partial sums of gradients, to other ranks
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_broadcast = 0;  // whole sums, from the owner of the first block to all
  std::uint64_t messages = 0;         // of all these three kinds
  // What a step took longer than its blocks: from when this rank's are computed until the sum is there.
  double seconds_waited = 0;
  // In which messages travelled or were waited for, computing or not.
  double seconds_exchanging = 0;
};

// Between ranks: what a message costs is latency + bytes/bandwidth.
struct Link {
  double latency = 0;    // seconds of a message of a few bytes, one way
  double bandwidth = 0;  // bytes per second of a large one
};

}  // namespace fsconv
