// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/shard_pieces.hpp>

namespace fsconv::bench {

ShardPieces::ShardPieces(const std::optional<Shard>& shard, const std::vector<Index>& rows)
    : shard_(shard.value_or(Shard{})), count_(shard_.count(static_cast<Index>(rows.size()))) {
  if (!shard) return;
  const auto pieces = static_cast<Index>(rows.size());
  // For every shard of so many alike: one that finds pieces would wait for those that find none.
  if (shard->of > pieces)
    throw InvalidArgument("shard",
                          fmt::format("is {}, of {} to be timed", shard->text(), counted(pieces, "piece")),
                          fmt::format("use {} at most", counted(pieces, "shard")));
  rows_.emplace();
  for (std::size_t piece = 0; piece < rows.size(); ++piece)
    for (Index row = 0; row < rows[piece]; ++row, ++rows_->of_all)
      if (takes(piece)) rows_->places.push_back(rows_->of_all);
}

}  // namespace fsconv::bench
