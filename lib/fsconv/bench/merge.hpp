// The timings of all shards of one bench, in one file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/shard_files.hpp>
#include <string>
#include <vector>

namespace fsconv::bench {

struct MergedTimings {
  Index items = 0;
  bool refused = false;  // whether any was
};

// Writes the file that the bench without --shard would have written, but that every shard has measured ceilings of its own:
// /ceilings has the rows of all, /ceilings/shard says whose each is, and the triads stand in every row. `files` are of kind bench,
// as read_shard_files() gives them. BadData, naming the file and the column, where a table is damaged, lacks a column that
// the first has, or is no part of the same table; IoError.
MergedTimings merge_timings(const std::vector<ShardFile>& files, const std::string& output);

}  // namespace fsconv::bench
