// What --config reads: options from lines of text, from JSON, or from a file that fsconv wrote.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace fsconv::cli {

struct ConfigEntry {
  std::string text;                  // as it would stand on the command line
  bool is_list;                      // in brackets
  std::vector<std::string> entries;  // of a list
  std::string
      place;  // for errors: "my.cfg:3", the file and the line, or the file alone where it has no lines
};

// The options that stand in the file, by name; whether there are such options is for the caller to say.
//   FILE.h5, FILE.hdf5    the configuration of an earlier run, but for where that wrote
//   {"NAME": VALUE, ...}  where the first character that is no blank is a brace: the same as JSON
//   NAME = VALUE          one per line; "#" at the start of a line or behind a blank starts a comment; a list may stand in
//                         brackets, [32, 64]; what stands in double or single quotes is taken as it is
// Throws InvalidArgument with the place of whatever is in the file and no such thing, IoError for what is no regular file
// or has more than 1 MiB, and BadData for a broken HDF5 file.
std::map<std::string, ConfigEntry> read_config_file(const std::string& path);

}  // namespace fsconv::cli
