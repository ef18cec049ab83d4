// The checks of all shards of one verification, in one report.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/shard_files.hpp>
#include <fsconv/verify/report_reader.hpp>

namespace fsconv {

// What the run without --shard found, but for the times in solvers. `files` are of kind verify, read_shard_files() of them.
// BadData, naming the file and the object, where one is damaged or the files are no parts of one table; IoError.
RecordedVerification merge_verifications(const std::vector<ShardFile>& files);

// Writes the file that the run without --shard would have written. IoError.
void write_merged(const std::string& output, const std::vector<ShardFile>& files,
                  const RecordedVerification& merged);

// What was named on the command line, and of which no check tried anything: "nothing of claim transpose was tried: ...". Empty
// where there is no such thing; statements for all sizes may be about any claim.
std::string named_in_vain(const RecordedVerification& merged);

}  // namespace fsconv
