// One of several parts of a list of work, cut by index alone: "2/5" on one machine, "3/5" on another.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <string>
#include <string_view>

namespace fsconv {

// Shard `number` of `of`, counted from 1, takes the pieces number-1, number-1+of, number-1+2*of, ...: every piece is in
// exactly one shard, and shards differ by one piece at most. The whole is shard 1 of 1.
struct Shard {
  Index number = 1, of = 1;

  bool whole() const { return of == 1; }
  bool takes(Index piece) const { return piece % of == number - 1; }
  // Of so many pieces.
  Index count(Index pieces) const { return (pieces - number + of) / of; }

  std::string text() const { return std::to_string(number) + "/" + std::to_string(of); }
  bool operator==(const Shard&) const = default;
};

inline constexpr Index most_shards = 1'000'000;

// Reads "I/N" with 1 <= I <= N <= most_shards. Throws InvalidArgument("shard", ...).
Shard parse_shard(std::string_view text);

}  // namespace fsconv
