// The pieces of a bench that one shard times, and where their rows stand in the table of the whole.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/shard.hpp>
#include <fsconv/io/shard_files.hpp>
#include <optional>
#include <vector>

namespace fsconv::bench {

// A piece is what stands beside each other to be compared: rows that must come from one machine and one set of rounds.
class ShardPieces {
 public:
  // `rows` has for each piece how many rows it has. Without a shard, all pieces. Throws InvalidArgument "shard" where there are
  // more shards than pieces.
  ShardPieces(const std::optional<Shard>& shard, const std::vector<Index>& rows);

  bool takes(std::size_t piece) const { return shard_.takes(static_cast<Index>(piece)); }
  Index count() const { return count_; }  // of those that it takes
  // Nothing where no shard was asked for; "1/1" is one.
  const std::optional<ShardRows>& rows() const { return rows_; }

 private:
  Shard shard_;
  Index count_;
  std::optional<ShardRows> rows_;
};

}  // namespace fsconv::bench
