// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstring>
#include <fsconv/distributed/measure.hpp>

namespace fsconv {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The shortest of them.
double one_way(Communicator& ranks, int other, std::vector<char>& bytes, int rounds) {
  return std::ranges::min(one_way_seconds(ranks, other, bytes, rounds));
}

}  // namespace

std::vector<double> one_way_seconds(Communicator& ranks, int other, std::vector<char>& bytes, int rounds) {
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    if (ranks.rank() == 0) {
      ranks.send(bytes.data(), bytes.size(), other);
      ranks.receive(bytes.data(), bytes.size(), other);
    } else if (ranks.rank() == other) {
      ranks.receive(bytes.data(), bytes.size(), 0);
      ranks.send(bytes.data(), bytes.size(), 0);
    }
    seconds.push_back(seconds_since(start) / 2);
  }
  return seconds;
}

Link measure_link(Communicator& ranks, int most_ranks) {
  Link link;
  if (ranks.size() == 1) return link;
  std::vector<char> small(8), large(std::size_t{1} << 20);
  link.bandwidth = 1e300;
  for (int other = 1; other < std::min(ranks.size(), most_ranks); ++other) {
    const double latency = one_way(ranks, other, small, 20);
    const double longer = std::max(one_way(ranks, other, large, 4) - latency, 1e-9);
    link.latency = std::max(link.latency, latency);
    link.bandwidth = std::min(link.bandwidth, static_cast<double>(large.size()) / longer);
  }
  ranks.broadcast(&link, sizeof link, 0);
  return link;
}

}  // namespace fsconv
