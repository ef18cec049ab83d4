// Measures how fast messages travel between ranks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>
#include <fsconv/distributed/counters.hpp>
#include <vector>

namespace fsconv {

// Half the seconds of each of so many round trips of these bytes between rank 0 and `other`, on rank 0; elsewhere they mean
// nothing. All ranks call it.
std::vector<double> one_way_seconds(Communicator& ranks, int other, std::vector<char>& bytes, int rounds);

// Sends messages to and fro between rank 0 and each other rank, one after the other, and tells all ranks the largest latency
// and the smallest bandwidth: a tree waits for its slowest branch. Takes some milliseconds per rank, at most
// `most_ranks` of which are asked. All ranks call it. Of one process: 0 and 0.
Link measure_link(Communicator& ranks, int most_ranks = 16);

}  // namespace fsconv
