// The files of the shards of one run: what each says of its part, and whether they are the whole together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/shard.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

// A run with --shard says so in its configuration, as the attribute config.shard = "2/4". In each of its tables of results, a
// group such as /checks or /items, a column `place` has the number of every row in the table of the run without --shard, and
// the group's attribute `places` says how many rows that table has. Rows and their places ascend.
struct ShardRows {
  std::vector<Index> places;
  Index of_all = 0;
};

// Writes both into a table whose rows are numbered by the dimension `index`: write_places(file, "/checks", "check", rows).
void write_places(hdf5::File& file, const std::string& table, const std::string& index,
                  const ShardRows& rows);

// Reads them; nothing where the table has none. BadData where they are not so many as `rows`, do not ascend, or leave the
// whole table.
std::optional<ShardRows> read_places(const hdf5::File& file, SealedReader& sealed, const std::string& table,
                                     Index rows);

// What a file says of the run that it is a part of.
struct ShardFile {
  std::string path;
  Shard shard;
  std::string kind;                              // verify or bench
  nlohmann::json configuration;                  // without the shard
  std::map<std::string, hdf5::Value> root = {};  // the attributes of the root
};

// All shards of one run, in their order. BadData, naming the files, where one is no shard, damaged, of another run than the
// first (command, options, seed, version of fsconv and its libraries, instruction set, of timings also the processor), one is
// there twice or one is missing. IoError.
std::vector<ShardFile> read_shard_files(const std::vector<std::string>& paths);

// Where a row of the whole table comes from.
struct RowSource {
  std::size_t file, row;
};

// The rows of the whole table in their order; `tables` are those of `files`, `name` is for errors: "/checks". BadData where a
// row is missing, or in two files.
std::vector<RowSource> rows_in_order(const std::vector<ShardFile>& files,
                                     const std::vector<ShardRows>& tables, const std::string& name);

// A new file, to appear as `output`, with what the run without --shard says of itself at the root: the command line is that of
// the first shard, with a word on the others; it begins with the first of them and ends with the last. Whoever writes the
// tables commits it.
hdf5::File begin_merged(const std::string& output, const std::vector<ShardFile>& files);

}  // namespace fsconv
